import {
  type Answer,
  type Citation,
  citationSchema,
  metadataSchema,
  type Run,
  retrievalFilterSchema,
  runSchema,
} from '@fieldkit/core';
import { z } from 'zod';

/** One earlier exchange of the session. */
export const turnSchema = z.object({ question: z.string(), answer: z.string() });
export type Turn = Readonly<z.infer<typeof turnSchema>>;

/** What `understand` found out. */
const understandingSchema = z.object({
  /** Can be understood without the conversation. */
  question: z.string(),
  /** BCP 47 primary language of the question as asked. */
  language: z.string(),
  inScope: z.boolean(),
  /** The parts of a question that asks several things; empty otherwise. */
  subQuestions: z.array(z.string()),
  intent: z.string().optional(),
  filter: retrievalFilterSchema.optional(),
});
export type Understanding = Readonly<z.infer<typeof understandingSchema>>;

/** A numbered piece of evidence, and where it comes from as far as a citation needs it. */
const evidenceSchema = z.object({
  /** As core's `EvidenceItem`. */
  item: z.object({
    number: z.number().int().min(1),
    kind: z.enum(['passage', 'record']),
    title: z.string(),
    place: z.string(),
    headings: z.array(z.string()).readonly(),
    context: z.string(),
    text: z.string(),
  }),
  origin: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('passage'),
      chunkId: z.string(),
      documentId: z.string(),
      uri: z.string(),
      /** Offset of the item's text in the document's canonical text. */
      start: z.number().int().min(0),
      metadata: metadataSchema,
    }),
    z.object({ kind: z.literal('record'), tool: z.string(), callId: z.string() }),
  ]),
});
export type Evidence = Readonly<z.infer<typeof evidenceSchema>>;
export type EvidenceOrigin = Evidence['origin'];

/** What the pipeline has to say so far. */
const outcomeSchema = z.object({
  text: z.string(),
  citations: z.array(citationSchema),
  status: z.enum(['answered', 'insufficient', 'refused', 'failed']),
  /** Why, when a bound or a failure ended it. */
  error: runSchema.shape.error,
});
export interface Outcome {
  readonly text: string;
  readonly citations: readonly Citation[];
  readonly status: Answer['status'];
  readonly error?: Run['error'];
}

/** The state that the nodes read and patch. Plain data: it is checkpointed after each node. */
export interface AgentState {
  readonly question: string;
  readonly history: readonly Turn[];
  readonly understanding?: Understanding | undefined;
  readonly evidence: readonly Evidence[];
  readonly outcome?: Outcome | undefined;
  /** The node that `route` or `reflect` chose next. */
  readonly next?: string | undefined;
  /** What `reflect` found missing. */
  readonly missing?: string | undefined;
  /** Times that `reflect` went back. */
  readonly reflections?: number | undefined;
  /** Nodes that ran so far. */
  readonly visits: number;
  /** The node to begin with. Default: the plan's first. */
  readonly entry?: string | undefined;
}

export type StatePatch = Partial<Omit<AgentState, 'visits' | 'entry'>>;

/** What a node step of a saved run holds as its output. */
export const statePatchSchema = z.object({
  question: z.string().optional(),
  history: z.array(turnSchema).optional(),
  understanding: understandingSchema.optional(),
  evidence: z.array(evidenceSchema).optional(),
  outcome: outcomeSchema.optional(),
  next: z.string().optional(),
  missing: z.string().optional(),
  reflections: z.number().int().optional(),
});

/** The question to work on: standalone when it was made so. */
export function standaloneQuestion(state: AgentState): string {
  return state.understanding?.question ?? state.question;
}
