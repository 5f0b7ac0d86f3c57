import { randomBytes } from 'node:crypto';
import {
  type Answer,
  type Caller,
  type ChatModel,
  type Clock,
  callerSchema,
  FieldkitError,
  type Finding,
  newRunId,
  type Run,
  type Step,
  systemClock,
  type Tool,
} from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { type Approval, createApprovals, type Decision } from './approvals.ts';
import { startDeadline } from './deadline.ts';
import { DeferredCheckpoints } from './deferred-checkpoints.ts';
import { type AgentEvent, createEventQueue } from './events.ts';
import { executeRun, type Said } from './execute-run.ts';
import { compilePipeline, hasState } from './graph.ts';
import { createJournal } from './journal.ts';
import { type LongTermMemory, recalledTurn } from './long-term-memory.ts';
import { createSessionMemory } from './memory.ts';
import { limitsOf, nodeName, type PipelinePlanInput, parseWith, pipelinePlan } from './plan.ts';
import { openPostgresStore, type PostgresPlace } from './postgres-store.ts';
import { loadPrompts } from './prompts.ts';
import { type ReplayOptions, replayState } from './replay.ts';
import { type AgentResources, createRunContext, type Locate, type RunContext } from './run-context.ts';
import { createRunRecords, type RunArchive, type RunRequest } from './run-records.ts';
import { SqliteCheckpoints } from './sqlite-checkpoints.ts';
import type { AgentState, Turn } from './state.ts';
import { openStore, type Store } from './store.ts';

export interface AgentOptions {
  readonly plan: PipelinePlanInput;
  /** A model by alias. @throws {FieldkitError} `INVALID_CONFIG` for an unknown alias. */
  readonly models: (name: string) => ChatModel;
  readonly tools: readonly Tool[];
  /** Prompt files by node name, in place of the default of the node's kind. */
  readonly prompts?: Readonly<Record<string, { readonly text: string; readonly version?: string }>>;
  readonly locate: Locate;
  /** Notes kept beyond a session. Needed when `memory.longTerm` is not 0. */
  readonly longTermMemory?: LongTermMemory;
  /** One of our chat models as LangChain's `BaseChatModel`: `(model) => new FieldkitChatModel(model)`. Needed by `react` nodes only. */
  readonly langchain?: (model: ChatModel) => object;
  /**
   * For sessions, checkpoints, journal and approvals: a SQLite file, `:memory:`, or a PostgreSQL server that several processes on several
   * machines share. Default `:memory:`.
   */
  readonly checkpoints?: string | PostgresPlace;
  /** Keeps the record of every run, in this place only. Default: the store of `checkpoints` keeps those of the last few. */
  readonly archive?: RunArchive;
  readonly clock?: Clock;
}

export interface AskOptions {
  /** 1 to 20,000 UTF-16 code units. */
  readonly question: string;
  readonly caller: Caller;
  /** Turns of the same session and caller are remembered. Without it the question stands alone. */
  readonly sessionId?: string;
  /** Earlier turns, oldest first, in place of what the session remembers. */
  readonly history?: readonly Turn[];
  /** Default: a new one. */
  readonly runId?: string;
  readonly signal?: AbortSignal;
}

export interface ResumeOptions {
  readonly runId: string;
  readonly caller: Caller;
  readonly signal?: AbortSignal;
}

export interface Agent {
  /**
   * Answers a question. The last event is `run-end`, whatever happens inside; leaving the loop early cancels the run.
   *
   * @throws {FieldkitError} `INVALID_OPTION` before the first event, for an empty or too long question, a wrong caller, or a closed agent.
   */
  ask(options: AskOptions): AsyncIterable<AgentEvent>;
  /**
   * Goes on with a run that was killed, cancelled, failed or waits for approval; steps that ended are not done again. A run that has
   * ended gives its result again.
   *
   * @throws {FieldkitError} `RUN_NOT_FOUND` for another caller's run too.
   */
  resume(options: ResumeOptions): AsyncIterable<AgentEvent>;
  /**
   * Runs a saved run again as a new one, from the start or from a node on, possibly on another model. No session is touched, and every
   * write needs a person's approval, whatever is granted.
   *
   * @throws {FieldkitError} `INVALID_OPTION` when the run never came to that node.
   */
  replay(run: Run, options?: ReplayOptions): AsyncIterable<AgentEvent>;
  /** Runs of the caller that have not ended, oldest first. */
  unfinished(
    caller: Caller,
  ): Promise<{ readonly runId: string; readonly question: string; readonly startedAt: string }[]>;
  /** Writes that wait for a decision; with `all` those of unfinished runs that were decided or have expired, too. */
  approvals(caller: Caller, options?: { readonly all?: boolean }): Promise<Approval[]>;
  /** Decides one; `resume` then goes on. @throws {FieldkitError} `INVALID_OPTION` when it cannot be decided (any more). */
  decide(caller: Caller, approvalId: string, decision: Decision): Promise<Approval>;
  /** Forgets a session's turns. */
  forget(caller: Caller, sessionId: string): Promise<void>;
  /** Cancels what runs, waits for it, and closes the store. May be called twice. */
  close(): Promise<void>;
}

const LONGEST_QUESTION = 20_000;

interface Launch {
  readonly runId: string;
  readonly caller: Caller;
  readonly request: RunRequest;
  /** Undefined: from the last checkpoint. */
  readonly input: AgentState | undefined;
  readonly earlier?: readonly Step[];
  readonly model?: string;
  readonly resumed?: boolean;
  /** What was noticed before the run began. */
  readonly findings?: readonly Finding[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * An agent that runs a pipeline plan.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a wrong plan or prompt, `STORE_*` when the checkpoint file cannot be used.
 */
export function createAgent(options: AgentOptions): Agent {
  const { models, tools, locate, langchain, longTermMemory, checkpoints = ':memory:', archive } = options;
  const { clock = systemClock } = options;
  const plan = pipelinePlan(options.plan);
  if (plan.memory.longTerm > 0 && longTermMemory === undefined) {
    throw new FieldkitError('INVALID_CONFIG', 'memory.longTerm needs a memory: give createAgent `longTermMemory`');
  }
  const prompts = loadPrompts(
    plan.nodes.map((spec) => ({ name: nodeName(spec), kind: spec.kind })),
    options.prompts ?? {},
  );
  const { store, saver } = openPlace(checkpoints);
  const deferred = new DeferredCheckpoints(saver);
  const services = {
    checkpoints: deferred,
    records: createRunRecords(store, archive),
    ...(archive === undefined ? {} : { archive }),
    memory: createSessionMemory(store, plan.memory, clock),
    journal: createJournal(store),
    approvals: createApprovals(store, clock, plan.approval.expirySeconds),
    ...(longTermMemory === undefined || plan.memory.longTerm === 0 ? {} : { longTerm: longTermMemory }),
  };
  const { journal, approvals, records, memory } = services;
  const resources: AgentResources = {
    plan,
    models,
    tools,
    prompts,
    locate,
    clock,
    journal,
    approvals,
    ...(langchain === undefined ? {} : { langchain }),
  };
  const running = new Map<string, { readonly run: RunContext; readonly stop: AbortController; done: Promise<void> }>();
  const runOf = (runId: string): RunContext => {
    const found = running.get(runId);
    if (found === undefined) throw new FieldkitError('RUN_NOT_FOUND', `the run ${runId} is not running`);
    return found.run;
  };
  const graph = compilePipeline(plan, runOf, deferred);
  let closed = false;

  /** A new run: nothing of it has to be read. */
  const begin = (runId: string) => {
    journal.begin(runId);
    deferred.begin(runId);
  };

  const requireOpen = (): void => {
    if (closed) throw new FieldkitError('INVALID_OPTION', 'the agent is closed; create a new one');
  };

  async function* launch(start: Launch): AsyncGenerator<AgentEvent, void, void> {
    const { runId, caller, request, input, earlier, model, resumed = false, findings = [], signal } = start;
    const { sessionId, question } = request;
    if (running.has(runId)) throw new FieldkitError('INVALID_OPTION', `a run ${runId} is already running`);
    const queue = createEventQueue<AgentEvent>();
    const stop = new AbortController();
    const said: Said = { text: '', citations: [] };
    const emit = (event: AgentEvent) => {
      if (event.type === 'text-delta') said.text += event.text;
      if (event.type === 'citation') said.citations.push(event.citation);
      queue.push(event);
    };
    const { seconds } = plan.budget;
    const signals = [stop.signal, ...(signal === undefined ? [] : [signal])];
    const deadline = seconds === undefined ? undefined : startDeadline(seconds * 1000);
    if (deadline !== undefined) signals.push(deadline.signal);
    const run = createRunContext({
      resources,
      runId,
      caller,
      ...(sessionId === undefined ? {} : { sessionId }),
      signal: AbortSignal.any(signals),
      marker: request.marker,
      own: [question, ...request.history.map((turn) => turn.question)].join('\n'),
      limits: limitsOf(plan.budget),
      emit,
      ...(earlier === undefined ? {} : { earlier }),
      ...(model === undefined ? {} : { model }),
      replayed: request.replayed === true,
    });
    emit({
      type: 'run-start',
      runId,
      ...(sessionId === undefined ? {} : { sessionId }),
      question,
      ...(resumed ? { resumed } : {}),
    });
    for (const finding of findings) run.finding(finding);
    const entry = { run, stop, done: Promise.resolve() };
    running.set(runId, entry);
    entry.done = executeRun({ run, graph, request, input, said, services }).finally(() => {
      running.delete(runId);
      deadline?.end();
      queue.end();
    });
    try {
      yield* queue.read();
    } finally {
      stop.abort(new FieldkitError('CANCELLED', 'the run was cancelled'));
      await entry.done;
    }
  }

  async function* ask(asked: AskOptions): AsyncGenerator<AgentEvent, void, void> {
    requireOpen();
    const { sessionId, runId = newRunId(new Date(clock.now())), signal } = asked;
    const question = cleanText(asked.question);
    const caller = parseWith(callerSchema, 'caller', asked.caller);
    if (question.trim() === '' || question.length > LONGEST_QUESTION) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `a question has 1 to ${LONGEST_QUESTION} characters, this one has ${question.trim().length}`,
      );
    }
    const session = asked.history ?? (sessionId === undefined ? [] : await memory.recall(caller, sessionId));
    const findings: Finding[] = [];
    const how = { limit: plan.memory.longTerm, signal, onFinding: (finding: Finding) => findings.push(finding) };
    const notes = services.longTerm === undefined ? [] : await recalledTurn(services.longTerm, caller, question, how);
    const request = newRequest(question, [...notes, ...session], sessionId);
    begin(runId);
    records.begin(runId, caller, request, clock.now());
    yield* launch({ runId, caller, request, input: initialState(request), findings, signal });
  }

  async function* resume({ runId, caller, signal }: ResumeOptions): AsyncGenerator<AgentEvent, void, void> {
    requireOpen();
    const { request, result } = await records.find(runId, caller);
    if (result !== undefined) return yield* again(runId, request, result);
    const saved = await deferred.getTuple({ configurable: { thread_id: runId } });
    const goesOn = saved !== undefined && hasState(saved); // one of an older release has no state: the journal has every step
    if (saved !== undefined && !goesOn) await deferred.deleteThread(runId);
    const steps = await journal.kept(runId);
    const ended = steps.filter(({ kind, error }) => kind === 'node' && error === undefined).map(({ id }) => id);
    const earlier = steps.filter(({ id, parentId }) => ended.includes(parentId ?? id));
    const input = goesOn ? undefined : initialState(request);
    yield* launch({ runId, caller, request, input, earlier, resumed: true, signal });
  }

  async function* replay(run: Run, how: ReplayOptions = {}): AsyncGenerator<AgentEvent, void, void> {
    requireOpen();
    const state = replayState(run, plan, how.from);
    const runId = newRunId(new Date(clock.now()));
    const request = { ...newRequest(state.question, state.history, undefined), replayed: true };
    begin(runId);
    records.begin(runId, run.caller, request, clock.now());
    const { model, signal } = how;
    yield* launch({
      runId,
      caller: run.caller,
      request,
      input: state,
      ...(model === undefined ? {} : { model }),
      signal,
    });
  }

  return {
    ask,
    resume,
    replay,
    unfinished: async (caller) => (await records.unfinished(caller)).filter(({ runId }) => !running.has(runId)),
    approvals: async (caller, { all = false } = {}) =>
      (await approvals.list(caller)).filter(({ state }) => all || state === 'pending'),
    decide: (caller, id, decision) => approvals.decide(caller, id, decision),
    async forget(caller, sessionId) {
      memory.forget(caller, sessionId);
      await store.settled();
    },
    async close() {
      if (closed) return;
      closed = true;
      const entries = [...running.values()];
      for (const { stop } of entries) stop.abort(new FieldkitError('CANCELLED', 'the agent was closed'));
      await Promise.allSettled(entries.map(({ done }) => done)); // who asked is told what went wrong
      await store.close();
    },
  };
}

function openPlace(place: string | PostgresPlace): { store: Store; saver: () => Promise<BaseCheckpointSaver> } {
  if (typeof place !== 'string') {
    const store = openPostgresStore(place);
    return { store, saver: store.saver };
  }
  const store = openStore(place);
  const saver = new SqliteCheckpoints(store);
  return { store, saver: async () => saver };
}

function newRequest(question: string, history: readonly Turn[], sessionId: string | undefined): RunRequest {
  const marker = randomBytes(9).toString('hex');
  return { question, history: [...history], ...(sessionId === undefined ? {} : { sessionId }), marker };
}

function initialState({ question, history }: RunRequest): AgentState {
  return { question, history, evidence: [], visits: 0 };
}

/** A result that is already there, as the events of its run. */
function* again(
  runId: string,
  { question }: RunRequest,
  { answer, run }: { answer: Answer; run: Run },
): Generator<AgentEvent> {
  yield { type: 'run-start', runId, question, resumed: true };
  for (const citation of answer.citations) yield { type: 'citation', citation };
  yield { type: 'text-delta', text: answer.text };
  yield { type: 'run-end', answer, run };
}
