import {
  type CircuitBreaker,
  type Clock,
  createCircuitBreaker,
  errorRecord,
  FieldkitError,
  isFieldkitError,
  retry,
  systemClock,
  type Tool,
  type ToolContext,
  type ToolResult,
} from '@fieldkit/core';
import { invalidInput } from '../define-tool.ts';
import { compileSchema, type SchemaCheck } from '../json-schema.ts';
import { cutText } from './cut-text.ts';
import { redact } from './redact.ts';

export interface ToolPolicy {
  /** Names of tools that may be called. Default: all. */
  readonly allow?: readonly string[];
  /** Names of writing tools that may be called without asking. Default none. */
  readonly grants?: readonly string[];
  /** Asked before each call of a writing tool that has no grant. Without it such a call is refused with `TOOL_NEEDS_APPROVAL`. */
  readonly approve?: (request: ApprovalRequest) => Promise<boolean>;
  /** Tries of a reading tool in all; a writing tool is tried once. Default 2. */
  readonly attempts?: number;
  /** Longest time of one try; a tool's own shorter time holds. Default 60,000 ms. */
  readonly timeoutMs?: number;
  /** Longest text for a model, in code units; what is cut is said. Default 24,000. */
  readonly maxTextLength?: number;
  /** Longest input as JSON, in code units. Default 50,000. */
  readonly maxInputLength?: number;
  /** Failures in a row after which a tool is left alone, and for how long. Default 5 and 30,000 ms. */
  readonly breaker?: { readonly failures?: number; readonly cooldownMs?: number };
  /** Told of every call, with secrets taken out. */
  readonly onCall?: (record: ToolCallRecord) => void;
  readonly clock?: Clock;
}

export interface ApprovalRequest {
  readonly tool: string;
  readonly input: unknown;
  readonly context: ToolContext;
}

/** One call for a log: safe to keep. */
export interface ToolCallRecord {
  readonly tool: string;
  readonly callId: string;
  readonly tenant: string;
  readonly subject: string;
  readonly input: unknown;
  readonly attempts: number;
  readonly durationMs: number;
  readonly outcome: 'ok' | 'refused-by-system' | 'failed';
  readonly error?: { readonly code: string; readonly message: string };
  /** Code units cut from the text. */
  readonly cut: number;
}

/**
 * Puts a policy around tools: input and output validated, allowlist, approval of writes, time limit, retries of reads, circuit breaker, size limit.
 * `context.callId` stays the same on every try, so that a system can use it as idempotency key.
 */
export function applyPolicy(tools: readonly Tool[], policy: ToolPolicy = {}): Tool[] {
  return tools.map((tool) => guard(tool, policy));
}

function guard(tool: Tool, policy: ToolPolicy): Tool {
  const {
    allow,
    grants = [],
    approve,
    attempts = 2,
    timeoutMs: longest = 60_000,
    maxTextLength = 24_000,
    maxInputLength = 50_000,
    onCall,
  } = policy;
  const { clock = systemClock } = policy;
  const timeoutMs = Math.min(tool.timeoutMs, longest);
  const checkInput = compileSchema(tool.inputSchema);
  const checkOutput = tool.outputSchema === undefined ? undefined : compileSchema(tool.outputSchema);
  const breaker = createCircuitBreaker({ name: tool.name, ...policy.breaker, clock });
  return {
    ...tool,
    timeoutMs,
    async run(input, context) {
      const startedAt = clock.monotonic();
      const tries = { count: 0 };
      let cut = 0;
      let result: ToolResult | undefined;
      let failure: unknown;
      try {
        if (allow !== undefined && !allow.includes(tool.name)) {
          throw new FieldkitError(
            'TOOL_FORBIDDEN',
            `${tool.name} may not be called here; add it to the allowed tools if it should`,
          );
        }
        admit(tool, input, checkInput, maxInputLength);
        if (tool.effects === 'write' && !grants.includes(tool.name)) await askFor(tool, input, context, approve);
        const answer = await callWithRetries(tool, input, context, { breaker, attempts, timeoutMs, clock, tries });
        verify(tool, answer, checkOutput);
        const shortened = cutText(answer.text, maxTextLength);
        cut = shortened.cut;
        result = cut === 0 ? answer : { ...answer, text: shortened.text };
        return result;
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        onCall?.({
          tool: tool.name,
          callId: context.callId,
          tenant: context.caller.tenant,
          subject: context.caller.subject,
          input: redact(input),
          attempts: tries.count,
          durationMs: clock.monotonic() - startedAt,
          outcome: result === undefined ? 'failed' : result.isError ? 'refused-by-system' : 'ok',
          ...(result === undefined ? { error: safeError(failure) } : {}),
          cut,
        });
      }
    },
  };
}

function admit(tool: Tool, input: unknown, check: SchemaCheck, maxLength: number): void {
  const length = JSON.stringify(input)?.length ?? 0;
  if (length > maxLength)
    throw invalidInput(tool.name, `the arguments are ${length} characters long; at most ${maxLength} are taken`);
  const problems = check(input);
  if (problems.length > 0) throw invalidInput(tool.name, problems.slice(0, 5).join('; '));
}

async function askFor(tool: Tool, input: unknown, context: ToolContext, approve: ToolPolicy['approve']): Promise<void> {
  const approved = approve !== undefined && (await approve({ tool: tool.name, input, context }));
  if (!approved) {
    throw new FieldkitError('TOOL_NEEDS_APPROVAL', `${tool.name} changes something and was not approved`, {
      details: { tool: tool.name },
    });
  }
}

interface CallOptions {
  readonly breaker: CircuitBreaker;
  readonly attempts: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly tries: { count: number };
}

function callWithRetries(tool: Tool, input: unknown, context: ToolContext, options: CallOptions): Promise<ToolResult> {
  const { breaker, attempts, timeoutMs, clock, tries } = options;
  const { signal } = context;
  return retry(
    () => {
      tries.count += 1;
      return breaker.run(() => callOnce(tool, input, context, timeoutMs));
    },
    {
      attempts: tool.effects === 'read' ? attempts : 1,
      baseDelayMs: 200,
      maxDelayMs: 5_000,
      clock,
      ...(signal === undefined ? {} : { signal }),
    },
  );
}

/** One try. A tool that does not listen to its signal is left behind when its time is up. */
async function callOnce(tool: Tool, input: unknown, context: ToolContext, timeoutMs: number): Promise<ToolResult> {
  const ended = new AbortController();
  const abort = () => ended.abort(context.signal?.reason);
  if (context.signal?.aborted === true) abort();
  context.signal?.addEventListener('abort', abort, { once: true });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    ended.abort(new DOMException(`${tool.name} took longer than ${timeoutMs} ms`, 'TimeoutError'));
  }, timeoutMs);
  const aborted = Promise.withResolvers<never>();
  ended.signal.addEventListener('abort', () => aborted.reject(ended.signal.reason), { once: true });
  aborted.promise.catch(() => {}); // only the race below looks at it
  try {
    ended.signal.throwIfAborted();
    return await Promise.race([tool.run(input, { ...context, signal: ended.signal }), aborted.promise]);
  } catch (error) {
    if (!ended.signal.aborted) throw error;
    if (tool.effects === 'write' && !isFieldkitError(error, 'TOOL_OUTCOME_UNKNOWN')) {
      throw new FieldkitError(
        'TOOL_OUTCOME_UNKNOWN',
        `${tool.name} was given up before it answered; it may or may not have done what was asked`,
        { cause: error },
      );
    }
    if (late)
      throw new FieldkitError('TIMED_OUT', `${tool.name} did not answer within ${timeoutMs} ms`, { cause: error });
    throw new FieldkitError('CANCELLED', `${tool.name} was cancelled`, { cause: error });
  } finally {
    clearTimeout(timer);
    context.signal?.removeEventListener('abort', abort);
  }
}

function verify(tool: Tool, { data, isError }: ToolResult, check: SchemaCheck | undefined): void {
  if (isError || check === undefined) return;
  const problems = check(data);
  if (problems.length === 0) return;
  throw new FieldkitError(
    'TOOL_INVALID_OUTPUT',
    `${tool.name} returned what its output schema forbids: ${problems.slice(0, 3).join('; ')}`,
  );
}

function safeError(error: unknown): { code: string; message: string } {
  const { code, message } = errorRecord(error);
  return { code, message: String(redact(message)) };
}
