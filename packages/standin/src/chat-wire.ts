import { estimateTokens } from '@fieldkit/core';
import type { ChatBody } from './chat-request.ts';
import type { Reply } from './reply.ts';

interface Identity {
  /** Hexadecimal digits, the same for the same request. */
  readonly id: string;
  readonly model: string;
  /** Seconds since 1970. */
  readonly created: number;
}

interface WireUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number };
}

type Answer = Exclude<Reply, { kind: 'error' }>;

export function usageOf({ messages, tools, response_format }: ChatBody, answer: Answer): WireUsage {
  const prompt = messages.reduce((sum, { content }) => sum + 4 + estimateTokens(content), 0);
  const extras = [tools, response_format].reduce<number>(
    (sum, extra) => sum + (extra == null ? 0 : estimateTokens(JSON.stringify(extra))),
    0,
  );
  const said = answer.kind === 'text' ? answer.text : JSON.stringify(answer.calls);
  const completion = Math.max(1, estimateTokens(said));
  return {
    prompt_tokens: prompt + extras,
    completion_tokens: completion,
    total_tokens: prompt + extras + completion,
    prompt_tokens_details: { cached_tokens: 0 },
  };
}

const FINGERPRINT = 'fieldkit-standin';

/** The whole answer, in the shape that was recorded from the real endpoint. */
export function completionBody(identity: Identity, answer: Answer, usage: WireUsage): unknown {
  const message =
    answer.kind === 'text'
      ? { role: 'assistant', content: answer.text }
      : {
          role: 'assistant',
          content: '',
          tool_calls: answer.calls.map((call, index) => ({
            index,
            id: callId(identity, index),
            type: 'function',
            function: { name: call.name, arguments: JSON.stringify(call.arguments) },
          })),
        };
  return {
    id: `chatcmpl-${identity.id}`,
    object: 'chat.completion',
    created: identity.created,
    model: identity.model,
    system_fingerprint: FINGERPRINT,
    choices: [{ index: 0, message, finish_reason: finishReason(answer), logprobs: null }],
    usage,
  };
}

/** The same as chunks of a stream: role first, text word by word, tool calls with an id only in their first piece, usage last. */
export function completionChunks(identity: Identity, answer: Answer, usage: WireUsage | undefined): unknown[] {
  const base = {
    id: `chatcmpl-${identity.id}`,
    object: 'chat.completion.chunk',
    created: identity.created,
    model: identity.model,
    system_fingerprint: FINGERPRINT,
  };
  const chunk = (delta: unknown, finish: string | null = null) => ({
    ...base,
    choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
    usage: null,
  });
  const deltas: unknown[] =
    answer.kind === 'text'
      ? [{ role: 'assistant', content: '' }, ...pieces(answer.text).map((content) => ({ content }))]
      : answer.calls.flatMap((call, index) => callDeltas(identity, call, index));
  return [
    ...deltas.map((delta) => chunk(delta)),
    chunk({}, finishReason(answer)),
    ...(usage === undefined ? [] : [{ ...base, choices: [], usage }]),
  ];
}

function callDeltas(identity: Identity, call: { name: string; arguments: unknown }, index: number): unknown[] {
  const text = JSON.stringify(call.arguments);
  const half = Math.ceil(text.length / 2);
  const piece = (id: string, part: Record<string, unknown>) => [{ index, id, type: 'function', function: part }];
  return [
    {
      content: null,
      ...(index === 0 ? { role: 'assistant' } : {}),
      tool_calls: piece(callId(identity, index), { name: call.name, arguments: '' }),
    },
    { content: null, tool_calls: piece('', { arguments: text.slice(0, half) }) },
    { content: null, tool_calls: piece('', { arguments: text.slice(half) }) },
  ];
}

function callId({ id }: Identity, index: number): string {
  return `call_${id.slice(0, 20)}${index}`;
}

function finishReason({ kind }: Answer): string {
  return kind === 'calls' ? 'tool_calls' : 'stop';
}

/** Words with the white space after them; Chinese in runs of four characters. */
function pieces(text: string): string[] {
  return text.match(/\p{Script=Han}{1,4}|[^\s\p{Script=Han}]+\s*|\s+/gu) ?? [];
}
