import { type EdgeCondition, END, type NodeSpec, nodeName, type PipelinePlan } from './plan.ts';

/** A plan for people: a Mermaid flow chart and a table in Markdown. */
export interface PipelineDescription {
  readonly mermaid: string;
  readonly table: string;
}

/** The edges as they are taken: explicit ones, and the step to the next node where a node has no unconditional edge. */
export function pipelineEdges(
  plan: PipelinePlan,
): { from: string; to: string; when?: EdgeCondition; implied: boolean }[] {
  return plan.nodes.flatMap((spec, index) => {
    const from = nodeName(spec);
    const own = plan.edges.filter((edge) => edge.from === from);
    const explicit = own.map(({ to, when }) => ({ from, to, ...(when === undefined ? {} : { when }), implied: false }));
    const targets = spec.kind === 'route' ? Object.keys(spec.to) : spec.kind === 'reflect' ? [spec.back] : [];
    const chosen = targets.map((to) => ({ from, to, implied: true }));
    if (spec.kind === 'route') return chosen;
    if (own.some(({ when }) => when === undefined)) return [...explicit, ...chosen];
    const next = plan.nodes[index + 1];
    return [...explicit, ...chosen, { from, to: next === undefined ? END : nodeName(next), implied: true }];
  });
}

/** Prints the plan; what is printed is what runs. */
export function describePipeline(plan: PipelinePlan): PipelineDescription {
  const id = (name: string) => `n_${name.replaceAll('-', '_')}`;
  const lines = [
    'flowchart TD',
    `  n_start([question]) --> ${id(nodeName(plan.nodes[0] as NodeSpec))}`, // a plan has at least one node
    ...plan.nodes.map((spec) => `  ${id(nodeName(spec))}["${label(spec)}"]`),
    ...pipelineEdges(plan).map(({ from, to, when }) => {
      const text = when === undefined ? '' : `|${conditionText(when)}|`;
      return `  ${id(from)} -->${text} ${id(to)}`;
    }),
    '  n_end([answer])',
  ];
  const head = ['Node', 'Kind', 'Model', 'Thinking', 'Tools', 'Bounds'];
  const rows = plan.nodes.map((spec) => [
    nodeName(spec),
    spec.kind,
    modelText(spec),
    'thinking' in spec ? (spec.thinking ? 'yes' : 'no') : '',
    toolsText(offeredTools(spec)),
    boundsText(spec),
  ]);
  const table = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  return { mermaid: lines.join('\n'), table };
}

/** Names of the tools that a node may call, `all`, or undefined for a node that calls none. */
export function offeredTools(spec: NodeSpec): 'all' | readonly string[] | undefined {
  if (spec.kind === 'delegate') return [...new Set(Object.values(spec.specialists).flatMap(({ tools }) => tools))];
  if (spec.kind === 'gather' || spec.kind === 'react' || spec.kind === 'plan') return spec.tools ?? 'all';
  return undefined;
}

function toolsText(tools: ReturnType<typeof offeredTools>): string {
  return tools === undefined ? '' : tools === 'all' ? 'all' : tools.join(', ');
}

function label(spec: NodeSpec): string {
  const name = nodeName(spec);
  return name === spec.kind ? name : `${name} (${spec.kind})`;
}

function modelText(spec: NodeSpec): string {
  if (spec.kind === 'gather' && spec.mode === 'retrieve') return 'none';
  if (!('fallbacks' in spec)) return 'none';
  return [spec.model ?? 'chat', ...spec.fallbacks].join(', then ');
}

function boundsText(spec: NodeSpec): string {
  const { steps, tokens, seconds, cost } = spec.budget ?? {};
  const bounds = [
    steps === undefined ? '' : `${steps} steps`,
    tokens === undefined ? '' : `${tokens} tokens`,
    seconds === undefined ? '' : `${seconds} s`,
    cost === undefined ? '' : `${cost.microUnits / 1e6} ${cost.currency}`,
    spec.kind === 'gather' ? `${spec.rounds} rounds, ${spec.maxCalls} calls` : '',
    `${spec.timeoutMs / 1000} s timeout`,
  ];
  return bounds.filter((bound) => bound !== '').join('; ');
}

function conditionText(when: EdgeCondition): string {
  const parts = Object.entries(when).filter(([, value]) => value !== undefined);
  return parts.map(([key, value]) => `${key} = ${String(value)}`).join(' and ');
}
