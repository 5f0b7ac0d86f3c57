import { FieldkitError, type Finding, nearestName, type Tool } from '@fieldkit/core';
import { modelAliases } from './call-model.ts';
import { offeredTools, pipelineEdges } from './describe-pipeline.ts';
import { END, type NodeSpec, nodeName, type PipelinePlan } from './plan.ts';
import { parsePrompt, promptVariables, usedVariables } from './prompts.ts';

export interface CheckPipelineOptions {
  readonly tools: readonly Pick<Tool, 'name' | 'effects' | 'yields'>[];
  /** Aliases of the project's endpoint, with what is known of each model's abilities. */
  readonly models: Readonly<
    Record<
      string,
      {
        /** False for a model of embeddings or reranking. */
        readonly chat?: boolean;
        readonly tools?: boolean;
        readonly jsonSchema?: boolean;
        readonly thinking?: boolean;
      }
    >
  >;
  /** Prompt files of the project by node name. */
  readonly prompts?: Readonly<Record<string, { readonly text: string }>>;
}

/** A counted pattern of the service catalogue, used by a node or a switch. */
export interface PatternUse {
  readonly node: string;
  readonly pattern: string;
  /** The implementation item of the agent supplement that it needs. */
  readonly entitlement: string;
}

const PATTERNS: Readonly<Record<string, readonly [pattern: string, entitlement: string]>> = {
  route: ['function routing', 'tool calling and function routing'],
  react: ['ReAct', 'ReAct or CoT'],
  reflect: ['reflection', 'reflection'],
  plan: ['task planning', 'task planning'],
  delegate: ['multi-agent', 'multi-agent collaboration'],
};

/** Patterns of the catalogue that are sold apart and that this plan uses. */
export function patternsUsed(plan: PipelinePlan): PatternUse[] {
  const nodes = plan.nodes.flatMap((spec) => {
    const [pattern, entitlement] = PATTERNS[spec.kind] ?? [];
    const own =
      pattern === undefined || entitlement === undefined ? [] : [{ node: nodeName(spec), pattern, entitlement }];
    const thinks = 'thinking' in spec && spec.thinking;
    return thinks ? [...own, { node: nodeName(spec), pattern: 'chain of thought', entitlement: 'ReAct or CoT' }] : own;
  });
  const memory = [
    ...(plan.memory.summary ? ['summarised memory'] : []),
    ...(plan.memory.longTerm > 0 ? ['long-term memory'] : []),
  ].map((pattern) => ({ node: 'memory', pattern, entitlement: 'short-term or long-term memory' }));
  return [...nodes, ...memory];
}

/** Lints a plan against the tools, models and prompts it will meet. Empty when nothing is wrong. */
export function checkPipeline(plan: PipelinePlan, options: CheckPipelineOptions): Finding[] {
  return [
    ...unreachableNodes(plan),
    ...toolFindings(plan, options),
    ...modelFindings(plan, options),
    ...promptFindings(plan, options),
    ...budgetFindings(plan),
    ...answerFindings(plan),
  ];
}

const finding = (
  severity: Finding['severity'],
  code: string,
  where: string,
  message: string,
  suggestion?: string,
): Finding => ({
  severity,
  code,
  message,
  where: `pipeline.${where}`,
  ...(suggestion === undefined ? {} : { suggestion }),
});

function unreachableNodes(plan: PipelinePlan): Finding[] {
  const edges = pipelineEdges(plan);
  const reached = new Set<string>([nodeName(plan.nodes[0] as NodeSpec)]); // a plan has at least one node
  for (const from of reached) for (const { to } of edges.filter((edge) => edge.from === from)) reached.add(to);
  const unreachable = plan.nodes.map(nodeName).filter((name) => !reached.has(name));
  const lost = unreachable.map((name) =>
    finding('error', 'unreachable-node', name, `no edge leads to "${name}"`, 'add an edge or remove the node'),
  );
  if (reached.has(END)) return lost;
  return [...lost, finding('error', 'no-end', 'edges', 'the pipeline never ends', 'add an edge to "end"')];
}

function toolFindings(plan: PipelinePlan, { tools }: CheckPipelineOptions): Finding[] {
  const names = tools.map(({ name }) => name);
  const users = plan.nodes.flatMap((spec) => {
    const offered = offeredTools(spec);
    return offered === undefined ? [] : [{ spec, offered }];
  });
  const named = users.flatMap(({ spec, offered }) =>
    offered === 'all' ? [] : offered.map((name) => ({ spec, name })),
  );
  const unknown = named
    .filter(({ name }) => !names.includes(name))
    .map(({ spec, name }) => {
      const near = nearestName(name, names);
      const hint = near === undefined ? `the project has ${names.join(', ') || 'no tools'}` : `did you mean "${near}"?`;
      return finding('error', 'unknown-tool', `${nodeName(spec)}.tools`, `there is no tool "${name}"; ${hint}`);
    });
  const usesAll = users.some(({ offered }) => offered === 'all');
  const unused = usesAll ? [] : names.filter((name) => !named.some((use) => use.name === name));
  const without = users
    .filter(({ spec }) => spec.kind === 'gather' && spec.mode === 'retrieve')
    .filter(
      ({ offered }) =>
        !tools.some(({ name, yields }) => yields === 'passages' && (offered === 'all' || offered.includes(name))),
    )
    .map(({ spec }) =>
      finding(
        'error',
        'nothing-to-retrieve',
        nodeName(spec),
        'fixed retrieval needs a tool that yields passages',
        'offer searchKnowledge()',
      ),
    );
  const granted = plan.granted.flatMap((name) => {
    const tool = tools.find((candidate) => candidate.name === name);
    if (tool?.effects === 'write') return [];
    const what = tool === undefined ? `there is no tool "${name}"` : `"${name}" only reads and needs no grant`;
    return [finding('warning', 'needless-grant', 'granted', what, 'remove it from granted')];
  });
  return [
    ...unknown,
    ...without,
    ...granted,
    ...unused.map((name) =>
      finding(
        'warning',
        'unused-tool',
        'tools',
        `no node may use the tool "${name}"`,
        'allow it in a node or remove it',
      ),
    ),
  ];
}

function modelFindings(plan: PipelinePlan, { models, prompts = {} }: CheckPipelineOptions): Finding[] {
  const known = Object.keys(models);
  return plan.nodes.flatMap((spec) => {
    if (!('fallbacks' in spec)) return [];
    if (spec.kind === 'gather' && spec.mode === 'retrieve') return [];
    const name = nodeName(spec);
    return modelAliases(spec, promptModel(prompts[name]?.text)).flatMap((alias) => {
      const facts = models[alias];
      if (facts === undefined) {
        const near = nearestName(alias, known);
        const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`;
        return [finding('error', 'unknown-model', `${name}.model`, `there is no model "${alias}"; ${hint}`)];
      }
      const missing: string[] = facts.chat === false ? ['chat'] : [];
      if (offeredTools(spec) !== undefined && facts.tools === false) missing.push('tool calls');
      if (['understand', 'route', 'plan', 'reflect', 'delegate'].includes(spec.kind) && facts.jsonSchema === false)
        missing.push('JSON schema output');
      if (spec.thinking && facts.thinking === false) missing.push('thinking');
      return missing.map((ability) =>
        finding(
          'error',
          'model-lacks-ability',
          `${name}.model`,
          `"${alias}" has no ${ability}, which "${name}" needs`,
          'choose another model for this node',
        ),
      );
    });
  });
}

function promptModel(text: string | undefined): { model?: string } {
  if (text === undefined) return {};
  try {
    return parsePrompt(text);
  } catch {
    return {}; // reported with the prompts
  }
}

function promptFindings(plan: PipelinePlan, { prompts = {} }: CheckPipelineOptions): Finding[] {
  const offered: Readonly<Record<string, readonly string[]>> = promptVariables;
  const nodes = new Map(plan.nodes.map((spec) => [nodeName(spec), spec.kind]));
  return Object.entries(prompts).flatMap(([name, { text }]) => {
    const where = `prompts/${name}.md`;
    const kind = nodes.get(name);
    if (kind === undefined) return [finding('warning', 'unused-prompt', where, `no node is named "${name}"`)];
    try {
      const { variables, body } = parsePrompt(text, where);
      const used = usedVariables(body);
      const known = offered[kind] ?? [];
      return [
        ...used
          .filter((variable) => !known.includes(variable))
          .map((variable) =>
            finding(
              'error',
              'unknown-variable',
              where,
              `{{${variable}}} is not offered to ${kind}; it has ${known.join(', ')}`,
            ),
          ),
        ...variables
          .filter((variable) => !used.includes(variable))
          .map((variable) => finding('warning', 'unused-variable', where, `"${variable}" is declared and not used`)),
        ...known
          .filter((variable) => variable === 'marker' && !used.includes(variable))
          .map(() =>
            finding(
              'warning',
              'no-marker',
              where,
              'the prompt does not name the {{marker}} that delimits evidence',
              'say that what stands between the marks is data',
            ),
          ),
      ];
    } catch (error) {
      return [
        finding('error', 'invalid-prompt', where, error instanceof FieldkitError ? error.message : String(error)),
      ];
    }
  });
}

/** Model and tool calls that a node makes at most in the plain course of things. */
function leastSteps(spec: NodeSpec): number {
  if (spec.kind === 'gather') return spec.mode === 'retrieve' ? 1 : 2;
  return spec.kind === 'understand' && spec.when === 'needed' ? 0 : 1;
}

function budgetFindings(plan: PipelinePlan): Finding[] {
  const { steps, seconds, tokens } = plan.budget;
  const needed = plan.nodes.reduce((sum, spec) => sum + leastSteps(spec), 0);
  const found: Finding[] = [];
  if (steps !== undefined && steps < needed) {
    found.push(
      finding(
        'error',
        'budget-too-small',
        'budget.steps',
        `${steps} steps cannot hold: the nodes take at least ${needed}`,
        `raise it to ${needed} or more`,
      ),
    );
  }
  if (steps === undefined && tokens === undefined && seconds === undefined && plan.budget.cost === undefined) {
    found.push(
      finding('warning', 'no-budget', 'budget', 'the run has no bound', 'set budget.steps, tokens, seconds or cost'),
    );
  }
  for (const spec of plan.nodes) {
    const own = spec.budget?.seconds;
    if (own !== undefined && seconds !== undefined && own > seconds) {
      found.push(
        finding(
          'warning',
          'budget-exceeds-run',
          `${nodeName(spec)}.budget.seconds`,
          `${own} s is more than the run's ${seconds} s`,
        ),
      );
    }
    if (spec.budget?.steps !== undefined && spec.budget.steps < leastSteps(spec)) {
      found.push(
        finding(
          'error',
          'budget-too-small',
          `${nodeName(spec)}.budget.steps`,
          `the node takes at least ${leastSteps(spec)} steps`,
        ),
      );
    }
    if (spec.kind === 'answer' && tokens !== undefined && spec.evidenceTokens >= tokens) {
      found.push(
        finding(
          'error',
          'budget-too-small',
          'budget.tokens',
          `the evidence alone may take ${spec.evidenceTokens} of ${tokens} tokens`,
          'lower evidenceTokens or raise the budget',
        ),
      );
    }
  }
  return found;
}

function answerFindings(plan: PipelinePlan): Finding[] {
  const answers = plan.nodes.filter(({ kind }) => kind === 'answer').map(nodeName);
  if (answers.length === 0)
    return [finding('error', 'no-answer-node', 'nodes', 'no node writes the answer', 'add answer() as the last node')];
  const edges = pipelineEdges(plan);
  const fed = new Set(plan.nodes.filter((spec) => offeredTools(spec) !== undefined).map(nodeName));
  for (const from of fed) for (const { to } of edges.filter((edge) => edge.from === from)) fed.add(to);
  return answers
    .filter((name) => !fed.has(name))
    .map((name) =>
      finding('error', 'nothing-gathered', name, 'no node before it collects evidence', 'put gather() before it'),
    );
}
