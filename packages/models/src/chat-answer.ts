import {
  type ChatEvent,
  type ChatRequest,
  type Cost,
  estimateTokens,
  FieldkitError,
  type Finding,
  type FinishReason,
  type ToolCall,
  type Usage,
} from '@fieldkit/core';
import { type ContentPart, createContentFilter } from './content-filter.ts';
import { isObject, listAt, objectAt, stringAt } from './json.ts';
import { bodyFailure, endpointError } from './model-error.ts';
import { estimateInputTokens, readUsage } from './read-usage.ts';
import { createToolCallDeltas } from './tool-call-deltas.ts';

export interface AnswerContext {
  readonly model: string;
  readonly host: string;
  readonly request: ChatRequest;
  /** What is told before the answer. */
  readonly findings?: readonly Finding[];
  /** Told what was used; gives what that costs. */
  readonly onUsage?: (usage: Usage) => Cost | undefined;
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  function_call: 'tool-calls',
  content_filter: 'content-filter',
};

/** Turns the pieces of one answer into events, which are told one by one. */
export interface AnswerReader {
  /**
   * Reads a chunk of a stream, or the one whole body.
   * @throws {FieldkitError} what an error inside the stream calls for.
   */
  read(chunk: unknown): void;
  /**
   * When nothing more comes.
   * @throws {FieldkitError} `MODEL_STREAM_BROKEN` when the answer ended before the model finished, `MODEL_INVALID_RESPONSE` when it finished
   * without saying anything, `MODEL_CONTENT_REFUSED` when it was withheld.
   */
  end(): void;
}

/** The events of an answer that came as one body. */
export function readWholeAnswer(body: unknown, context: AnswerContext): ChatEvent[] {
  const events: ChatEvent[] = [];
  const reader = createAnswerReader(context, (event) => events.push(event));
  reader.read(body);
  reader.end();
  return events;
}

export function createAnswerReader(context: AnswerContext, tell: (event: ChatEvent) => void): AnswerReader {
  const { model, host, request } = context;
  const calls = createToolCallDeltas();
  let reason: FinishReason | undefined;
  let usage: ReturnType<typeof readUsage>;
  let answeredBy: string | undefined;
  let requestId: string | undefined;
  /** Estimated from the pieces: the text itself, kept for many streams at once, would be most of their memory. */
  let saidTokens = 0;
  let answered = false;
  let reasoned = false;
  let leaked = false;
  const textCalls: ToolCall[] = [];
  // JSON was asked for: what looks like a call is the answer.
  const filter = createContentFilter(request.output === undefined ? (request.tools ?? []).map(({ name }) => name) : []);
  for (const finding of context.findings ?? []) tell({ type: 'finding', finding });
  const tellParts = (parts: readonly ContentPart[]): void => {
    for (const part of parts) {
      if (part.type === 'text') {
        answered = true;
        saidTokens += estimateTokens(part.text);
        tell({ type: 'text-delta', text: part.text });
      } else if (part.type === 'reasoning') {
        leaked = true;
        reasoned = true;
        tell({ type: 'reasoning-delta', text: part.text });
      } else textCalls.push(part.call);
    }
  };
  function read(chunk: unknown): void {
    if (!isObject(chunk)) return;
    const failure = bodyFailure(chunk);
    if (failure !== undefined) throw endpointError(failure, { host, model, midStream: true });
    answeredBy ??= stringAt(chunk, 'model');
    requestId ??= stringAt(chunk, 'request_id') ?? stringAt(chunk, 'id');
    if (isObject(chunk.usage)) usage = readUsage(chunk) ?? usage;
    for (const choice of listAt(chunk, 'choices')) {
      if (!isObject(choice) || (typeof choice.index === 'number' && choice.index !== 0)) continue;
      const delta = isObject(choice.delta) ? choice.delta : objectAt(choice, 'message');
      const thought = stringAt(delta, 'reasoning_content') ?? stringAt(delta, 'reasoning') ?? '';
      if (thought !== '') {
        reasoned = true;
        tell({ type: 'reasoning-delta', text: thought });
      }
      const said = contentText(delta.content);
      if (said !== '') tellParts(filter.push(said));
      if (delta.tool_calls !== undefined) calls.add(delta);
      const finished = stringAt(choice, 'finish_reason');
      if (finished !== undefined && finished !== '' && finished !== 'null') reason = REASONS[finished] ?? 'stop';
    }
  }

  function end(): void {
    tellParts(filter.end());
    const structured = calls.calls();
    const toolCalls = structured.length > 0 ? structured : textCalls;
    if (reason === undefined) {
      throw new FieldkitError('MODEL_STREAM_BROKEN', `${model} at ${host} broke off before it finished its answer`, {
        details: { host, model },
      });
    }
    if (toolCalls.length > 0 && reason === 'stop') reason = 'tool-calls'; // some servers say stop
    if (!answered && toolCalls.length === 0 && !reasoned && reason === 'stop') {
      throw new FieldkitError('MODEL_INVALID_RESPONSE', `${model} at ${host} finished without an answer; try again`, {
        details: { host, model },
      });
    }
    if (reason === 'content-filter' && !answered) {
      throw new FieldkitError('MODEL_CONTENT_REFUSED', `${model} at ${host} withheld its answer: content inspection`, {
        details: { host, model },
      });
    }
    for (const call of toolCalls) tell({ type: 'tool-call', call });
    if (leaked) tell({ type: 'finding', finding: LEAKED });
    if (structured.length === 0 && textCalls.length > 0) tell({ type: 'finding', finding: CALL_AS_TEXT });
    if (usage === undefined) {
      usage = { inputTokens: estimateInputTokens(request), outputTokens: saidTokens, calls: 1 };
      tell({
        type: 'finding',
        finding: {
          severity: 'info',
          code: 'usage-estimated',
          message: `${host} did not say how many tokens ${model} used; the figures are estimates`,
        },
      });
    }
    if (answeredBy !== undefined && !sameModel(answeredBy, model)) {
      tell({
        type: 'finding',
        finding: {
          severity: 'warning',
          code: 'model-differs',
          message: `asked ${model} but ${answeredBy} answered`,
          suggestion: 'check the model name and any gateway between',
        },
      });
    }
    const cost = context.onUsage?.(usage);
    tell({
      type: 'finish',
      reason,
      usage,
      model: answeredBy ?? model,
      ...(requestId === undefined ? {} : { requestId }),
      ...(cost === undefined ? {} : { cost }),
    });
  }
  return { read, end };
}

const LEAKED: Finding = {
  severity: 'info',
  code: 'thinking-in-content',
  message: 'the model wrote its thinking into the answer between <think> tags; it was taken out',
};
const CALL_AS_TEXT: Finding = {
  severity: 'info',
  code: 'tool-call-as-text',
  message: 'the model wrote a tool call as text; it was read as a call',
};

/** Content is a string, null, or (some gateways) a list of parts. */
function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((part) => stringAt(part, 'text') ?? '').join('');
}

/** A dated snapshot or a path that ends with the name counts as the same model. */
function sameModel(answered: string, asked: string): boolean {
  const a = answered.toLowerCase();
  const b = asked.toLowerCase();
  return a === b || a.startsWith(`${b}-`) || b.startsWith(`${a}-`) || a.endsWith(`/${b}`) || b.endsWith(`/${a}`);
}
