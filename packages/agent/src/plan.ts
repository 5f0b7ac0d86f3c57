import { type BudgetLimits, costSchema, FieldkitError, nearestName } from '@fieldkit/core';
import { z } from 'zod';
import { guardsSchema } from './guards.ts';

/** Bounds of a run or of one node. An absent field is unbounded. */
export const limitsSchema = z.strictObject({
  /** Model and tool calls. */
  steps: z.number().int().min(1).optional(),
  /** Input and output tokens of all model calls. */
  tokens: z.number().int().min(1).optional(),
  /** Wall time. */
  seconds: z.number().positive().optional(),
  cost: costSchema.optional(),
});

/** Limits without the fields that are absent. */
export function limitsOf(limits: z.infer<typeof limitsSchema> = {}): BudgetLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

const nodeFields = {
  /** Unique in the pipeline; names the prompt file `prompts/NAME.md`. Default: the kind. */
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'a node name has lower-case letters, digits and hyphens')
    .optional(),
  /** Bounds of this node alone, inside those of the run. */
  budget: limitsSchema.optional(),
  /** Default 60,000 ms. */
  timeoutMs: z.number().int().min(1).default(60_000),
};

const modelFields = {
  /** Alias of a model of the project's endpoint. Default: the prompt's front matter, then `chat`. */
  model: z.string().min(1).optional(),
  /** Aliases tried in order when the model cannot be reached, is overloaded or is gone. */
  fallbacks: z.array(z.string().min(1)).default([]),
  /** Default false. */
  thinking: z.boolean().default(false),
  /** 0 to 2. Default: the prompt's front matter, then the endpoint's. */
  temperature: z.number().min(0).max(2).optional(),
  /** Reasoning and answer together, in tokens. Default: the model's. */
  maxOutputTokens: z.number().int().min(1).optional(),
};

export const understandSpecSchema = z.strictObject({
  kind: z.literal('understand'),
  ...nodeFields,
  ...modelFields,
  /** `needed`: a model is asked only when there is history, several questions, or a scope to judge. Default `needed`. */
  when: z.enum(['needed', 'always']).default('needed'),
  /** What the agent is for, in one sentence. Without it nothing is out of scope. */
  scope: z.string().optional(),
  /** Intents by name, with a sentence each; the model names one, and edges may branch on it. */
  intents: z.record(z.string(), z.string()).optional(),
  /** Metadata keys that a question may restrict the search to, such as `uri` or `date`. Default none. */
  filters: z.array(z.string()).default([]),
});

export const gatherSpecSchema = z.strictObject({
  kind: z.literal('gather'),
  ...nodeFields,
  ...modelFields,
  /** `tools`: the model chooses calls. `retrieve`: every passage tool is called with the question, no model call. Default `tools`. */
  mode: z.enum(['tools', 'retrieve']).default('tools'),
  /** Names of the tools offered. Default: all. */
  tools: z.array(z.string()).optional(),
  /** Rounds of tool calls at most; a further round follows only when the one before found too little. 1 to 10, default 2. */
  rounds: z.number().int().min(1).max(10).default(2),
  /** Tool calls at most, over all rounds. Default 8. */
  maxCalls: z.number().int().min(1).default(8),
  /** Calls at a time. Default 4. */
  concurrency: z.number().int().min(1).max(32).default(4),
});

export const answerSpecSchema = z.strictObject({
  kind: z.literal('answer'),
  ...nodeFields,
  ...modelFields,
  /** Evidence shown to the model, in estimated tokens. Default 6,000. */
  evidenceTokens: z.number().int().min(100).default(6_000),
  /** Sentences that may be asked for again when their citation fails, per answer. Default 2. */
  repairs: z.number().int().min(0).max(20).default(2),
});

const toolFields = {
  /** Names of the tools offered. Default: all. */
  tools: z.array(z.string()).optional(),
  /** Tool calls at most, over all rounds. Default 12. */
  maxCalls: z.number().int().min(1).default(12),
  /** Calls at a time. Default 4. */
  concurrency: z.number().int().min(1).max(32).default(4),
};

export const routeSpecSchema = z.strictObject({
  kind: z.literal('route'),
  ...nodeFields,
  ...modelFields,
  /** Nodes to choose from, each with a sentence that says when. The first is taken when the model names none. */
  to: z.record(z.string(), z.string()).refine((to) => Object.keys(to).length > 0, 'name at least one node'),
});

export const reactSpecSchema = z.strictObject({
  kind: z.literal('react'),
  ...nodeFields,
  ...modelFields,
  ...toolFields,
  /** Rounds at most. Default 8. */
  rounds: z.number().int().min(1).max(50).default(8),
});

export const reflectSpecSchema = z.strictObject({
  kind: z.literal('reflect'),
  ...nodeFields,
  ...modelFields,
  /** Least part of the model's sentences that the evidence supported, 0 to 1. Default 0.8. */
  groundedness: z.number().min(0).max(1).default(0.8),
  /** Least relevance of the answer as a model judges it, 0 to 1. Default 0.6. */
  relevance: z.number().min(0).max(1).default(0.6),
  /** The node to go back to. Default: `gather`. */
  back: z.string().default('gather'),
  /** Times it goes back at most. Default 1. */
  loops: z.number().int().min(1).max(5).default(1),
});

export const planSpecSchema = z.strictObject({
  kind: z.literal('plan'),
  ...nodeFields,
  ...modelFields,
  ...toolFields,
  /** Tasks at most. Default 5. */
  maxTasks: z.number().int().min(1).max(20).default(5),
  /** Rounds of tool calls for each task. Default 2. */
  rounds: z.number().int().min(1).max(10).default(2),
  /** Times a task that found nothing is planned anew. Default 1. */
  replans: z.number().int().min(0).max(5).default(1),
});

export const delegateSpecSchema = z.strictObject({
  kind: z.literal('delegate'),
  ...nodeFields,
  ...modelFields,
  /** Specialists by name: what each is for, its tools and its bounds. */
  specialists: z
    .record(
      z.string(),
      z.strictObject({
        description: z.string().min(1),
        tools: z.array(z.string()).min(1),
        /** Default 2. */
        rounds: z.number().int().min(1).max(10).default(2),
        /** Default 4. */
        maxCalls: z.number().int().min(1).default(4),
      }),
    )
    .refine((specialists) => Object.keys(specialists).length > 0, 'name at least one specialist'),
  concurrency: toolFields.concurrency,
});

export const nodeSpecSchema = z.discriminatedUnion('kind', [
  understandSpecSchema,
  gatherSpecSchema,
  answerSpecSchema,
  routeSpecSchema,
  reactSpecSchema,
  reflectSpecSchema,
  planSpecSchema,
  delegateSpecSchema,
]);

export type RouteSpec = Readonly<z.infer<typeof routeSpecSchema>>;
export type ReactSpec = Readonly<z.infer<typeof reactSpecSchema>>;
export type ReflectSpec = Readonly<z.infer<typeof reflectSpecSchema>>;
export type PlanSpec = Readonly<z.infer<typeof planSpecSchema>>;
export type DelegateSpec = Readonly<z.infer<typeof delegateSpecSchema>>;
export type UnderstandSpec = Readonly<z.infer<typeof understandSpecSchema>>;
export type GatherSpec = Readonly<z.infer<typeof gatherSpecSchema>>;
export type AnswerSpec = Readonly<z.infer<typeof answerSpecSchema>>;
export type NodeSpec = Readonly<z.infer<typeof nodeSpecSchema>>;

export type UnderstandOptions = Readonly<Omit<z.input<typeof understandSpecSchema>, 'kind'>>;
export type GatherOptions = Readonly<Omit<z.input<typeof gatherSpecSchema>, 'kind'>>;
export type AnswerOptions = Readonly<Omit<z.input<typeof answerSpecSchema>, 'kind'>>;

/** Makes the question stand alone, finds its language, its parts and whether it is in scope. Costs a model call only when needed. */
export function understand(options: UnderstandOptions = {}): UnderstandSpec {
  return parseSpec(understandSpecSchema, 'understand', options);
}

/** Collects evidence with tools chosen by the model, or by plain retrieval. */
export function gather(options: GatherOptions = {}): GatherSpec {
  return parseSpec(gatherSpecSchema, 'gather', options);
}

/** Writes the answer from the evidence; every sentence is checked before it is released. */
export function answer(options: AnswerOptions = {}): AnswerSpec {
  return parseSpec(answerSpecSchema, 'answer', options);
}

type Options<T extends z.ZodType> = Readonly<Omit<z.input<T>, 'kind'>>;

/** Pattern "function routing": a model chooses the next node. */
export function route(options: Options<typeof routeSpecSchema>): RouteSpec {
  return parseSpec(routeSpecSchema, 'route', options);
}

/** Pattern "ReAct": tool rounds until the model says that it is done, inside the bounds. Stands in place of `gather`. */
export function react(options: Options<typeof reactSpecSchema> = {}): ReactSpec {
  return parseSpec(reactSpecSchema, 'react', options);
}

/** Pattern "reflection": judges the answer before anybody sees it, and goes back for more when it is not good enough. */
export function reflect(options: Options<typeof reflectSpecSchema> = {}): ReflectSpec {
  return parseSpec(reflectSpecSchema, 'reflect', options);
}

/** Pattern "task planning": the question as tasks that build on each other. Stands in place of `gather`. */
export function plan(options: Options<typeof planSpecSchema> = {}): PlanSpec {
  return parseSpec(planSpecSchema, 'plan', options);
}

/** Pattern "multi-agent": a supervisor gives parts of the question to specialists. Stands in place of `gather`. */
export function delegate(options: Options<typeof delegateSpecSchema>): DelegateSpec {
  return parseSpec(delegateSpecSchema, 'delegate', options);
}

/** When an edge is taken. All fields given must hold. */
export const conditionSchema = z.strictObject({
  /** The intent named by `understand`. */
  intent: z.string().optional(),
  /** Whether any evidence was found. */
  evidence: z.boolean().optional(),
  /** The answer's status so far. */
  status: z.enum(['answered', 'insufficient', 'refused', 'failed']).optional(),
  /** The language of the question. */
  language: z.string().optional(),
});
export type EdgeCondition = Readonly<z.infer<typeof conditionSchema>>;

/** The end of the pipeline, as an edge's target. */
export const END = 'end';

export const edgeSchema = z.strictObject({
  from: z.string(),
  /** A node's name, or `end`. */
  to: z.string(),
  /** Edges of a node are tried in order; without a condition an edge is always taken. */
  when: conditionSchema.optional(),
});
export type Edge = Readonly<z.infer<typeof edgeSchema>>;

export const memorySchema = z.strictObject({
  /** Pattern "summarised memory": turns that leave the window are kept as a summary, written by the model `summaryModel`. Default false. */
  summary: z.boolean().default(false),
  /** Alias of the model that summarises. Default `chat`. */
  summaryModel: z.string().default('chat'),
  /**
   * Pattern "long-term memory": what users say about themselves is kept in a vector index, and at most so many notes are given to a question.
   * 0 is off. Default 0.
   */
  longTerm: z.number().int().min(0).max(20).default(0),
  /** Earlier turns shown to the model. 0 switches memory off. Default 6. */
  turns: z.number().int().min(0).max(200).default(6),
  /** Estimated tokens of the earlier turns shown. Default 4,000. */
  tokens: z.number().int().min(0).default(4_000),
  /** A session is forgotten this long after its last turn. Default 7 days. */
  expirySeconds: z
    .number()
    .positive()
    .default(7 * 86_400),
});
export type MemoryPlan = Readonly<z.infer<typeof memorySchema>>;

export const approvalPlanSchema = z.strictObject({
  /** `ask`: a write tool ends the run until a person decides, then it is resumed. `refuse`: the model is told no. Default `ask`. */
  mode: z.enum(['ask', 'refuse']).default('ask'),
  /** An undecided request is rejected after this time. Default 1 day. */
  expirySeconds: z.number().positive().default(86_400),
});

export const pipelinePlanSchema = z.strictObject({
  nodes: z.array(nodeSpecSchema).min(1),
  /** Edges besides the order of `nodes`; a node without edges goes on to the next. */
  edges: z.array(edgeSchema).default([]),
  memory: memorySchema.default(memorySchema.parse({})),
  budget: limitsSchema.default({}),
  /** Names of write tools that need no approval, as long as no text from outside was read before. Default none. */
  granted: z.array(z.string()).default([]),
  approval: approvalPlanSchema.default(approvalPlanSchema.parse({})),
  guards: guardsSchema.default(guardsSchema.parse({})),
});
/** What the runtime executes, the linter checks and the design document prints. Plain data. */
export type PipelinePlan = Readonly<z.infer<typeof pipelinePlanSchema>>;
export type PipelinePlanInput = Readonly<z.input<typeof pipelinePlanSchema>>;

/**
 * A checked plan with all defaults filled in.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` naming the path, for a wrong value, a name used twice or an edge to nowhere.
 */
export function pipelinePlan(input: PipelinePlanInput): PipelinePlan {
  const checked = parseWith(pipelinePlanSchema, 'pipeline', input);
  const names = checked.nodes.map(nodeName);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `pipeline: two nodes are named "${twice}"; give one of them another name`,
    );
  }
  if (names.includes(END)) throw new FieldkitError('INVALID_CONFIG', `pipeline: "${END}" cannot name a node`);
  const jumps = checked.nodes.flatMap((spec) => {
    const targets = spec.kind === 'route' ? Object.keys(spec.to) : spec.kind === 'reflect' ? [spec.back] : [];
    return targets.map((to) => ({ from: nodeName(spec), to }));
  });
  for (const { from, to } of jumps) {
    if (names.includes(to)) continue;
    const near = nearestName(to, names);
    const hint = near === undefined ? `the plan has ${names.join(', ')}` : `did you mean "${near}"?`;
    throw new FieldkitError('INVALID_CONFIG', `pipeline: "${from}" goes to "${to}", which is no node; ${hint}`);
  }
  for (const [index, { from, to }] of checked.edges.entries()) {
    for (const [field, name] of [['from', from] as const, ['to', to] as const]) {
      if (names.includes(name) || (field === 'to' && name === END)) continue;
      const near = nearestName(name, [...names, END]);
      throw new FieldkitError(
        'INVALID_CONFIG',
        `pipeline.edges[${index}].${field}: there is no node "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
      );
    }
  }
  return checked;
}

export function nodeName(spec: { readonly kind: string; readonly name?: string | undefined }): string {
  return spec.name ?? spec.kind;
}

function parseSpec<T extends z.ZodType>(schema: T, kind: string, options: object): z.output<T> {
  return parseWith(schema, kind, { kind, ...options });
}

/** @throws {FieldkitError} `INVALID_CONFIG` with the path, what is wrong and the nearest known key. */
export function parseWith<T extends z.ZodType>(schema: T, where: string, value: unknown): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [where, ...(issue?.path ?? [])].map(String).join('.');
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  const near = unknown === undefined ? undefined : nearestName(unknown, known);
  const what =
    unknown === undefined
      ? `${issue?.message ?? 'invalid'}${foundAt(value, issue?.path ?? [])}`
      : `unknown key "${unknown}"`;
  throw new FieldkitError(
    'INVALID_CONFIG',
    `${path}: ${what}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    { cause: result.error },
  );
}

function foundAt(value: unknown, path: readonly PropertyKey[]): string {
  const found = path.reduce<unknown>(
    (inner, key) => (inner !== null && typeof inner === 'object' ? Reflect.get(inner, key) : undefined),
    value,
  );
  return found === undefined || typeof found === 'object' ? '' : `; found: ${JSON.stringify(found)}`;
}
