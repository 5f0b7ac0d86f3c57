import { randomBytes } from 'node:crypto';
import {
  type Answer,
  type Caller,
  type ChatModel,
  type Citation,
  type Clock,
  callerSchema,
  detectLanguage,
  errorRecord,
  FieldkitError,
  isFieldkitError,
  newRunId,
  systemClock,
  type Tool,
  toFieldkitError,
} from '@fieldkit/core';
import { isOverBudget } from './call-model.ts';
import { type AgentEvent, createEventQueue } from './events.ts';
import { compilePipeline } from './graph.ts';
import { noJournal } from './journal.ts';
import { createSessionMemory } from './memory.ts';
import { plainSentence } from './plain-sentences.ts';
import { limitsOf, nodeName, type PipelinePlanInput, parseWith, pipelinePlan } from './plan.ts';
import { defaultPrompts, type Prompt, parsePrompt } from './prompts.ts';
import { type AgentResources, createRunContext, type Locate, type RunContext } from './run-context.ts';
import { SqliteCheckpoints } from './sqlite-checkpoints.ts';
import type { AgentState, Outcome, Turn } from './state.ts';
import { openStore } from './store.ts';

export interface AgentOptions {
  readonly plan: PipelinePlanInput;
  /** A model by alias. @throws {FieldkitError} `INVALID_CONFIG` for an unknown alias. */
  readonly models: (name: string) => ChatModel;
  readonly tools: readonly Tool[];
  /** Prompt files by node name, in place of the default of the node's kind. */
  readonly prompts?: Readonly<Record<string, { readonly text: string; readonly version?: string }>>;
  readonly locate: Locate;
  /** SQLite file for sessions and checkpoints, or `:memory:`. Default `:memory:`. */
  readonly checkpoints?: string;
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

export interface Agent {
  /**
   * Answers a question. The last event is `run-end`, whatever happens inside; leaving the loop early cancels the run.
   *
   * @throws {FieldkitError} `INVALID_OPTION` before the first event, for an empty or too long question, a wrong caller, or a closed agent.
   */
  ask(options: AskOptions): AsyncIterable<AgentEvent>;
  /** Forgets a session's turns. */
  forget(caller: Caller, sessionId: string): void;
  /** Cancels what runs, waits for it, and closes the store. May be called twice. */
  close(): Promise<void>;
}

const LONGEST_QUESTION = 20_000;

/**
 * An agent that runs a pipeline plan.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a wrong plan or prompt, `STORE_*` when the checkpoint file cannot be used.
 */
export function createAgent(options: AgentOptions): Agent {
  const { models, tools, locate, checkpoints = ':memory:', clock = systemClock } = options;
  const plan = pipelinePlan(options.plan);
  const prompts = loadPrompts(
    plan.nodes.map((spec) => [nodeName(spec), spec.kind]),
    options.prompts ?? {},
  );
  const store = openStore(checkpoints);
  const memory = createSessionMemory(store, plan.memory, clock);
  const saver = new SqliteCheckpoints(store);
  const resources: AgentResources = { plan, models, tools, prompts, locate, clock, journal: noJournal };
  const running = new Map<string, { readonly run: RunContext; readonly stop: AbortController; done: Promise<void> }>();
  const runOf = (runId: string): RunContext => {
    const found = running.get(runId);
    if (found === undefined) throw new FieldkitError('RUN_NOT_FOUND', `the run ${runId} is not running`);
    return found.run;
  };
  const graph = compilePipeline(plan, runOf, saver);
  let closed = false;

  /** Runs the graph to its end; never throws. */
  const execute = async (run: RunContext, input: AgentState, said: Said): Promise<void> => {
    let outcome: Outcome;
    let language = detectLanguage(input.question);
    try {
      const state = await graph.invoke(run.runId, input);
      language = state.understanding?.language ?? language;
      outcome = state.outcome ?? { text: said.text, citations: said.citations, status: 'failed' };
    } catch (thrown) {
      outcome = failedOutcome(run, thrown, input.question, said);
    }
    const { text, citations, status, error } = outcome;
    const answer: Answer = {
      text,
      citations: [...citations],
      status,
      language,
      usage: run.usage(),
      runId: run.runId,
    };
    const asked = { question: input.question };
    try {
      if (run.sessionId !== undefined && status !== 'failed') {
        memory.remember(run.caller, run.sessionId, { question: input.question, answer: text });
      }
      await saver.deleteThread(run.runId);
    } catch (thrown) {
      const { code, message } = errorRecord(thrown);
      run.finding({
        severity: 'error',
        code: 'session-not-stored',
        message: `${message} (${code})`,
        where: 'sessions',
      });
    }
    run.emit({
      type: 'run-end',
      answer,
      run: run.finish({ input: asked, answer, ...(error === undefined ? {} : { error }) }),
    });
  };

  async function* ask({ signal, ...request }: AskOptions): AsyncGenerator<AgentEvent, void, void> {
    if (closed) throw new FieldkitError('INVALID_OPTION', 'the agent is closed; create a new one');
    const { question, sessionId, runId = newRunId(new Date(clock.now())) } = request;
    const caller = parseWith(callerSchema, 'caller', request.caller);
    if (question.trim() === '' || question.length > LONGEST_QUESTION) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `a question has 1 to ${LONGEST_QUESTION} characters, this one has ${question.trim().length}`,
      );
    }
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
    if (seconds !== undefined) signals.push(AbortSignal.timeout(seconds * 1000));
    const run = createRunContext({
      resources,
      runId,
      caller,
      ...(sessionId === undefined ? {} : { sessionId }),
      signal: AbortSignal.any(signals),
      marker: randomBytes(9).toString('hex'),
      limits: limitsOf(plan.budget),
      emit,
    });
    const history = request.history ?? (sessionId === undefined ? [] : memory.recall(caller, sessionId));
    emit({ type: 'run-start', runId, ...(sessionId === undefined ? {} : { sessionId }), question });
    const entry = { run, stop, done: Promise.resolve() };
    running.set(runId, entry);
    entry.done = execute(run, { question, history, evidence: [], visits: 0 }, said).finally(() => {
      running.delete(runId);
      queue.end();
    });
    try {
      yield* queue.read();
    } finally {
      stop.abort(new FieldkitError('CANCELLED', 'the run was cancelled'));
      await entry.done;
    }
  }

  return {
    ask,
    forget: (caller, sessionId) => memory.forget(caller, sessionId),
    async close() {
      if (closed) return;
      closed = true;
      const entries = [...running.values()];
      for (const { stop } of entries) stop.abort(new FieldkitError('CANCELLED', 'the agent was closed'));
      await Promise.all(entries.map(({ done }) => done));
      store.close();
    },
  };
}

/** What a listener has heard so far. */
interface Said {
  text: string;
  readonly citations: Citation[];
}

/** What was released stays; a plain sentence says how it ended. */
function failedOutcome(run: RunContext, thrown: unknown, question: string, said: Said): Outcome {
  const cancelled = run.signal.aborted && !isOverBudget(thrown, run);
  const error = cancelled
    ? new FieldkitError('CANCELLED', 'the run was cancelled', { cause: thrown })
    : isOverBudget(thrown, run) && !isFieldkitError(thrown, 'BUDGET_EXCEEDED')
      ? new FieldkitError('BUDGET_EXCEEDED', 'the run reached its bound of seconds', { cause: thrown })
      : toFieldkitError(thrown);
  const which = error.code === 'CANCELLED' ? 'cancelled' : error.code === 'BUDGET_EXCEEDED' ? 'overBudget' : 'failed';
  const notice = `${said.text === '' ? '' : '\n'}${plainSentence(which, detectLanguage(question))}`;
  run.emit({ type: 'text-delta', text: notice });
  return { text: said.text, citations: said.citations, status: 'failed', error: errorRecord(error) };
}

function loadPrompts(
  nodes: readonly (readonly [name: string, kind: string])[],
  given: NonNullable<AgentOptions['prompts']>,
): Record<string, Prompt> {
  const defaults: Readonly<Record<string, string>> = defaultPrompts;
  const prompts: Record<string, Prompt> = {};
  for (const [name, kind] of nodes) {
    const text = given[name]?.text ?? defaults[kind];
    if (text === undefined) continue;
    const prompt = parsePrompt(text, `prompts/${name}.md`);
    prompts[name] = { ...prompt, version: given[name]?.version ?? prompt.version };
  }
  return prompts;
}
