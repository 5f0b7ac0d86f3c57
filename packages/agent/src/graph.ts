import { detectLanguage, errorRecord, FieldkitError } from '@fieldkit/core';
import { Annotation, type BaseCheckpointSaver, type Checkpoint, Command, StateGraph } from '@langchain/langgraph';
import { createNodeContext, type NodeContext } from './call-model.ts';
import { startDeadline } from './deadline.ts';
import { brokenPolicies } from './guards.ts';
import { runAnswer } from './nodes/answer.ts';
import { runDelegate } from './nodes/delegate.ts';
import { runGather } from './nodes/gather.ts';
import { runPlan } from './nodes/plan.ts';
import { runReact } from './nodes/react.ts';
import { runReflect } from './nodes/reflect.ts';
import { runRoute } from './nodes/route.ts';
import { runUnderstand } from './nodes/understand.ts';
import { plainSentence } from './plain-sentences.ts';
import { type EdgeCondition, END, type NodeSpec, nodeName, type PipelinePlan } from './plan.ts';
import type { Prompt } from './prompts.ts';
import type { RunContext } from './run-context.ts';
import type { AgentState, StatePatch } from './state.ts';

/** How each kind of node runs. One line per kind. */
const runners: { [K in NodeSpec['kind']]: NodeRunner<Extract<NodeSpec, { kind: K }>> } = {
  understand: runUnderstand,
  gather: runGather,
  answer: runAnswer,
  route: runRoute,
  react: runReact,
  reflect: runReflect,
  plan: runPlan,
  delegate: runDelegate,
};

type NodeRunner<S extends NodeSpec> = (state: AgentState, context: NodeContext<S>) => Promise<StatePatch>;

/** A compiled pipeline. */
export interface PipelineGraph {
  /** Runs from the start, or goes on from the run's last checkpoint when `input` is undefined. */
  invoke(runId: string, input: AgentState | undefined): Promise<AgentState>;
}

/** The whole state is one channel: LangGraph's work for each step grows with their number. Nodes run one after the other. */
const stateChannels = Annotation.Root({ state: Annotation<AgentState> });
type Channels = typeof stateChannels.State;

/** Whether a checkpoint holds a state that the graph can go on from. */
export function hasState({ checkpoint }: { readonly checkpoint: Checkpoint }): boolean {
  return checkpoint.channel_values.state !== undefined;
}

/**
 * Takes the place of LangChain's callback manager and of LangSmith's tracer under its own name, so that none is made whatever the environment
 * says: what a customer asks leaves the machine only for the endpoint of the configuration. It listens to nothing, and costs nothing.
 */
const quietTracer = { name: 'langchain_tracer', getRunTreeWithTracingConfig: () => undefined };
const quiet = {
  handlers: [quietTracer],
  inheritableHandlers: [quietTracer],
  tags: [],
  inheritableTags: [],
  metadata: {},
  inheritableMetadata: {},
  copy: () => quiet,
  getChild: () => quiet,
  getParentRunId: () => 'quiet',
  addHandler: () => {},
  removeHandler: () => {},
  addTags: () => {},
  addMetadata: () => {},
  handleChainStart: async () => quiet,
  handleChainEnd: async () => {},
  handleChainError: async () => {},
};

/** Compiles the plan to a LangGraph state graph. `runOf` finds the run that a thread id belongs to. */
export function compilePipeline(
  plan: PipelinePlan,
  runOf: (runId: string) => RunContext,
  checkpoints: BaseCheckpointSaver | undefined,
): PipelineGraph {
  // Node names are known at run time only; LangGraph's types take names that are literals of the program. `LooseGraph` is what is used of it.
  const graph = new StateGraph(stateChannels) as unknown as LooseGraph;
  const ends = [...plan.nodes.map(nodeName), '__end__'];
  for (const [index, spec] of plan.nodes.entries()) {
    // A node says itself where to go: a conditional edge would read the whole state anew for that.
    const run = async ({ state }: Channels, config: NodeConfig): Promise<unknown> => {
      const patch = await runNode(spec, state, runOf(threadOf(config)));
      const next = { ...state, ...patch };
      return new Command({ update: { state: next }, goto: nextNode(plan, index, next) });
    };
    graph.addNode(nodeName(spec), run, { ends });
  }
  const first = nodeName(plan.nodes[0] as NodeSpec); // a plan has at least one node
  graph.addConditionalEdges('__start__', ({ state }) => state.entry ?? first);
  const compiled = graph.compile(checkpoints === undefined ? {} : { checkpointer: checkpoints });
  const recursionLimit = plan.nodes.length * 12 + 10;
  return {
    async invoke(runId, input) {
      const how = { configurable: { thread_id: runId }, callbacks: quiet, recursionLimit, durability: 'exit' };
      const { state } = await compiled.invoke(input === undefined ? null : { state: input }, how);
      return state;
    },
  };
}

/** `StateGraph` with names that are any string; the same methods, which take them as they are (agent.test.ts runs every kind of plan on it). */
interface LooseGraph {
  addNode(name: string, run: (channels: Channels, config: NodeConfig) => Promise<unknown>, options: object): void;
  addConditionalEdges(from: string, next: (channels: Channels) => string): void;
  compile(options: { checkpointer?: BaseCheckpointSaver }): {
    invoke(input: Channels | null, options: object): Promise<Channels>;
  };
}

interface NodeConfig {
  readonly configurable?: { readonly thread_id?: unknown };
}

function threadOf(config: NodeConfig): string {
  return String(config.configurable?.thread_id);
}

async function runNode(spec: NodeSpec, state: AgentState, run: RunContext): Promise<StatePatch & { visits: number }> {
  const node = nodeName(spec);
  const visits = state.visits + 1;
  const stepId = `${run.runId}/n${visits}`;
  const begun = run.clock.monotonic();
  const end = (error?: { code: string; message: string }) =>
    run.emit({
      type: 'node-end',
      stepId,
      node,
      kind: spec.kind,
      durationMs: Math.max(0, run.clock.monotonic() - begun),
      ...(error === undefined ? {} : { error }),
    });
  run.emit({ type: 'node-start', stepId, node, kind: spec.kind });
  try {
    run.signal.throwIfAborted();
    const input = { question: state.question, evidence: state.evidence.length };
    const patch = await run.step({ id: stepId, name: node, kind: 'node', input }, async () => ({
      value: (visits === 1 ? refusedInput(state, run) : undefined) ?? (await withinTime(spec, state, run, stepId)),
    }));
    end();
    return { ...patch, visits };
  } catch (error) {
    const { code, message } = errorRecord(error);
    end({ code, message });
    throw error;
  }
}

/** A refusal when the question breaks a policy that says so; every broken policy is a finding. */
function refusedInput({ question }: AgentState, run: RunContext): StatePatch | undefined {
  const broken = brokenPolicies(run.plan.guards.policies, 'input', question);
  for (const { name, action } of broken) {
    const what = action === 'refuse' ? 'the question was refused' : 'the question breaks it';
    run.finding({ severity: 'warning', code: 'input-policy', message: `policy "${name}": ${what}` });
  }
  if (!broken.some(({ action }) => action === 'refuse')) return undefined;
  const text = plainSentence('outOfScope', detectLanguage(question));
  run.emit({ type: 'text-delta', text });
  return { outcome: { text, citations: [], status: 'refused' } };
}

async function withinTime(spec: NodeSpec, state: AgentState, run: RunContext, stepId: string): Promise<StatePatch> {
  const deadline = startDeadline(spec.timeoutMs);
  try {
    return await runKind(spec, state, run, stepId, deadline.signal);
  } finally {
    deadline.end();
  }
}

function runKind(
  spec: NodeSpec,
  state: AgentState,
  run: RunContext,
  stepId: string,
  timeout: AbortSignal,
): Promise<StatePatch> {
  const prompt = promptOf(run, spec);
  switch (spec.kind) {
    case 'understand':
      return runners.understand(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'gather':
      return runners.gather(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'answer':
      return runners.answer(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'route':
      return runners.route(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'react':
      return runners.react(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'reflect':
      return runners.reflect(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'plan':
      return runners.plan(state, createNodeContext(run, spec, stepId, prompt, timeout));
    case 'delegate':
      return runners.delegate(state, createNodeContext(run, spec, stepId, prompt, timeout));
  }
}

function promptOf(run: RunContext, spec: NodeSpec): Prompt {
  const prompt = run.prompts[nodeName(spec)] ?? run.prompts[spec.kind];
  if (prompt !== undefined) return prompt;
  throw new FieldkitError(
    'INVALID_CONFIG',
    `the node "${nodeName(spec)}" has no prompt; write prompts/${nodeName(spec)}.md`,
  );
}

/** The first edge whose condition holds; without edges the next node. A refusal or a failure ends the pipeline. */
export function nextNode(plan: PipelinePlan, index: number, state: AgentState): string {
  const spec = plan.nodes[index];
  if (spec === undefined) return '__end__';
  if ((spec.kind === 'route' || spec.kind === 'reflect') && state.next !== undefined) return state.next;
  const edges = plan.edges.filter(({ from }) => from === nodeName(spec));
  const taken = edges.find(({ when }) => when === undefined || holds(when, state));
  if (taken !== undefined) return taken.to === END ? '__end__' : taken.to;
  if (state.outcome?.status === 'refused' || state.outcome?.status === 'failed') return '__end__';
  const next = plan.nodes[index + 1];
  return next === undefined ? '__end__' : nodeName(next);
}

function holds(when: EdgeCondition, { understanding, evidence, outcome }: AgentState): boolean {
  return (
    (when.intent === undefined || when.intent === understanding?.intent) &&
    (when.evidence === undefined || when.evidence === evidence.length > 0) &&
    (when.status === undefined || when.status === outcome?.status) &&
    (when.language === undefined || when.language === understanding?.language)
  );
}
