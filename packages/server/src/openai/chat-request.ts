import { estimateTokens } from '@fieldkit/core';
import { z } from 'zod';
import type { Turn } from '../answer-question.ts';
import { badRequest } from '../http/http-failure.ts';
import { withoutClosingList } from './closing-list.ts';

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });
const otherPart = z.looseObject({ type: z.string() });
const contentSchema = z.union([z.string(), z.array(z.union([textPart, otherPart])).max(100)]).nullish();

const messageSchema = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: contentSchema,
});

/** The body of `POST /v1/chat/completions`, as far as it has an effect here. */
export const chatRequestSchema = z.looseObject({
  model: z.string().min(1).max(200),
  messages: z.array(messageSchema).min(1).max(2_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  n: z.number().nullish(),
  /** Ours: what the protocol has no field for. */
  fieldkit: z
    .strictObject({
      /** A list of the sources is added at the end of the text. Default false. */
      sources: z.boolean().optional(),
    })
    .nullish(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

export interface Conversation {
  readonly question: string;
  /** Oldest first. */
  readonly history: readonly Turn[];
  /** Parts of the request that have no effect here. */
  readonly ignored: readonly string[];
}

const WITH_EFFECT = new Set(['model', 'messages', 'stream', 'stream_options', 'n', 'fieldkit', 'user']);

/**
 * The question and what was said before it. Instructions of the client are not taken: what the agent does is the project's to say.
 *
 * @param window Turns and estimated tokens of the conversation that count; older ones are left out.
 * @throws {HttpFailure} 400 for what would change the meaning of the answer and is not supported.
 */
export function readConversation(
  body: ChatRequest,
  window: { readonly turns: number; readonly tokens: number },
): Conversation {
  const { messages } = body;
  refuseUnsupported(body);
  if (messages.at(-1)?.role !== 'user') throw badRequest('the last message must be of the user', 'messages');
  const turns: Turn[] = [];
  let asked: string[] = [];
  let said: string[] = [];
  const flush = () => {
    if (asked.length > 0 && said.length > 0) turns.push({ question: asked.join('\n'), answer: said.join('\n') });
    if (said.length > 0) asked = [];
    said = [];
  };
  for (const [index, { role, content }] of messages.entries()) {
    const text = role === 'user' || role === 'assistant' ? textOf(content, role, index) : '';
    if (role === 'user') {
      if (said.length > 0) flush();
      if (text !== '') asked.push(text);
    }
    if (role === 'assistant' && text !== '') said.push(withoutClosingList(text));
  }
  const question = asked.join('\n').trim();
  if (question === '') throw badRequest('the last message has no text', 'messages');
  const ignored = Object.keys(body).filter((name) => !WITH_EFFECT.has(name) && body[name] != null);
  if (messages.some(({ role }) => role === 'system' || role === 'developer')) ignored.push('messages.system');
  return {
    question,
    history: lastTurns(turns, window),
    ignored: ignored.filter((name) => /^[\w.-]{1,60}$/.test(name)),
  };
}

function refuseUnsupported({ n, tool_choice, response_format }: ChatRequest): void {
  const unsupported = (message: string, param: string) => badRequest(message, param, 'unsupported_parameter');
  if (n != null && n !== 1) throw unsupported('one answer at a time: n must be 1', 'n');
  if (tool_choice != null && tool_choice !== 'auto' && tool_choice !== 'none') {
    throw unsupported('tools of the client are not called here: leave tool_choice out', 'tool_choice');
  }
  if (response_format != null && typeof response_format === 'object') {
    const type = 'type' in response_format ? response_format.type : undefined;
    if (type !== 'text')
      throw unsupported('answers are prose with citations: only response_format text', 'response_format');
  }
}

function textOf(content: z.infer<typeof contentSchema>, role: string, index: number): string {
  if (content == null) return '';
  if (typeof content === 'string') return content.trim();
  const texts = content.map((part) => {
    if (part.type === 'text' && typeof part.text === 'string') return part.text;
    if (role !== 'user') return '';
    throw badRequest(
      `only text can be asked about, not ${part.type.slice(0, 40)}`,
      `messages.${index}.content`,
      'unsupported_content',
    );
  });
  return texts.join('\n').trim();
}

function lastTurns(turns: readonly Turn[], { turns: most, tokens }: { turns: number; tokens: number }): Turn[] {
  const kept: Turn[] = [];
  let left = tokens;
  for (const turn of most === 0 ? [] : turns.slice(-most).reverse()) {
    left -= estimateTokens(turn.question) + estimateTokens(turn.answer);
    if (left < 0) break;
    kept.unshift(turn);
  }
  return kept;
}
