import { z } from 'zod';
import { metadataSchema } from './document.ts';

/** A stretch of a document that can be retrieved and quoted: `text === document.text.slice(start, end)`. */
export const chunkSchema = z.object({
  /** `chunkId`: of the document, the content and the ordinal among equal contents, so that it survives edits elsewhere. */
  id: z.string(),
  documentId: z.string(),
  /** 0-based position in the document. */
  index: z.number().int().min(0),
  /** UTF-16 offsets in the document's canonical text, `end` exclusive. */
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  text: z.string(),
  /** Said again for understanding (title › headings, a table's header row): indexed and shown to the model, never quoted. */
  context: z.string(),
  /** Heading path, outermost first. */
  headings: z.array(z.string()),
  /** Estimated model tokens of `text`. */
  tokens: z.number().int().min(0),
  /** The document's metadata, and always `title`, `uri`, `mediaType`, `language`; `pages` as `"3"` or `"3-4"` when it has pages. */
  metadata: metadataSchema,
  tenant: z.string(),
  groups: z.array(z.string()),
});
export type Chunk = Readonly<z.infer<typeof chunkSchema>>;

/** A chunk that a retrieval found. */
export const passageSchema = chunkSchema.extend({
  /** Higher is better; comparable within one result only. */
  score: z.number(),
  /** 1-based ranks in each list that held it. */
  ranks: z.object({
    dense: z.number().int().min(1).optional(),
    lexical: z.number().int().min(1).optional(),
    rerank: z.number().int().min(1).optional(),
  }),
});
export type Passage = Readonly<z.infer<typeof passageSchema>>;

/** Metadata equality or one-of filter, applied besides the caller's access filter: `{ uri: [...], language: 'zh' }`. Types count: "1" is not 1. */
export const retrievalFilterSchema = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number(), z.boolean()]))]),
);
export type RetrievalFilter = Readonly<z.infer<typeof retrievalFilterSchema>>;
