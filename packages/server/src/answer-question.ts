import type { AgentEvent } from '@fieldkit/agent';
import { newRunId, type Run } from '@fieldkit/core';
import type { AskOptions } from '@fieldkit/project';
import type { Principal } from './auth/principal.ts';
import { tooMany } from './http/http-failure.ts';
import type { Entrant } from './limits/gate.ts';
import { countRun } from './observe/server-metrics.ts';
import type { Services } from './services.ts';

/** One earlier exchange. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

export interface QuestionAsked {
  readonly question: string;
  readonly principal: Principal;
  readonly runId: string;
  /** What was said before is remembered under this name, for this caller only. */
  readonly sessionId?: string;
  /** Earlier turns, oldest first, in place of what the session remembers. */
  readonly history?: readonly Turn[];
  readonly signal: AbortSignal;
  /** `traceparent` of the request. */
  readonly parent?: string | null;
}

export function runIdAt(now: Date): string {
  return newRunId(now);
}

/**
 * Answers a question for a client: within its quota, when there is a place, counted, traced and audited at the end. The place is held from
 * here on: the events must be read, or left; leaving them early cancels the run.
 *
 * @throws {HttpFailure} 429 or 503 when there is no place. What the project throws comes with the first event.
 */
export async function answerQuestion(
  services: Services,
  asked: QuestionAsked,
): Promise<AsyncGenerator<AgentEvent, void, void>> {
  requireQuota(services, asked.principal);
  const leave = await services.gate.enter(entrantOf(asked.principal), asked.signal);
  return answerEvents(services, asked, leave);
}

async function* answerEvents(
  services: Services,
  asked: QuestionAsked,
  leave: () => void,
): AsyncGenerator<AgentEvent, void, void> {
  const { ask, metrics } = services;
  const { principal, signal } = asked;
  const started = performance.now();
  let firstSentenceMs: number | undefined;
  try {
    const { question, sessionId, history, runId } = asked;
    const options: AskOptions & { history?: readonly Turn[]; runId: string } = {
      caller: principal.caller,
      signal,
      runId,
      ...(sessionId === undefined ? {} : { sessionId }),
      ...(history === undefined ? {} : { history }),
    };
    for await (const event of ask(question, options)) {
      if (event.type === 'text-delta') firstSentenceMs ??= performance.now() - started;
      if (event.type === 'run-end') settle(services, asked, event.run, event.answer.status, firstSentenceMs);
      yield event;
    }
  } finally {
    if (signal.aborted) metrics.count('fieldkit_client_gone_total');
    leave();
  }
}

/** How a principal stands before the gate. */
export function entrantOf({ id, limits }: Principal): Entrant {
  return { id, concurrent: limits.concurrent };
}

/** @throws {HttpFailure} 429 until midnight UTC when the day's quota is used up. */
function requireQuota({ store, now }: Services, { id, limits }: Principal): void {
  const { answersPerDay, tokensPerDay } = limits;
  if (answersPerDay === undefined && tokensPerDay === undefined) return;
  const at = now();
  const used = store.used(id, at);
  const overAnswers = answersPerDay !== undefined && used.answers >= answersPerDay;
  const overTokens = tokensPerDay !== undefined && used.tokens >= tokensPerDay;
  if (!overAnswers && !overTokens) return;
  const midnight = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate() + 1);
  const what = overAnswers ? `${answersPerDay} answers` : `${tokensPerDay} tokens`;
  throw tooMany(
    `this key has used its ${what} of today; they come back at midnight UTC`,
    'insufficient_quota',
    (midnight - at.getTime()) / 1000,
  );
}

function settle(
  { audit, log, metrics, store, traces, now }: Services,
  { principal, parent, sessionId }: QuestionAsked,
  run: Run,
  status: string,
  firstSentenceMs: number | undefined,
): void {
  const { id, usage, durationMs, error } = run;
  countRun(metrics, run, status, firstSentenceMs);
  traces?.record(run, parent);
  const { answersPerDay, tokensPerDay } = principal.limits;
  if (answersPerDay !== undefined || tokensPerDay !== undefined) {
    store.use(principal.id, now(), { answers: 1, tokens: usage.inputTokens + usage.outputTokens });
  }
  const { tenant } = principal.caller;
  audit.append({ action: 'answer', actor: principal.id, tenant, target: id, outcome: status });
  const facts = { runId: id, status, durationMs: Math.round(durationMs), principal: principal.id, tenant };
  const session = sessionId === undefined ? {} : { sessionId };
  const first = firstSentenceMs === undefined ? {} : { firstSentenceMs: Math.round(firstSentenceMs) };
  if (error === undefined) log.info({ ...facts, ...session, ...first }, 'answered');
  else log.warn({ ...facts, ...session, error: error.code, reason: error.message }, 'answer failed');
}
