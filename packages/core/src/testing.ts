import type { ChatEvent, ChatModel, ChatRequest, ToolCall } from './chat-model.ts';
import type { Clock } from './clock.ts';
import { FieldkitError } from './error.ts';
import { estimateTokens } from './tokens.ts';

/** What a scripted model says next: text, tool calls, an error to throw, or a function of the request. */
export type ScriptedReply =
  | string
  | { readonly toolCalls: readonly ToolCall[]; readonly text?: string }
  | Error
  | ((request: ChatRequest) => ScriptedReply);

export interface ScriptedModel extends ChatModel {
  /** Every request, in order. */
  readonly requests: readonly ChatRequest[];
}

/** A chat model that says the given replies in order, word by word, records its requests, and fails loudly when it runs out. */
export function createScriptedModel(replies: readonly ScriptedReply[], name = 'scripted'): ScriptedModel {
  const requests: ChatRequest[] = [];
  return {
    name,
    requests,
    async *chat(request, { signal } = {}): AsyncIterable<ChatEvent> {
      signal?.throwIfAborted();
      requests.push(request);
      let reply = replies[requests.length - 1];
      if (reply === undefined) {
        throw new FieldkitError(
          'INTERNAL',
          `scripted model "${name}" got request ${requests.length} but has only ${replies.length} replies`,
        );
      }
      while (typeof reply === 'function') reply = reply(request);
      if (reply instanceof Error) throw reply;
      const { text = '', toolCalls = [] } = typeof reply === 'string' ? { text: reply } : reply;
      for (const [word] of text.matchAll(/\S+\s*|\s+/g)) {
        signal?.throwIfAborted();
        yield { type: 'text-delta', text: word };
      }
      for (const call of toolCalls) yield { type: 'tool-call', call };
      const inputTokens = request.messages.reduce((sum, message) => sum + estimateTokens(message.content), 0);
      const usage = { inputTokens, outputTokens: estimateTokens(text), calls: 1 };
      yield { type: 'finish', reason: toolCalls.length > 0 ? 'tool-calls' : 'stop', usage, model: name };
    },
  };
}

export interface FakeClock extends Clock {
  /** Moves time on and wakes who sleeps, in order of their time. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until it is told to move. */
export function createFakeClock(start = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    now: () => start + elapsed,
    monotonic: () => elapsed,
    sleep(ms, signal) {
      signal?.throwIfAborted();
      return new Promise((resolve, reject) => {
        sleepers.push({ at: elapsed + ms, wake: resolve });
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers[0];
        if (next === undefined || next.at > end) break;
        sleepers.shift();
        elapsed = Math.max(elapsed, next.at);
        next.wake();
        await settle();
      }
      elapsed = end;
    },
  };
}
