import {
  type Answer,
  addCost,
  type Budget,
  type BudgetLimits,
  type Caller,
  type ChatModel,
  type Clock,
  type Cost,
  createBudget,
  createRedactor,
  errorRecord,
  type Finding,
  type Place,
  type Redactor,
  type Run,
  redactDeep,
  type Step,
  sumUsage,
  type Tool,
  type ToolStep,
  type Usage,
} from '@fieldkit/core';
import type { Approvals } from './approvals.ts';
import { oneLine } from './clean-text.ts';
import type { AgentEvent } from './events.ts';
import type { Journal } from './journal.ts';
import type { PipelinePlan } from './plan.ts';
import type { Prompt } from './prompts.ts';

/** Where a stretch of a stored document stands. */
export interface Located {
  readonly places: readonly Place[];
  /** 1-based line of the canonical text. */
  readonly line?: number;
  readonly headings: readonly string[];
  /** What the columns of the table row are called, when it is one. */
  readonly columns?: string;
}

/** Finds the place of a quote; undefined when the document is no longer stored. */
export type Locate = (
  documentId: string,
  start: number,
  end: number,
) => Located | undefined | Promise<Located | undefined>;

/** What the composing package gives the agent; the same for every run. */
export interface AgentResources {
  readonly plan: PipelinePlan;
  /** @throws {FieldkitError} `INVALID_CONFIG` for an alias that the project does not have. */
  readonly models: (name: string) => ChatModel;
  readonly tools: readonly Tool[];
  /** By node name. */
  readonly prompts: Readonly<Record<string, Prompt>>;
  readonly locate: Locate;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly approvals: Approvals;
  /** One of our chat models as LangChain's `BaseChatModel`, for `react`. */
  readonly langchain?: (model: ChatModel) => object;
}

export interface StepRequest {
  readonly id: string;
  readonly parentId?: string;
  readonly attempt?: number;
  readonly name: string;
  readonly kind: Step['kind'];
  readonly input: unknown;
}

export interface StepResult<T> {
  readonly value: T;
  /** What the trace keeps. Default: `value`. */
  readonly output?: unknown;
  readonly usage?: Usage;
  readonly cost?: Cost;
}

/** One run: its identity, its bounds, its record and the way to its listener. */
export interface RunContext extends AgentResources {
  readonly runId: string;
  readonly caller: Caller;
  readonly sessionId?: string;
  /** Aborts on cancellation and when the run's time is over. */
  readonly signal: AbortSignal;
  /** Part of every evidence delimiter; unguessable, new for each run. */
  readonly marker: string;
  /** What the user said, in this turn and before; nothing of what was answered. */
  readonly own: string;
  readonly budget: Budget;
  /** Present when models see placeholders instead of personal data. */
  readonly redactor?: Redactor;
  /** In place of every node's own model. */
  readonly model?: string;
  /** A saved run that is run again: its writes were done or refused then, so that each needs a person now. */
  readonly replayed: boolean;
  emit(event: AgentEvent): void;
  /** Emits and keeps. */
  finding(finding: Finding): void;
  count(name: string, by?: number): void;
  /** What was counted so far under a name. */
  counted(name: string): number;
  /** Runs and records one step; what it throws is recorded and rethrown. */
  step<T>(request: StepRequest, fn: () => Promise<StepResult<T>>): Promise<T>;
  /** Records what a tool did on the way, under its step. */
  part(parentId: string, part: ToolStep): void;
  usage(): Usage;
  /** Whether a step was booked before the run was interrupted. */
  spentBefore(stepId: string): boolean;
  findings(): readonly Finding[];
  finish(end: { readonly input: unknown; readonly answer: Answer; readonly error?: Run['error'] }): Run;
}

export interface RunContextOptions {
  readonly resources: AgentResources;
  readonly runId: string;
  readonly caller: Caller;
  readonly sessionId?: string;
  readonly signal: AbortSignal;
  readonly marker: string;
  readonly own: string;
  readonly limits: BudgetLimits;
  readonly emit: (event: AgentEvent) => void;
  /** Steps of the same run from before it was interrupted. */
  readonly earlier?: readonly Step[];
  /** A model alias in place of every node's own: for replays. */
  readonly model?: string;
  readonly replayed?: boolean;
}

export function createRunContext(options: RunContextOptions): RunContext {
  const { resources, runId, caller, sessionId, signal, marker, own, limits, emit, earlier = [], model } = options;
  const { replayed = false } = options;
  const { clock, journal, plan } = resources;
  const { personalData } = plan.guards;
  const started = clock.monotonic();
  const startedAt = new Date(clock.now()).toISOString();
  const steps: Step[] = [...earlier];
  const findings: Finding[] = [];
  const counts: Record<string, number> = {};
  const budget = createBudget(limits, clock);
  const counted = new Set(earlier.map(({ id }) => id));
  for (const step of earlier) {
    if (step.kind !== 'model' && step.kind !== 'tool') continue;
    budget.spend({
      steps: 1,
      tokens: (step.usage?.inputTokens ?? 0) + (step.usage?.outputTokens ?? 0),
      ...(step.cost === undefined ? {} : { cost: step.cost }),
    });
  }
  const usage = () => sumUsage(steps.flatMap((step) => step.usage ?? []));
  const cost = () => steps.reduce<Cost | undefined>((sum, step) => addCost(sum, step.cost), undefined);

  const record = async <T>(request: StepRequest, fn: () => Promise<StepResult<T>>): Promise<T> => {
    const { id, parentId, attempt = 1, name, kind, input } = request;
    const before = counted.has(id) ? steps.findIndex((step) => step.id === id) : -1;
    const slot = before === -1 ? steps.length : before;
    const begun = clock.monotonic();
    const base = {
      id,
      ...(parentId === undefined ? {} : { parentId }),
      attempt,
      name,
      kind,
      input,
      startedAt: new Date(clock.now()).toISOString(),
    };
    steps[slot] = { ...base, output: null, durationMs: 0 };
    const end = (fields: Pick<Step, 'output' | 'usage' | 'cost' | 'error'>) => {
      const step = { ...base, durationMs: Math.max(0, clock.monotonic() - begun), ...fields };
      steps[slot] = step;
      journal.keep(runId, step);
    };
    try {
      const result = await fn();
      end({
        output: result.output === undefined ? (result.value ?? null) : result.output,
        ...(result.usage === undefined ? {} : { usage: result.usage }),
        ...(result.cost === undefined ? {} : { cost: result.cost }),
      });
      // Nobody hears of the end of a node or a tool that could still be lost. A model can be asked again.
      if (kind !== 'model') await journal.settled();
      return result.value;
    } catch (error) {
      end({ output: null, error: errorRecord(error) });
      throw error;
    }
  };

  const part = (parentId: string, { name, kind, input, output, durationMs }: ToolStep): void => {
    const siblings = steps.filter((step) => step.parentId === parentId).length;
    const startedAt = new Date(clock.now() - durationMs).toISOString();
    const id = `${parentId}.${siblings + 1}`;
    const step: Step = { id, parentId, attempt: 1, name, kind, input, output, startedAt, durationMs };
    steps.push(step);
    journal.keep(runId, step);
  };

  return {
    ...resources,
    runId,
    caller,
    ...(sessionId === undefined ? {} : { sessionId }),
    signal,
    marker,
    own,
    budget,
    ...(personalData.model ? { redactor: createRedactor() } : {}),
    ...(model === undefined ? {} : { model }),
    replayed,
    emit,
    finding(given) {
      const finding = { ...given, message: oneLine(given.message) }; // it may name titles and repeat another system's words
      findings.push(finding);
      emit({ type: 'finding', finding });
    },
    count(name, by = 1) {
      counts[name] = (counts[name] ?? 0) + by;
    },
    counted: (name) => counts[name] ?? 0,
    step: record,
    part,
    usage,
    spentBefore: (id) => counted.has(id),
    findings: () => findings,
    finish({ input, answer, error }) {
      const total = cost();
      const run: Run = {
        id: runId,
        kind: 'answer',
        caller,
        ...(sessionId === undefined ? {} : { sessionId }),
        startedAt,
        durationMs: Math.max(0, clock.monotonic() - started),
        input,
        output: answer,
        steps,
        usage: usage(),
        ...(total === undefined ? {} : { cost: total }),
        counts,
        ...(error === undefined ? {} : { error }),
      };
      return personalData.logs === 'off' ? run : withoutPersonalData(run, personalData.logs === 'all');
    },
  };
}

/** The record with placeholders in what was said and done; ids and times stay. */
function withoutPersonalData(run: Run, all: boolean): Run {
  const redactor = createRedactor(all ? {} : { kinds: ['secret'] });
  const hide = (value: unknown) => redactDeep(value, redactor);
  return {
    ...run,
    input: hide(run.input),
    output: hide(run.output),
    steps: run.steps.map((step) => ({ ...step, input: hide(step.input), output: hide(step.output) })),
  };
}

/**
 * `promise`, or the signal's reason when it aborts first: what ignores its signal cannot hold up a cancelled run.
 */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
    promise.catch(() => undefined); // its failure after an abort has no listener left
  }
}
