import {
  addUsage,
  type ChatCompletion,
  type ChatEvent,
  type ChatRequest,
  type Cost,
  FieldkitError,
  type Finding,
  type JsonSchema,
  type ToolCall,
} from '@fieldkit/core';
import { z } from 'zod';
import { isObject } from './json.ts';
import { repairJson } from './repair-json.ts';

/** Asks the model once more, without streaming. */
export type AskAgain = (request: ChatRequest) => Promise<ChatCompletion>;

/** The events of a whole answer. */
export function* completionEvents(completion: ChatCompletion): Generator<ChatEvent> {
  const { text, reasoning, toolCalls, findings, ...finish } = completion;
  if (reasoning !== '') yield { type: 'reasoning-delta', text: reasoning };
  if (text !== '') yield { type: 'text-delta', text };
  for (const call of toolCalls) yield { type: 'tool-call', call };
  for (const finding of findings) yield { type: 'finding', finding };
  yield { type: 'finish', ...finish };
}

/** Two calls as one: what the second said, what both used. */
function joined(first: ChatCompletion, second: ChatCompletion, more: Partial<ChatCompletion>): ChatCompletion {
  const cost = sumCost(first.cost, second.cost);
  const { cost: _, ...rest } = second;
  return {
    ...rest,
    ...more,
    usage: addUsage(first.usage, second.usage),
    findings: [...first.findings, ...second.findings, ...(more.findings ?? [])],
    ...(cost === undefined ? {} : { cost }),
  };
}

function sumCost(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { currency: a.currency, microUnits: a.microUnits + b.microUnits };
}

const schemas = new WeakMap<JsonSchema, z.ZodType | null>();

/** What is wrong with a value by a JSON Schema; undefined when nothing is, or when the schema is beyond the validator. */
function schemaProblem(value: unknown, schema: JsonSchema): string | undefined {
  let validator = schemas.get(schema);
  if (validator === undefined) {
    try {
      validator = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]); // a JSON Schema by its type
    } catch {
      validator = null;
    }
    schemas.set(schema, validator);
  }
  const parsed = validator?.safeParse(value);
  if (parsed === undefined || parsed.success) return undefined;
  return parsed.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.') || 'the value'}: ${message}`)
    .join('; ');
}

/**
 * Structured output that fits its schema: mended without the model where the JSON is only badly written, else asked for once more.
 *
 * @throws {FieldkitError} `MODEL_INVALID_OUTPUT` when it does not fit the second time either.
 */
export async function fitOutput(
  completion: ChatCompletion,
  request: ChatRequest,
  askAgain: AskAgain,
): Promise<ChatCompletion> {
  const { output } = request;
  if (output === undefined || completion.toolCalls.length > 0) return completion;
  const first = readOutput(completion.text, output.schema);
  if (first.problem === undefined) {
    return first.repaired
      ? { ...completion, text: first.text, findings: [...completion.findings, mended('output')] }
      : completion;
  }
  const again = await askAgain({
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: completion.text },
      {
        role: 'user',
        content: `That does not fit the JSON schema (${first.problem}). Answer again with the JSON alone.`,
      },
    ],
  });
  const second = readOutput(again.text, output.schema);
  if (second.problem !== undefined) {
    throw new FieldkitError(
      'MODEL_INVALID_OUTPUT',
      `${completion.model} gave output that does not fit the schema "${output.name}", twice: ${second.problem}; use a model with JSON schema output`,
      { details: { model: completion.model, schema: output.name, problem: second.problem } },
    );
  }
  return joined(completion, again, { text: second.text, findings: [askedAgain('output', first.problem)] });
}

function readOutput(text: string, schema: JsonSchema): { text: string; repaired: boolean; problem?: string } {
  const read = repairJson(text);
  if (read === undefined)
    return { text, repaired: false, problem: text.trim() === '' ? 'it is empty' : 'it is not JSON' };
  const problem = schemaProblem(read.value, schema);
  return {
    text: read.repaired ? JSON.stringify(read.value) : text,
    repaired: read.repaired,
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * Tool calls whose arguments are a JSON object: mended without the model where possible, else the calls are asked for once more. What cannot
 * be mended is passed on as it is, with a finding: whoever runs tools refuses it.
 */
export async function fitToolCalls(
  completion: ChatCompletion,
  request: ChatRequest,
  askAgain: AskAgain,
): Promise<ChatCompletion> {
  const read = completion.toolCalls.map(readCall);
  if (read.every(({ state }) => state === 'good')) return completion;
  const findings = read.some(({ state }) => state === 'mended') ? [mended('arguments')] : [];
  const broken = read.filter(({ state }) => state === 'broken').map(({ call }) => call);
  const calls = read.map(({ call }) => call);
  if (broken.length === 0) return { ...completion, toolCalls: calls, findings: [...completion.findings, ...findings] };
  const names = [...new Set(broken.map(({ name }) => name))].join(', ');
  const again = await askAgain({
    ...request,
    messages: [
      ...request.messages,
      {
        role: 'user',
        content: `Your call of ${names} had arguments that are not JSON: ${broken[0]?.arguments.slice(0, 500)}\nMake the same call again with valid JSON.`,
      },
    ],
  }).catch(() => undefined); // the first answer is still there to be passed on
  const better =
    again?.toolCalls
      .map(readCall)
      .filter(({ state }) => state !== 'broken')
      .map(({ call }) => call) ?? [];
  const repaired = calls.map((call) => {
    const at = broken.includes(call) ? better.findIndex(({ name }) => name === call.name) : -1;
    const [found] = at === -1 ? [] : better.splice(at, 1);
    return found === undefined ? call : { ...found, id: call.id };
  });
  const left = repaired.filter((call) => broken.includes(call));
  const notes = [...findings, left.length === 0 ? askedAgain('arguments', `of ${names}`) : invalidArguments(left)];
  if (again === undefined) return { ...completion, toolCalls: repaired, findings: [...completion.findings, ...notes] };
  return {
    ...joined(completion, again, { findings: notes }),
    text: completion.text,
    reasoning: completion.reasoning,
    toolCalls: repaired,
    reason: completion.reason,
  };
}

export function hasBrokenArguments(call: ToolCall): boolean {
  return readCall(call).state !== 'good';
}

function readCall(call: ToolCall): { call: ToolCall; state: 'good' | 'mended' | 'broken' } {
  const read = repairJson(call.arguments);
  if (read === undefined || !isObject(read.value)) {
    // Arguments written twice over: a JSON string with JSON in it.
    const inner = typeof read?.value === 'string' ? repairJson(read.value)?.value : undefined;
    if (isObject(inner)) return { call: { ...call, arguments: JSON.stringify(inner) }, state: 'mended' };
    return { call, state: 'broken' };
  }
  return read.repaired
    ? { call: { ...call, arguments: JSON.stringify(read.value) }, state: 'mended' }
    : { call, state: 'good' };
}

function mended(what: 'output' | 'arguments'): Finding {
  return {
    severity: 'info',
    code: `${what}-mended`,
    message:
      what === 'output'
        ? 'the JSON output was badly written and was mended'
        : 'tool arguments were badly written JSON and were mended',
  };
}

function askedAgain(what: 'output' | 'arguments', why: string): Finding {
  return {
    severity: 'warning',
    code: `${what}-repaired`,
    message: `the model was asked once more for valid JSON ${what === 'output' ? `(${why})` : why}`,
  };
}

function invalidArguments(calls: readonly ToolCall[]): Finding {
  return {
    severity: 'warning',
    code: 'arguments-invalid',
    message: `the arguments of ${calls.map(({ name }) => name).join(', ')} are not JSON, asked for twice`,
    suggestion: 'use a model that is better at calling tools, or a simpler schema',
  };
}
