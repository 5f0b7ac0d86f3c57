import { z } from 'zod';
import { FieldkitError } from './error.ts';
import { findingSchema } from './finding.ts';

/** A rectangle on a page. */
export const placeSchema = z.object({
  /** 1-based. */
  page: z.number().int().min(1),
  /** `[x0, y0, x1, y1]` in PDF points (1/72 inch), origin top-left, after the page's rotation. */
  box: z.tuple([z.number(), z.number(), z.number(), z.number()]),
});
export type Place = Readonly<z.infer<typeof placeSchema>>;

export const cellSchema = z.object({
  text: z.string(),
  /** Rows this cell covers, itself included. Default 1. */
  rowSpan: z.number().int().min(1).optional(),
  /** Columns this cell covers, itself included. Default 1. */
  colSpan: z.number().int().min(1).optional(),
});
export type Cell = Readonly<z.infer<typeof cellSchema>>;

export const tableSchema = z.object({
  /** Rows of cells as in HTML: a cell that is covered by a span of an earlier one is absent. */
  rows: z.array(z.array(cellSchema)),
  /** How many of the first rows are header rows; 0 when unknown. */
  headerRows: z.number().int().min(0),
});
export type Table = Readonly<z.infer<typeof tableSchema>>;

export const blockSchema = z.object({
  kind: z.enum(['heading', 'paragraph', 'list', 'table', 'code', 'caption', 'footnote', 'image']),
  /** A list has one item per line, with its marker or number; a table's text is made by `tableText`. */
  text: z.string(),
  /** Headings: 1 is the highest. */
  level: z.number().int().min(1).optional(),
  table: tableSchema.optional(),
});
export type Block = Readonly<z.infer<typeof blockSchema>>;

/** Where a stretch of the canonical text stands on a page. */
export const locatedSpanSchema = z.object({
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  place: placeSchema,
});
export type LocatedSpan = Readonly<z.infer<typeof locatedSpanSchema>>;

export const metadataValueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);
export const metadataSchema = z.record(z.string(), metadataValueSchema);
export type Metadata = Readonly<z.infer<typeof metadataSchema>>;

/** A file turned into text with structure and places. Offsets are UTF-16 code units of `text`. */
export const documentSchema = z.object({
  /** `documentId(tenant, uri)`. */
  id: z.string(),
  /** Project-relative path with forward slashes, Unicode NFC: `knowledge/manual.pdf`. */
  uri: z.string(),
  /** SHA-256 of the file's bytes, hex. */
  contentHash: z.string(),
  mediaType: z.string(),
  title: z.string(),
  /** BCP 47 primary language: `en`, `zh`; `und` when unknown. */
  language: z.string(),
  /** Canonical text: the texts of `blocks` joined by a blank line. */
  text: z.string(),
  /** In reading order. */
  blocks: z.array(blockSchema),
  /** Sorted by `start`; empty when the file has no pages. A span may have several places (columns, pages). */
  places: z.array(locatedSpanSchema),
  metadata: metadataSchema,
  pageCount: z.number().int().min(1).optional(),
  tenant: z.string(),
  /** Access groups; empty means everybody of the tenant. */
  groups: z.array(z.string()),
  findings: z.array(findingSchema),
});
export type Document = Readonly<z.infer<typeof documentSchema>>;

/** Between two blocks in `Document.text`. */
export const BLOCK_SEPARATOR = '\n\n';

export interface BlockSpan {
  readonly block: Block;
  readonly start: number;
  readonly end: number;
}

/** The canonical text of blocks. */
export function joinBlocks(blocks: readonly Block[]): string {
  return blocks.map(({ text }) => text).join(BLOCK_SEPARATOR);
}

/** Each block with its offsets in the canonical text. */
export function blockSpans(blocks: readonly Block[]): BlockSpan[] {
  let start = 0;
  return blocks.map((block) => {
    const span = { block, start, end: start + block.text.length };
    start = span.end + BLOCK_SEPARATOR.length;
    return span;
  });
}

/** The places that `[start, end)` of the canonical text covers, in order, without repeats. */
export function placesOf(document: Pick<Document, 'places'>, start: number, end: number): Place[] {
  const found = document.places.filter((span) => span.start < end && span.end > start).map(({ place }) => place);
  const seen = new Set<string>();
  return found.filter(({ page, box }) => {
    const key = `${page}:${box.join()}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** The heading path that holds at offset `at`: outermost first. A heading belongs to its own path. */
export function headingsAt(document: Pick<Document, 'blocks'>, at: number): string[] {
  const path: { level: number; text: string }[] = [];
  for (const { block, start } of blockSpans(document.blocks)) {
    if (start > at) break;
    if (block.kind !== 'heading') continue;
    const level = block.level ?? 1;
    while ((path.at(-1)?.level ?? 0) >= level) path.pop();
    path.push({ level, text: block.text });
  }
  return path.map(({ text }) => text);
}

/**
 * What the columns of the table row at offset `at` are called: the table's header rows as the canonical text writes them, joined by ` / `.
 * Undefined outside tables, in the header itself, and where the header is not known.
 */
export function columnsAt(document: Pick<Document, 'blocks'>, at: number): string | undefined {
  const span = blockSpans(document.blocks).find(({ start, end }) => start <= at && at < end);
  const count = span?.block.table?.headerRows ?? 0;
  if (span === undefined || count === 0) return undefined;
  const header = span.block.text.split('\n').slice(0, count).join('\n');
  return at < span.start + header.length ? undefined : header.replaceAll('\n', ' / ');
}

/** @throws {FieldkitError} `STORE_DAMAGED` when `value` is not a document. */
export function parseDocument(value: unknown, where: string): Document {
  const result = documentSchema.safeParse(value);
  if (result.success) return result.data;
  throw new FieldkitError(
    'STORE_DAMAGED',
    `${where} is not a stored document; run \`fieldkit ingest\` to make it again`,
    {
      cause: result.error,
    },
  );
}
