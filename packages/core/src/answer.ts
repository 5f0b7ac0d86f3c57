import { z } from 'zod';
import { placeSchema } from './document.ts';
import { usageSchema } from './usage.ts';

export const passageSourceSchema = z.object({
  kind: z.literal('passage'),
  chunkId: z.string(),
  documentId: z.string(),
  title: z.string(),
  uri: z.string(),
  /** Offsets of the quote in the document's canonical text. */
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  /** Where the quote stands; empty when the document has no pages. */
  places: z.array(placeSchema),
  /** 1-based line of `start` in the canonical text, for plain text: other documents without pages show no such lines. */
  line: z.number().int().min(1).optional(),
  headings: z.array(z.string()),
  /** What the columns are called, when the quote is a table row: `Equipment | Daily rate`. */
  columns: z.string().optional(),
});

export const recordSourceSchema = z.object({
  kind: z.literal('record'),
  tool: z.string(),
  callId: z.string(),
  title: z.string(),
  /** Path of the quoted value in the record: `order.shippedOn`; empty when several lines are quoted. */
  path: z.string(),
});

export const citationSchema = z.object({
  /** The number in the answer's text: `[1]`. */
  marker: z.number().int().min(1),
  /** Occurs verbatim in the source (white space and width normalised), or it is no citation. */
  quote: z.string().min(1),
  source: z.discriminatedUnion('kind', [passageSourceSchema, recordSourceSchema]),
});
export type Citation = Readonly<z.infer<typeof citationSchema>>;
export type CitationSource = Citation['source'];

export const answerSchema = z.object({
  /** Prose with `[n]` markers. */
  text: z.string(),
  citations: z.array(citationSchema),
  /**
   * `answered`: supported by citations. `insufficient`: the evidence does not answer it. `refused`: out of scope or not allowed.
   * `failed`: a failure or a budget ended the run.
   */
  status: z.enum(['answered', 'insufficient', 'refused', 'failed']),
  language: z.string(),
  usage: usageSchema,
  runId: z.string(),
});
export type Answer = Readonly<z.infer<typeof answerSchema>>;
