import type { AgentEvent } from '@fieldkit/agent';
import { type Answer, type Run, waitsForPerson } from '@fieldkit/core';
import { answerQuestion, entrantOf, runIdAt } from '../answer-question.ts';
import { failureBody, HttpFailure, wireFailure, wireFailureOf } from '../http/http-failure.ts';
import { parseInput, readJsonBody } from '../http/read-body.ts';
import { readSessionId } from '../http/read-session-id.ts';
import type { EventStream } from '../http/sse.ts';
import { stopWith, streamAnswer } from '../http/stream-answer.ts';
import type { RouteRequest, Services } from '../services.ts';
import { createAnnotator } from './annotations.ts';
import { type ChatRequest, chatRequestSchema, readConversation } from './chat-request.ts';
import { closingList } from './closing-list.ts';
import {
  type CompletionIdentity,
  chunk,
  completionBody,
  completionIdentity,
  extension,
  finishReason,
  usageChunk,
} from './completion.ts';
import type { createIdempotency, Idempotency } from './idempotency.ts';
import { requireModel } from './models-route.ts';

/** What a client hears of an answer: no tools, no nodes. */
type Heard =
  | Extract<AgentEvent, { type: 'citation' | 'text-delta' }>
  | { type: 'end'; answer: Answer; error?: Run['error'] };

/** `POST /v1/chat/completions`: streaming or whole. */
export function createChatRoute(services: Services, idempotencyOf: ReturnType<typeof createIdempotency>) {
  const { config, gate, project, now } = services;
  return async (route: RouteRequest): Promise<Response> => {
    const { request, principal } = route;
    gate.check(entrantOf(principal)); // before anything is done for it
    const json = await readJsonBody(request, config.limits.bodyBytes);
    const body = parseInput(chatRequestSchema, json);
    requireModel(body.model, project.config.name);
    const { question, history, ignored } = readConversation(body, project.config.memory);
    const sessionId = readSessionId(request);
    const idempotency = idempotencyOf(request.headers.get('idempotency-key'), principal, json);
    const kept = idempotency.begin();
    const at = kept === undefined ? now() : new Date(kept.at);
    const runId = kept?.answer.runId ?? runIdAt(at);
    const stop = stopWith(route.signal);
    const begin = async () => {
      const asked = { question, principal, runId, signal: stop.signal, parent: request.headers.get('traceparent') };
      const events = await answerQuestion(services, {
        ...asked,
        ...(sessionId === undefined ? { history } : { sessionId }),
      });
      return heard(events, (answer) => idempotency.keep({ answer, at: at.toISOString() }));
    };
    const events =
      kept === undefined
        ? await begin().catch((error: unknown) => {
            stop.abort();
            idempotency.end();
            throw error;
          })
        : heardAgain(kept.answer);
    const reply: Reply = {
      events,
      stop,
      identity: completionIdentity(runId, body.model, at),
      body,
      sources: wantsSources(body, request),
      base: route.base,
      runId,
      headers: {
        'x-run-id': runId,
        ...(ignored.length === 0 ? {} : { 'x-fieldkit-ignored': ignored.join(', ') }),
        ...(kept === undefined ? {} : { 'idempotency-replayed': 'true' }),
      },
    };
    return body.stream === true ? stream(reply, services, idempotency) : whole(reply, idempotency);
  };
}

interface Reply {
  readonly events: AsyncGenerator<Heard, void, void>;
  readonly stop: AbortController;
  readonly identity: CompletionIdentity;
  readonly body: ChatRequest;
  readonly sources: boolean;
  readonly base: string;
  readonly runId: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function* heard(
  events: AsyncIterable<AgentEvent>,
  onAnswer: (answer: Answer) => void,
): AsyncGenerator<Heard, void, void> {
  for await (const event of events) {
    if (event.type === 'citation' || event.type === 'text-delta') yield event;
    if (event.type !== 'run-end') continue;
    const { answer, run } = event;
    if (answer.status !== 'failed') onAnswer(answer);
    yield { type: 'end', answer, ...(run.error === undefined ? {} : { error: run.error }) };
  }
}

async function* heardAgain(answer: Answer): AsyncGenerator<Heard, void, void> {
  for (const citation of answer.citations) yield { type: 'citation', citation };
  yield { type: 'text-delta', text: answer.text };
  yield { type: 'end', answer };
}

/** A failed run is a failure, unless a bound ended it after sentences that had been checked, or it waits for a person and says so. */
function failureOf({ answer, error }: Extract<Heard, { type: 'end' }>): HttpFailure | undefined {
  if (answer.status !== 'failed') return undefined;
  if (error?.code === 'BUDGET_EXCEEDED' && answer.citations.length > 0) return undefined;
  if (waitsForPerson({ error })) return undefined;
  return new HttpFailure(wireFailureOf(error?.code ?? 'INTERNAL'));
}

async function whole({ events, stop, identity, sources, base, runId, headers }: Reply, idempotency: Idempotency) {
  try {
    const annotator = createAnnotator(base, runId);
    for await (const event of events) {
      if (event.type === 'citation') annotator.cite(event.citation);
      if (event.type !== 'end') continue;
      const failure = failureOf(event);
      if (failure !== undefined) throw failure;
      const { answer } = event;
      const content = answer.text + (sources ? closingList(answer.citations, answer.language) : '');
      return Response.json(completionBody(identity, answer, content, annotator.next(answer.text)), { headers });
    }
    throw new HttpFailure(wireFailureOf('INTERNAL'));
  } finally {
    stop.abort();
    idempotency.end();
  }
}

function stream(reply: Reply, { config, log }: Services, idempotency: Idempotency): Promise<Response> {
  const { events, stop, headers, runId } = reply;
  return streamAnswer({
    events,
    stop,
    config,
    headers,
    log,
    runId,
    write: (heardEvents, out) => write(reply, heardEvents, out),
    fail: (error, out) => sendFailure(out, wireFailure(error)),
    onEnd: () => idempotency.end(),
  });
}

async function write(
  { identity, body, sources, base, runId }: Reply,
  events: AsyncIterable<Heard>,
  out: EventStream,
): Promise<void> {
  const annotator = createAnnotator(base, runId);
  let wrote = false;
  const say = (text: string) => {
    wrote = true;
    const annotations = annotator.next(text);
    return out.send(chunk(identity, { content: text, ...(annotations.length === 0 ? {} : { annotations }) }));
  };
  await out.send(chunk(identity, { role: 'assistant', content: '' }));
  for await (const event of events) {
    if (event.type === 'citation') annotator.cite(event.citation);
    if (event.type === 'text-delta') await say(event.text);
    if (event.type !== 'end') continue;
    const { answer } = event;
    const failure = failureOf(event);
    if (failure !== undefined) return sendFailure(out, failure.wire);
    if (!wrote && answer.text !== '') await say(answer.text);
    if (sources && answer.citations.length > 0) await say(closingList(answer.citations, answer.language));
    await out.send(chunk(identity, {}, finishReason(answer), { fieldkit: extension(answer) }));
    if (body.stream_options?.include_usage === true) await out.send(usageChunk(identity, answer.usage));
  }
  await out.send('[DONE]');
}

async function sendFailure(out: EventStream, wire: HttpFailure['wire']): Promise<void> {
  await out.send(JSON.stringify(failureBody(wire)));
  await out.send('[DONE]');
}

function wantsSources(body: ChatRequest, request: Request): boolean {
  return body.fieldkit?.sources ?? request.headers.get('x-citations')?.toLowerCase() === 'list';
}
