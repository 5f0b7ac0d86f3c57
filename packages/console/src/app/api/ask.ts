import type { Citation } from '@fieldkit/core';
import { ApiError, send } from './client.ts';
import type { AnswerEnd } from './types.ts';

/** What is heard of an answer while it is made. */
export type AskEvent =
  | { readonly type: 'start'; readonly runId: string }
  | { readonly type: 'step-start'; readonly step: string }
  | { readonly type: 'step-end'; readonly step: string }
  | { readonly type: 'tool'; readonly phase: 'start' | 'end'; readonly stepId: string; readonly tool: string }
  | { readonly type: 'citation'; readonly citation: Citation }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'end'; readonly answer: AnswerEnd };

/**
 * Asks a question in a session that the server remembers; leaving the iteration, or the signal, cancels the run.
 *
 * @throws {ApiError} when it is refused, or fails in the middle.
 */
export async function* ask(
  question: string,
  sessionId: string,
  signal: AbortSignal,
): AsyncGenerator<AskEvent, void, void> {
  const message = { id: 'question', role: 'user', content: question };
  const response = await send('/agui', {
    json: { threadId: sessionId, runId: `console-${Date.now()}`, messages: [message] },
    headers: { 'x-session-id': sessionId },
    signal,
  });
  yield { type: 'start', runId: response.headers.get('x-run-id') ?? '' };
  let ended = false;
  for await (const event of readEvents(response)) {
    const translated = translate(event);
    if (translated !== undefined) yield translated;
    ended ||= event.type === 'RUN_FINISHED';
  }
  if (!ended) throw new ApiError(0, 'cut_off', 'the connection ended before the answer did');
}

interface WireEvent {
  readonly type: string;
  readonly stepName?: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly delta?: string;
  readonly code?: string;
  readonly message?: string;
}

function translate(event: WireEvent): AskEvent | undefined {
  const { type, stepName = '', name, value, delta = '' } = event;
  if (type === 'STEP_STARTED') return { type: 'step-start', step: stepName };
  if (type === 'STEP_FINISHED') return { type: 'step-end', step: stepName };
  if (type === 'TEXT_MESSAGE_CONTENT') return { type: 'text', text: delta };
  if (type === 'RUN_ERROR') throw new ApiError(0, event.code ?? 'unknown', event.message ?? 'the answer failed');
  if (type !== 'CUSTOM') return undefined;
  // our own server's events: see agui-events.ts
  if (name === 'fieldkit.citation') return { type: 'citation', citation: value as Citation };
  if (name === 'fieldkit.answer') return { type: 'end', answer: value as AnswerEnd };
  if (name === 'fieldkit.tool')
    return { type: 'tool', ...(value as { phase: 'start' | 'end'; stepId: string; tool: string }) };
  return undefined;
}

/** Server-sent events that hold JSON. */
async function* readEvents(response: Response): AsyncGenerator<WireEvent, void, void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6)) as WireEvent;
    }
  } finally {
    await reader.cancel().catch(() => {}); // it may have ended already
  }
}
