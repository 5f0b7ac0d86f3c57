import { type Document, FieldkitError, type Finding } from '@fieldkit/core';
import { identityOf } from '../duplicates/document-identity.ts';
import type { DuplicateReport } from '../duplicates/find-duplicates.ts';

export interface InventoryOptions {
  /** Pages in one counted unit; a document counts one per started unit. Default 10. */
  readonly pagesPerUnit?: number;
  /** For files without pages (Word, text): characters that make a page. Default 800 Chinese, Japanese or Korean, 3000 others, spaces included. */
  readonly charactersPerPage?: { readonly cjk: number; readonly other: number };
}

/** A file that became no document. */
export interface UnreadFile {
  readonly uri: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  /** Why, or that nobody has tried yet. */
  readonly reason: string;
}

export interface InventoryRow {
  /** From 1, by path within the tenant. */
  readonly number: number;
  readonly uri: string;
  readonly title: string;
  readonly tenant: string;
  /** Who may see it; empty: everybody of the tenant. */
  readonly groups: readonly string[];
  /** Absent for a file that could not be read. */
  readonly mediaType?: string;
  readonly language?: string;
  readonly pages: number;
  /** `file`: the file says so. `estimated`: by its characters. `none`: it could not be read. */
  readonly pagesFrom: 'file' | 'estimated' | 'none';
  /** UTF-16 code units of its text. */
  readonly characters: number;
  /** As the document writes it: `Rev C`, `2026版`. */
  readonly version?: string;
  readonly date?: string;
  /** Pages that are pictures and need OCR, 1-based. */
  readonly ocrPages: readonly number[];
  /** Path of the document that it repeats. */
  readonly duplicateOf?: string;
  /** Path of the version that takes its place; empty when a document only says that it is out of force. */
  readonly supersededBy?: string;
  /** Paths of documents that share most of its wording. */
  readonly similarTo: readonly string[];
  readonly findings: readonly Finding[];
  /** Counted units of scope. */
  readonly units: number;
  /** Why it counts nothing. */
  readonly notCounted?: 'duplicate' | 'not-readable';
  /** For `not-readable`: what is wrong with it. */
  readonly reason?: string;
}

export interface Inventory {
  readonly rows: readonly InventoryRow[];
  readonly rules: Required<InventoryOptions>;
  readonly totals: {
    readonly files: number;
    readonly documents: number;
    readonly notReadable: number;
    readonly duplicates: number;
    readonly superseded: number;
    readonly pages: number;
    /** Of those, estimated from characters. */
    readonly estimatedPages: number;
    readonly ocrPages: number;
    readonly units: number;
  };
}

export interface InventoryInput {
  readonly documents: readonly Document[];
  readonly duplicates: Pick<DuplicateReport, 'duplicates' | 'nearDuplicates' | 'versions'>;
  readonly unread?: readonly UnreadFile[];
}

const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/gu;

/**
 * What a customer hands over, one row per file, and how much of the agreed scope it uses. A document counts one unit per started ten
 * pages (`pagesPerUnit`); a copy of another document and a file that cannot be read count nothing, and the row says so.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when a number of the options is not above 0.
 */
export function inventoryOf(
  { documents, duplicates, unread = [] }: InventoryInput,
  { pagesPerUnit = 10, charactersPerPage = { cjk: 800, other: 3000 } }: InventoryOptions = {},
): Inventory {
  for (const [name, value] of Object.entries({ pagesPerUnit, ...charactersPerPage })) {
    if (!(value > 0)) throw new FieldkitError('INVALID_OPTION', `${name} must be above 0, not ${value}`);
  }
  const rules = { pagesPerUnit, charactersPerPage };
  const uris = new Map(documents.map(({ id, uri }) => [id, uri]));
  const uriOf = (id: string | undefined) => (id === undefined ? '' : (uris.get(id) ?? ''));
  const copies = new Map(
    duplicates.duplicates.flatMap(({ documentIds: [kept, ...others] }) =>
      others.map((id) => [id, uriOf(kept)] as const),
    ),
  );
  const superseded = new Map(duplicates.versions.map(({ older, newer }) => [older, uriOf(newer)]));

  const read = documents.map((document): Omit<InventoryRow, 'number'> => {
    const { id, uri, title, tenant, groups, mediaType, language, text, findings } = document;
    const { marks, date } = identityOf(document);
    const version = typeof document.metadata.version === 'string' ? document.metadata.version : marks[0]?.text;
    const pages = document.pageCount ?? estimatedPages(text, charactersPerPage);
    const duplicateOf = copies.get(id);
    const supersededBy = superseded.get(id);
    return {
      ...{ uri, title, tenant, groups, mediaType, language, pages, findings },
      pagesFrom: document.pageCount === undefined ? 'estimated' : 'file',
      characters: text.length,
      ...(version === undefined ? {} : { version }),
      ...(date === undefined ? {} : { date }),
      ocrPages: pagesThatNeedOcr(findings),
      ...(duplicateOf === undefined ? {} : { duplicateOf, notCounted: 'duplicate' as const }),
      ...(supersededBy === undefined ? {} : { supersededBy }),
      similarTo: duplicates.nearDuplicates
        .filter(({ documentIds }) => documentIds.includes(id))
        .map(({ documentIds: [left, right] }) => uriOf(left === id ? right : left)),
      units: duplicateOf === undefined ? Math.ceil(pages / pagesPerUnit) : 0,
    };
  });
  const failed = unread.map(
    ({ uri, tenant, groups, reason }): Omit<InventoryRow, 'number'> => ({
      ...{ uri, title: uri.split('/').at(-1) ?? uri, tenant, groups, reason },
      pages: 0,
      pagesFrom: 'none',
      characters: 0,
      ocrPages: [],
      similarTo: [],
      findings: [],
      units: 0,
      notCounted: 'not-readable',
    }),
  );
  const rows = [...read, ...failed]
    .sort((left, right) => compare(left.tenant, right.tenant) || compare(left.uri, right.uri))
    .map((row, index) => ({ number: index + 1, ...row }));
  return { rows, rules, totals: totalsOf(rows) };
}

/** 1-based pages of `needs-ocr` findings. */
export function pagesThatNeedOcr(findings: readonly Finding[]): number[] {
  return findings
    .filter(({ code }) => code === 'needs-ocr')
    .map(({ where = '' }) => Number(/ page (\d+)$/.exec(where)?.[1] ?? Number.NaN))
    .filter((page) => !Number.isNaN(page));
}

/** At least one page; CJK and other characters fill a page at their own rates. */
function estimatedPages(text: string, { cjk, other }: { readonly cjk: number; readonly other: number }): number {
  const wide = text.match(CJK)?.length ?? 0;
  return Math.max(1, Math.ceil(wide / cjk + (text.length - wide) / other));
}

function totalsOf(rows: readonly InventoryRow[]): Inventory['totals'] {
  const sum = (of: (row: InventoryRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  return {
    files: rows.length,
    documents: sum(({ pagesFrom }) => (pagesFrom === 'none' ? 0 : 1)),
    notReadable: sum(({ pagesFrom }) => (pagesFrom === 'none' ? 1 : 0)),
    duplicates: sum(({ duplicateOf }) => (duplicateOf === undefined ? 0 : 1)),
    superseded: sum(({ supersededBy }) => (supersededBy === undefined ? 0 : 1)),
    pages: sum(({ pages }) => pages),
    estimatedPages: sum(({ pages, pagesFrom }) => (pagesFrom === 'estimated' ? pages : 0)),
    ocrPages: sum(({ ocrPages }) => ocrPages.length),
    units: sum(({ units }) => units),
  };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
