import { z } from 'zod';
import { callerSchema } from './caller.ts';
import { errorCodes } from './error.ts';
import { costSchema, usageSchema } from './usage.ts';

export const errorRecordSchema = z.object({
  code: z.enum(errorCodes as [string, ...string[]]), // a literal table that is never empty
  message: z.string(),
  retryable: z.boolean(),
});

/** One thing that a run did. Steps form a tree by `parentId`. */
export const stepSchema = z.object({
  /** Unique in the run; the idempotency key of a tool call. */
  id: z.string(),
  parentId: z.string().optional(),
  /** 1 for the first try of the same step. */
  attempt: z.number().int().min(1),
  name: z.string(),
  kind: z.enum(['node', 'model', 'tool', 'retrieval', 'embedding', 'rerank']),
  input: z.unknown(),
  output: z.unknown(),
  /** ISO 8601. */
  startedAt: z.string(),
  durationMs: z.number().min(0),
  usage: usageSchema.optional(),
  cost: costSchema.optional(),
  error: errorRecordSchema.optional(),
});
export type Step = Readonly<z.infer<typeof stepSchema>>;

/** Everything that happened for one question: what a trace viewer shows, an evaluation scores and a replay replays. */
export const runSchema = z.object({
  id: z.string(),
  kind: z.enum(['answer', 'evaluation', 'ingest']),
  caller: callerSchema,
  sessionId: z.string().optional(),
  startedAt: z.string(),
  durationMs: z.number().min(0),
  /** The question and the answer, or what the kind calls for. */
  input: z.unknown(),
  output: z.unknown(),
  steps: z.array(stepSchema),
  usage: usageSchema,
  cost: costSchema.optional(),
  /** Counts worth keeping, such as quotes by origin: `quotesFromModel`, `quotesFailed`, `quotesChosenByCode`. */
  counts: z.record(z.string(), z.number()).optional(),
  error: errorRecordSchema.optional(),
});
export type Run = Readonly<z.infer<typeof runSchema>>;

/** Whether a run ended to wait for a person's decision about a write; it can be resumed. */
export function waitsForPerson({ error }: Pick<Run, 'error'>): boolean {
  return error?.code === 'TOOL_NEEDS_APPROVAL' || error?.code === 'TOOL_OUTCOME_UNKNOWN';
}
