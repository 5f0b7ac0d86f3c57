import {
  type Answer,
  type Citation,
  detectLanguage,
  errorRecord,
  FieldkitError,
  isFieldkitError,
  toFieldkitError,
} from '@fieldkit/core';
import type { Approvals } from './approvals.ts';
import { isOverBudget } from './call-model.ts';
import { waitsForApproval } from './call-tool.ts';
import type { DeferredCheckpoints } from './deferred-checkpoints.ts';
import type { PipelineGraph } from './graph.ts';
import type { Journal } from './journal.ts';
import { type LongTermMemory, memoryFinding, statementsOf } from './long-term-memory.ts';
import type { SessionMemory } from './memory.ts';
import { type PlainSentence, plainSentence } from './plain-sentences.ts';
import type { RunContext } from './run-context.ts';
import type { RunArchive, RunRecords, RunRequest } from './run-records.ts';
import type { AgentState, Outcome, Turn } from './state.ts';
import { summarize } from './summarize.ts';

/** What a listener has heard so far. */
export interface Said {
  text: string;
  readonly citations: Citation[];
}

export interface RunServices {
  readonly checkpoints: DeferredCheckpoints;
  readonly records: RunRecords;
  readonly memory: SessionMemory;
  readonly journal: Journal;
  readonly approvals: Approvals;
  /** Keeps the records of runs, whichever way they came out. */
  readonly archive?: RunArchive;
  /** Present when the plan keeps notes beyond a session. */
  readonly longTerm?: LongTermMemory;
}

export interface ExecuteRunOptions {
  readonly run: RunContext;
  readonly graph: PipelineGraph;
  readonly request: RunRequest;
  readonly input: AgentState | undefined;
  readonly said: Said;
  readonly services: RunServices;
}

/** Runs the graph to its end and emits `run-end`. @throws what the archive throws, and nothing else; the run is then still open. */
export async function executeRun({ run, graph, request, input, said, services }: ExecuteRunOptions): Promise<void> {
  let outcome: Outcome;
  let language = detectLanguage(request.question);
  let open = false;
  try {
    const state = await graph.invoke(run.runId, input);
    language = state.understanding?.language ?? language;
    outcome = state.outcome ?? withoutOutcome(run, said);
  } catch (thrown) {
    outcome = failedOutcome(run, thrown, language, said);
    open = true;
  }
  const { text, citations, status, error } = outcome;
  const { runId } = run;
  const answer: Answer = { text, citations: [...citations], status, language, usage: run.usage(), runId };
  const asked = { question: request.question, history: request.history };
  const result = { answer, run: run.finish({ input: asked, answer, ...(error === undefined ? {} : { error }) }) };
  await services.archive?.put(result.run);
  try {
    if (open) await setAside(run, services);
    else await settle(run, request, result, services);
    run.emit({ type: 'run-end', ...result });
  } catch (thrown) {
    const { code, message } = errorRecord(thrown);
    run.finding({ severity: 'error', code: 'session-not-stored', message: `${message} (${code})`, where: 'sessions' });
    run.emit({ type: 'run-end', ...result });
  }
}

/** What a later process needs to go on. */
async function setAside({ runId }: RunContext, { checkpoints, journal }: RunServices): Promise<void> {
  await checkpoints.keep(runId);
  journal.leave(runId);
  await journal.settled();
}

/** The result first: a crash in between leaves rows, never a run without its result. */
async function settle(
  run: RunContext,
  { question }: RunRequest,
  result: Parameters<RunRecords['finish']>[1],
  { records, memory, checkpoints, journal, approvals, longTerm }: RunServices,
): Promise<void> {
  const { text, status } = result.answer;
  records.finish(run.runId, result);
  if (run.sessionId !== undefined && status !== 'failed') {
    const leaving = await memory.leaving(run.caller, run.sessionId);
    const summary = leaving === undefined ? undefined : await newSummary(run, leaving);
    memory.remember(run.caller, run.sessionId, { question, answer: text }, summary);
  }
  if (longTerm !== undefined && status !== 'failed' && status !== 'refused') await keepNotes(run, question, longTerm);
  journal.forgetRun(run.runId);
  approvals.forgetRun(run.runId);
  await checkpoints.deleteThread(run.runId);
  await journal.settled();
}

/** The user's own words only. */
async function keepNotes(
  { caller, clock, finding }: RunContext,
  question: string,
  memory: LongTermMemory,
): Promise<void> {
  const said = statementsOf(question);
  if (said.length === 0) return;
  try {
    await memory.remember(caller, said, new Date(clock.now()).toISOString());
  } catch (thrown) {
    finding(memoryFinding('memory-not-stored', thrown));
  }
}

function newSummary(
  run: RunContext,
  leaving: { readonly summary?: string; readonly turns: readonly Turn[] },
): Promise<string | undefined> {
  const model = run.models(run.plan.memory.summaryModel);
  return summarize(model, leaving.summary, leaving.turns, {
    signal: run.signal,
    onFinding: (finding) => run.finding(finding),
  });
}

/** A plan without an answer node: what was emitted, or nothing, is the answer. */
function withoutOutcome(run: RunContext, { text, citations }: Said): Outcome {
  run.finding({
    severity: 'warning',
    code: 'no-answer-node',
    message: 'the pipeline ended without an answer; add answer() to it',
  });
  return { text, citations, status: 'failed' };
}

/** What was released stays; a plain sentence says how it ended. */
function failedOutcome(run: RunContext, thrown: unknown, language: string, said: Said): Outcome {
  const error = reasonOf(run, thrown);
  const notice = `${said.text === '' ? '' : '\n'}${plainSentence(noticeFor(error), language)}`;
  run.emit({ type: 'text-delta', text: notice });
  return { text: said.text, citations: said.citations, status: 'failed', error: errorRecord(error) };
}

function reasonOf(run: RunContext, thrown: unknown): FieldkitError {
  if (isFieldkitError(thrown, 'BUDGET_EXCEEDED')) return thrown;
  if (isOverBudget(thrown, run)) {
    return new FieldkitError('BUDGET_EXCEEDED', 'the run reached its bound of seconds', { cause: thrown });
  }
  if (run.signal.aborted) return new FieldkitError('CANCELLED', 'the run was cancelled', { cause: thrown });
  return toFieldkitError(thrown);
}

function noticeFor(error: FieldkitError): PlainSentence {
  if (waitsForApproval(error)) return 'needsApproval';
  if (error.code === 'CANCELLED') return 'cancelled';
  return error.code === 'BUDGET_EXCEEDED' ? 'overBudget' : 'failed';
}
