import { type Block, blockSpans, type Document, type Finding, type Metadata } from '@fieldkit/core';
import type { Advice } from '../advice/advise.ts';
import type { DuplicateReport } from '../duplicates/find-duplicates.ts';
import { type Inventory, type InventoryRow, pagesThatNeedOcr } from '../inventory/inventory-of.ts';
import type { PageImage } from '../ocr/render-pages.ts';

/** Order of the kinds in `PageBlock`. */
export const BLOCK_KINDS: readonly Block['kind'][] = [
  'heading',
  'paragraph',
  'list',
  'table',
  'code',
  'caption',
  'footnote',
  'image',
];

/** A block on a page: index in `BLOCK_KINDS`, its number in the document from 1, heading level or 0, box in points, first words. */
export type PageBlock = readonly [
  kind: number,
  number: number,
  level: number,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  words: string,
];

export interface ReportPage {
  /** 1-based. */
  readonly page: number;
  /** In points. */
  readonly width: number;
  readonly height: number;
  readonly needsOcr: boolean;
  readonly blocks: readonly PageBlock[];
  /** `data:` URL of the page's picture; absent when it was not drawn. */
  readonly image?: string;
}

/** What was found and lost in one document. */
export interface ReportDocument {
  readonly id: string;
  readonly uri: string;
  readonly title: string;
  readonly language: string;
  readonly groups: readonly string[];
  readonly characters: number;
  /** Number of blocks by kind, kinds that occur only. */
  readonly blocks: Readonly<Partial<Record<Block['kind'], number>>>;
  readonly cells: number;
  /** Heading texts with their levels, the first 200. */
  readonly outline: readonly { readonly level: number; readonly text: string }[];
  readonly metadata: Metadata;
  /** Pages on which nothing was found. */
  readonly emptyPages: readonly number[];
  readonly findings: readonly Finding[];
  readonly inventory: InventoryRow | undefined;
}

/** The report for machines; pictures and boxes are in the page only. */
export interface IngestReport {
  readonly project: string;
  /** `2026-11-22`. */
  readonly date: string;
  readonly totals: Inventory['totals'];
  readonly rules: Inventory['rules'];
  readonly unread: readonly InventoryRow[];
  readonly documents: readonly ReportDocument[];
  readonly duplicates: Omit<DuplicateReport, 'findings'>;
  readonly advice: Advice;
}

export interface ReportInput {
  readonly project: string;
  readonly date: string;
  readonly documents: readonly Document[];
  readonly inventory: Inventory;
  readonly duplicates: DuplicateReport;
  readonly advice: Advice;
}

export function reportData({ project, date, documents, inventory, duplicates, advice }: ReportInput): IngestReport {
  const rows = new Map(inventory.rows.map((row) => [`${row.tenant}\n${row.uri}`, row]));
  const { findings: _, ...relations } = duplicates;
  return {
    ...{ project, date, advice },
    totals: inventory.totals,
    rules: inventory.rules,
    unread: inventory.rows.filter(({ pagesFrom }) => pagesFrom === 'none'),
    documents: documents.map((document) => reportDocument(document, rows.get(`${document.tenant}\n${document.uri}`))),
    duplicates: relations,
  };
}

function reportDocument(document: Document, inventory: InventoryRow | undefined): ReportDocument {
  const { id, uri, title, language, groups, text, blocks, metadata, findings, places, pageCount } = document;
  const counts: Partial<Record<Block['kind'], number>> = {};
  let cells = 0;
  for (const { kind, table } of blocks) {
    counts[kind] = (counts[kind] ?? 0) + 1;
    cells += table?.rows.reduce((sum, row) => sum + row.length, 0) ?? 0;
  }
  const filled = new Set(places.map(({ place }) => place.page));
  const pages = Array.from({ length: pageCount ?? 0 }, (_, index) => index + 1);
  return {
    ...{ id, uri, title, language, groups, metadata, findings, inventory, cells },
    characters: text.length,
    blocks: counts,
    outline: blocks
      .filter(({ kind }) => kind === 'heading')
      .slice(0, 200)
      .map(({ level = 1, text: heading }) => ({ level, text: heading })),
    emptyPages: places.length === 0 ? [] : pages.filter((page) => !filled.has(page)),
  };
}

const A4 = { width: 595, height: 842 };

/** The first `limit` pages of a document with the boxes of its blocks, in reading order; none for a file without pages. */
export function reportPages(
  { blocks, places, pageCount = 0, findings }: Document,
  images: readonly PageImage[],
  limit: number,
): ReportPage[] {
  const byPage = new Map<number, PageBlock[]>();
  const round = (value: number) => Math.round(value * 10) / 10;
  let next = 0;
  blockSpans(blocks).forEach(({ block, start, end }, index) => {
    while ((places[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    for (let at = next; at < places.length; at += 1) {
      const span = places[at];
      if (span === undefined || span.start >= end) break;
      if (span.end <= start) continue;
      const { page, box } = span.place;
      if (page > limit) continue;
      const [x0, y0, x1, y1] = box;
      const words = block.text
        .slice(Math.max(0, span.start - start))
        .slice(0, 70)
        .replace(/\s+/g, ' ')
        .toWellFormed();
      const level = block.kind === 'heading' ? (block.level ?? 1) : 0;
      const drawn: PageBlock = [
        BLOCK_KINDS.indexOf(block.kind),
        index + 1,
        level,
        round(x0),
        round(y0),
        round(x1),
        round(y1),
        words,
      ];
      byPage.set(page, [...(byPage.get(page) ?? []), drawn]);
    }
  });
  const ocr = new Set(pagesThatNeedOcr(findings));
  const pictures = new Map(images.map((image) => [image.page, image]));
  return Array.from({ length: Math.min(pageCount, limit) }, (_, index) => {
    const page = index + 1;
    const own = byPage.get(page) ?? [];
    const picture = pictures.get(page);
    return {
      page,
      width: Math.round(picture?.pointWidth ?? Math.max(A4.width, ...own.map(([, , , , , x1]) => x1 + 20))),
      height: Math.round(picture?.pointHeight ?? Math.max(A4.height, ...own.map(([, , , , , , y1]) => y1 + 20))),
      needsOcr: ocr.has(page),
      blocks: own,
      ...(picture === undefined
        ? {}
        : { image: `data:${picture.mediaType};base64,${Buffer.from(picture.bytes).toString('base64')}` }),
    };
  });
}
