import { type Caller, FieldkitError, type Finding, isFieldkitError, type Tool, toFieldkitError } from '@fieldkit/core';
import { compileSchema } from '../json-schema.ts';
import { badInputs, goodInputs } from './generate-input.ts';

export interface TryToolsOptions {
  readonly caller: Caller;
  /** Inputs of each kind per tool. Default 5. */
  readonly count?: number;
  /** Whether writing tools are called with good inputs, too. Default false: they only get bad ones. */
  readonly writes?: boolean;
  /** Real inputs by tool name, for systems where a made-up identifier finds nothing. */
  readonly inputs?: Readonly<Record<string, readonly unknown[]>>;
  readonly signal?: AbortSignal;
}

export interface TriedTool {
  readonly tool: string;
  readonly good: number;
  readonly answered: number;
  /** Refused in words ("no such order", "that number is an order's"): expected of made-up identifiers. */
  readonly refused: number;
  readonly failed: number;
  readonly bad: number;
  /** Bad inputs that were not refused with `TOOL_INVALID_INPUT`. */
  readonly badAccepted: number;
  readonly longestMs: number;
  readonly longestText: number;
}

/** Calls each tool with generated good and bad inputs and says how it behaved. Times are for the report only. */
export async function tryTools(
  tools: readonly Tool[],
  options: TryToolsOptions,
): Promise<{ tried: TriedTool[]; findings: Finding[] }> {
  const tried: TriedTool[] = [];
  const findings: Finding[] = [];
  for (const tool of tools) {
    options.signal?.throwIfAborted();
    const result = await tryTool(tool, options);
    tried.push(result.tried);
    findings.push(...result.findings);
  }
  return { tried, findings };
}

async function tryTool(tool: Tool, { caller, count = 5, writes = false, inputs = {}, signal }: TryToolsOptions) {
  const findings: Finding[] = [];
  const say = (severity: Finding['severity'], code: string, message: string, suggestion: string) =>
    findings.push({ severity, code, message, where: tool.name, suggestion });
  const context = (index: number) => ({
    caller,
    callId: `try-${tool.name}-${index}`,
    ...(signal === undefined ? {} : { signal }),
  });
  const bad = badInputs(tool.inputSchema, count);
  let badAccepted = 0;
  for (const [index, { input, why }] of bad.entries()) {
    const outcome = await tool.run(input, context(index)).then(
      () => 'accepted',
      (error: unknown) => (isFieldkitError(error, 'TOOL_INVALID_INPUT') ? 'refused' : toFieldkitError(error).code),
    );
    if (outcome === 'refused') continue;
    badAccepted += 1;
    say(
      'error',
      'bad-input-accepted',
      `an input with ${why} ended as ${outcome} and not as TOOL_INVALID_INPUT`,
      'check the input against the schema before anything else',
    );
  }
  const isCalled = tool.effects === 'read' || writes;
  const good = isCalled ? (inputs[tool.name] ?? goodInputs(tool.inputSchema, count)) : [];
  if (isCalled && good.length === 0)
    say(
      'warning',
      'no-good-input',
      'no input could be made that fits the schema',
      'add examples to the schema, or give inputs to try',
    );
  const checkOutput = tool.outputSchema === undefined ? undefined : compileSchema(tool.outputSchema);
  const counts = { answered: 0, refused: 0, failed: 0, longestMs: 0, longestText: 0 };
  for (const [index, input] of good.entries()) {
    const startedAt = performance.now();
    try {
      const { data, text, isError } = await tool.run(input, context(1000 + index));
      if (isError) counts.refused += 1;
      else counts.answered += 1;
      counts.longestText = Math.max(counts.longestText, text.length);
      if (text.trim() === '')
        say(
          'warning',
          'empty-text',
          'an answer has no text for a model to read',
          'say what was found, or that nothing was',
        );
      const problems = isError ? [] : (checkOutput?.(data) ?? []);
      if (problems.length > 0) throw new FieldkitError('TOOL_INVALID_OUTPUT', problems.join('; '));
    } catch (error) {
      const { code, message } = toFieldkitError(error, 'TOOL_FAILED');
      if (code === 'CANCELLED') throw error;
      if (code === 'TOOL_INVALID_INPUT' && inputs[tool.name] === undefined) {
        counts.refused += 1;
        say(
          'warning',
          'schema-wider-than-tool',
          `an input that the schema allows was refused: ${message}`,
          'say it in the schema if it can be said; else it stays with the message, which a model can read',
        );
        continue;
      }
      counts.failed += 1;
      say(
        'error',
        'good-input-failed',
        `a good input ended as ${code}: ${message}`,
        'make it an answer, or a refusal that a model can read',
      );
    }
    counts.longestMs = Math.max(counts.longestMs, Math.round(performance.now() - startedAt));
  }
  return { findings, tried: { tool: tool.name, good: good.length, bad: bad.length, badAccepted, ...counts } };
}
