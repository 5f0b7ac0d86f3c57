import { errorRecord } from '@fieldkit/core';
import { z } from 'zod';
import { answerQuestion, entrantOf, runIdAt } from '../answer-question.ts';
import { badRequest } from '../http/http-failure.ts';
import { parseInput, readJsonBody } from '../http/read-body.ts';
import { readSessionId } from '../http/read-session-id.ts';
import { stopWith, streamAnswer } from '../http/stream-answer.ts';
import { readConversation } from '../openai/chat-request.ts';
import type { RouteRequest, Services } from '../services.ts';
import { createAguiTranslator, runError } from './agui-events.ts';

const name = z.string().regex(/^[\w.:@-]{1,128}$/, 'must have 1 to 128 letters, digits or . : @ _ -');

/** AG-UI's `RunAgentInput`, as far as it has an effect here. */
export const runAgentInputSchema = z.looseObject({
  threadId: name,
  runId: name,
  messages: z
    .array(
      z.looseObject({
        id: z.string().optional(),
        role: z.string(),
        content: z.union([z.string(), z.array(z.looseObject({ type: z.string() }))]).nullish(),
      }),
    )
    .min(1)
    .max(2_000),
  forwardedProps: z.unknown().optional(),
});

const ROLES = new Set(['system', 'developer', 'user', 'assistant']);

/**
 * `POST /agui`: the events of one run. The conversation is what the client sends, as AG-UI has it; with `x-session-id` the server remembers it,
 * and only the last message counts.
 */
export function createAguiRoute(services: Services) {
  const { config, gate, project, now, log } = services;
  return async ({ request, principal, signal }: RouteRequest): Promise<Response> => {
    gate.check(entrantOf(principal)); // before anything is done for it
    const input = parseInput(runAgentInputSchema, await readJsonBody(request, config.limits.bodyBytes));
    const { threadId, runId } = input;
    const messages = input.messages.filter(({ role }) => ROLES.has(role));
    if (messages.length === 0) throw badRequest('there is no message of the user', 'messages');
    const { question, history } = readConversation(
      { model: project.config.name, messages: messages as Parameters<typeof readConversation>[0]['messages'] }, // roles checked above
      project.config.memory,
    );
    const sessionId = readSessionId(request);
    const stop = stopWith(signal);
    const ownRunId = runIdAt(now());
    const events = await answerQuestion(services, {
      question,
      ...(sessionId === undefined ? { history } : { sessionId }),
      principal,
      runId: ownRunId,
      signal: stop.signal,
      parent: request.headers.get('traceparent'),
    });
    const translate = createAguiTranslator({ threadId, runId });
    return streamAnswer({
      events,
      stop,
      config,
      headers: { 'x-run-id': ownRunId },
      log,
      runId: ownRunId,
      async write(coming, out) {
        for await (const event of coming) {
          for (const translated of translate(event)) await out.send(JSON.stringify(translated));
        }
      },
      fail: (error, out) => out.send(JSON.stringify(runError(errorRecord(error).code))),
    });
  };
}
