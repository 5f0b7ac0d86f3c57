import {
  type Budget,
  type ChatCompletion,
  type ChatEvent,
  type ChatRequest,
  type Cost,
  createBudget,
  type ErrorCode,
  FieldkitError,
  isFieldkitError,
  type ToolCall,
  toFieldkitError,
} from '@fieldkit/core';
import type { NodeSpec } from './plan.ts';
import { limitsOf, nodeName } from './plan.ts';
import type { Prompt } from './prompts.ts';
import type { RunContext } from './run-context.ts';

/** What a node sees of its run. */
export interface NodeContext<S extends { readonly kind: string } = NodeSpec> {
  readonly run: RunContext;
  readonly spec: S;
  readonly name: string;
  /** Of the node's own step; steps below it take `childId`. */
  readonly stepId: string;
  /** Aborts with the run, and when the node's time is over. */
  readonly signal: AbortSignal;
  readonly prompt: Prompt;
  /** @throws {FieldkitError} `BUDGET_EXCEEDED` when a bound of the run or the node is reached, or what is expected does not fit into what is left. */
  checkBudget(expected?: Cost): void;
  /** The same for what costs neither tokens nor money. */
  checkToolBudget(): void;
  spend(amount: { steps?: number; tokens?: number; cost?: Cost }): void;
  /** Steps that the tighter of the two budgets still allows. */
  stepsLeft(): number;
  /** The same ids in the same order whenever the node runs again. */
  childId(kind: 'm' | 't'): string;
}

export function createNodeContext<S extends NodeSpec>(
  run: RunContext,
  spec: S,
  stepId: string,
  prompt: Prompt,
  /** Aborts when the node's time is over. */
  timeout: AbortSignal,
): NodeContext<S> {
  const nodeBudget: Budget = createBudget(limitsOf(spec.budget), run.clock);
  const counters = { m: 0, t: 0 };
  const left = (limit: number | undefined, budget: Budget) =>
    limit === undefined ? Number.POSITIVE_INFINITY : limit - budget.spent().steps;
  return {
    run,
    spec,
    name: nodeName(spec),
    stepId,
    signal: AbortSignal.any([run.signal, timeout]),
    prompt,
    checkBudget(expected) {
      run.budget.check(expected);
      nodeBudget.check(expected);
    },
    checkToolBudget() {
      for (const budget of [run.budget, nodeBudget]) {
        const bound = budget.exceeded();
        if (bound === 'steps' || bound === 'seconds') budget.check();
      }
    },
    spend(amount) {
      run.budget.spend(amount);
      nodeBudget.spend(amount);
    },
    stepsLeft: () => Math.min(left(run.plan.budget.steps, run.budget), left(spec.budget?.steps, nodeBudget)),
    childId(kind) {
      counters[kind] += 1;
      return `${stepId}.${kind}${counters[kind]}`;
    },
  };
}

/** Fields of a node spec that choose and set a model. */
export interface ModelChoice {
  readonly kind: string;
  readonly model?: string | undefined;
  readonly fallbacks: readonly string[];
  readonly thinking: boolean;
  readonly temperature?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
}

/** Failures that another model may not have. */
const TRY_ANOTHER: ReadonlySet<ErrorCode> = new Set([
  'MODEL_UNREACHABLE',
  'MODEL_NOT_FOUND',
  'MODEL_RATE_LIMITED',
  'MODEL_QUOTA_EXHAUSTED',
  'MODEL_OVERLOADED',
  'MODEL_STREAM_BROKEN',
  'MODEL_INVALID_RESPONSE',
  'MODEL_CONTENT_REFUSED',
  'TIMED_OUT',
]);

/** Aliases of a node's model and its fallbacks, in the order they are tried. */
export function modelAliases(spec: Pick<ModelChoice, 'model' | 'fallbacks'>, prompt: Pick<Prompt, 'model'>): string[] {
  return [spec.model ?? prompt.model ?? 'chat', ...spec.fallbacks];
}

/**
 * One model call of a node: bounded, recorded, with fallbacks. A fallback is tried only while nothing was passed to `onText`.
 *
 * @throws {FieldkitError} `BUDGET_EXCEEDED` before the call, or the code of the last model's failure.
 */
export async function callModel(
  context: NodeContext<ModelChoice & NodeSpec>,
  request: Omit<ChatRequest, 'temperature' | 'thinking' | 'maxOutputTokens'>,
  onText?: (delta: string) => Promise<void> | void,
): Promise<ChatCompletion> {
  const { run, spec, prompt, signal } = context;
  const temperature = spec.temperature ?? prompt.temperature;
  const full: ChatRequest = {
    ...request,
    thinking: spec.thinking,
    ...(temperature === undefined ? {} : { temperature }),
    ...(spec.maxOutputTokens === undefined ? {} : { maxOutputTokens: spec.maxOutputTokens }),
  };
  const id = context.childId('m');
  const aliases = run.model === undefined ? modelAliases(spec, prompt) : [run.model];
  let heard = false;
  for (let index = 0; ; index += 1) {
    const alias = aliases[index] ?? 'chat';
    try {
      return await callOne(context, { id, alias, attempt: index + 1 }, full, async (delta) => {
        heard = true;
        await onText?.(delta);
      });
    } catch (thrown) {
      const error = toFieldkitError(thrown);
      const next = aliases[index + 1];
      if (next === undefined || heard || signal.aborted || !TRY_ANOTHER.has(error.code)) throw error;
      run.count('modelFallbacks');
      run.finding({
        severity: 'warning',
        code: 'model-fallback',
        message: `${context.name}: the model "${alias}" failed (${error.code}); "${next}" answers instead`,
        where: context.name,
      });
    }
  }
}

/** What the journal keeps of a model call. */
interface JournalledCall {
  readonly alias: string;
  readonly completion: ChatCompletion;
}

async function callOne(
  context: NodeContext<ModelChoice & NodeSpec>,
  call: { readonly id: string; readonly alias: string; readonly attempt: number },
  request: ChatRequest,
  onText: (delta: string) => Promise<void>,
): Promise<ChatCompletion> {
  const { run, signal, stepId } = context;
  const { id, attempt } = call;
  const recalled = await run.journal.recall<JournalledCall>(run.runId, id);
  const alias = recalled.state === 'done' ? recalled.value.alias : call.alias;
  const inMoney = (run.plan.budget.cost ?? context.spec.budget?.cost) !== undefined;
  if (recalled.state !== 'done') context.checkBudget(inMoney ? run.models(alias).expectedCost?.(request) : undefined);
  const { tools, output, ...rest } = request;
  const input = {
    model: alias,
    prompt: context.prompt.version,
    ...rest,
    ...(tools === undefined ? {} : { tools: tools.map(({ name }) => name) }),
    ...(output === undefined ? {} : { output: output.name }),
  };
  const booked = run.spentBefore(id);
  if (!booked) context.spend({ steps: 1 });
  const completion = await run.step<ChatCompletion>(
    { id: attempt === 1 ? id : `${id}.${attempt}`, parentId: stepId, attempt, name: alias, kind: 'model', input },
    async () => {
      if (recalled.state === 'done') {
        await onText(recalled.value.completion.text);
        return modelResult(recalled.value.completion);
      }
      const model = run.models(alias);
      const heard = await listen(model.chat(withoutPersonalData(request, run), { signal }), model.name, signal, onText);
      const value = withPersonalData(heard, run);
      run.journal.finish(run.runId, id, { alias, completion: value } satisfies JournalledCall);
      return modelResult(value);
    },
  );
  const { usage, cost } = completion;
  if (!booked)
    context.spend({ tokens: usage.inputTokens + usage.outputTokens, ...(cost === undefined ? {} : { cost }) });
  for (const finding of completion.findings) run.finding(finding);
  run.emit({
    type: 'usage',
    stepId: id,
    node: context.name,
    model: completion.model,
    usage,
    ...(cost === undefined ? {} : { cost }),
  });
  return completion;
}

/** What goes to the endpoint: placeholders when the plan says so. */
function withoutPersonalData(request: ChatRequest, { redactor }: RunContext): ChatRequest {
  if (redactor === undefined) return request;
  const messages = request.messages.map((message) => ({ ...message, content: redactor.redact(message.content) }));
  return { ...request, messages };
}

/** A tool needs the real value, and so does whoever reads JSON; prose is restored where it is released. */
function withPersonalData(value: ChatCompletion, { redactor }: RunContext): ChatCompletion {
  if (redactor === undefined) return value;
  const toolCalls = value.toolCalls.map((call) => ({ ...call, arguments: redactor.restore(call.arguments) }));
  return { ...value, text: redactor.restore(value.text), toolCalls };
}

function modelResult(value: ChatCompletion) {
  const { text, reasoning, toolCalls, reason, model, requestId, findings, usage, cost } = value;
  return {
    value,
    output: {
      text,
      ...(reasoning === '' ? {} : { reasoning }),
      ...(toolCalls.length === 0 ? {} : { toolCalls }),
      reason,
      model,
      ...(requestId === undefined ? {} : { requestId }),
      // repairs, retries, a change of the route
      ...(findings.length === 0 ? {} : { findings }),
    },
    usage,
    ...(cost === undefined ? {} : { cost }),
  };
}

/** Reads a stream to its end, handing on text as it comes; an abort ends the wait even when the model ignores it. */
async function listen(
  events: AsyncIterable<ChatEvent>,
  name: string,
  signal: AbortSignal,
  onText: (delta: string) => Promise<void>,
): Promise<ChatCompletion> {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const toolCalls: ToolCall[] = [];
  const findings: ChatCompletion['findings'][number][] = [];
  for await (const event of events) {
    signal.throwIfAborted();
    if (event.type === 'text-delta') {
      texts.push(event.text);
      await onText(event.text);
    } else if (event.type === 'reasoning-delta') thoughts.push(event.text);
    else if (event.type === 'tool-call') toolCalls.push(event.call);
    else if (event.type === 'finding') findings.push(event.finding);
    else {
      const { type: _, ...end } = event;
      return { text: texts.join(''), reasoning: thoughts.join(''), toolCalls, findings, ...end };
    }
  }
  throw new FieldkitError('MODEL_STREAM_BROKEN', `${name} ended its answer without a finish event; try again`);
}

/** Whether a failure is the end of a budget, by its own error or by the run's clock. */
export function isOverBudget(error: unknown, run: RunContext): boolean {
  return isFieldkitError(error, 'BUDGET_EXCEEDED') || run.budget.exceeded() === 'seconds';
}
