import {
  type BlockSpan,
  blockSpans,
  type Chunk,
  chunkIds,
  type Document,
  estimateTokens,
  FieldkitError,
  placesOf,
} from '@fieldkit/core';
import { strategies } from './strategies.ts';
import type { SegmentStrategy } from './strategy.ts';

export interface SegmentOptions {
  /** Name of one of `strategies`, or one of your own. Default `structure`. */
  readonly strategy?: string | SegmentStrategy;
  /** Most estimated tokens of a chunk's text, 16 to 8192. Default 400. */
  readonly maxTokens?: number;
}

const VERSION = 2;

/** Changes when the same document would be cut differently: part of an index's stamp. */
export function segmenterStamp(options: SegmentOptions = {}): string {
  const { strategy, maxTokens } = resolve(options);
  return `${strategy.name}/${maxTokens}/v${VERSION}`;
}

/**
 * Cuts a document into chunks: `chunk.text === document.text.slice(chunk.start, chunk.end)`, in order, together holding every
 * character that is not white space. Heading path and a table's header row are said again in `context`.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for an unknown strategy or a size out of range.
 */
export function segmentDocument(document: Document, options: SegmentOptions = {}): Chunk[] {
  const { strategy, maxTokens } = resolve(options);
  const context = contextOf(document);
  const nextId = chunkIds(document.id);
  const { title, uri, mediaType, language } = document;
  // Quotes behind the metadata stay with the document: in every chunk they would be weight that nobody reads.
  const { metadataEvidence: _, ...metadata } = document.metadata;
  return strategy.split(document, { maxTokens }).map(({ start, end, metadata: own }, index) => {
    const text = document.text.slice(start, end);
    const pages = pageRange(document, start, end);
    return {
      id: nextId(text),
      documentId: document.id,
      index,
      start,
      end,
      text,
      ...context(start),
      tokens: estimateTokens(text),
      metadata: {
        ...metadata,
        ...own,
        title,
        uri,
        mediaType,
        language,
        ...(pages !== undefined && { pages }),
      },
      tenant: document.tenant,
      groups: document.groups,
    };
  });
}

function resolve({ strategy: wanted = 'structure', maxTokens = 400 }: SegmentOptions): {
  strategy: SegmentStrategy;
  maxTokens: number;
} {
  const strategy = typeof wanted === 'string' ? strategies.find(({ name }) => name === wanted) : wanted;
  if (strategy === undefined) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `unknown segmentation strategy "${String(wanted)}": use one of ${strategies.map(({ name }) => name).join(', ')}`,
    );
  }
  if (!(Number.isInteger(maxTokens) && maxTokens >= 16 && maxTokens <= 8192)) {
    throw new FieldkitError('INVALID_OPTION', `maxTokens must be a whole number from 16 to 8192, not ${maxTokens}`);
  }
  return { strategy, maxTokens };
}

/** A function that gives the headings and the context of a chunk that begins at an offset; offsets must not fall. */
function contextOf(document: Document): (start: number) => Pick<Chunk, 'headings' | 'context'> {
  const spans = blockSpans(document.blocks);
  const path: { level: number; text: string }[] = [];
  let next = 0;
  let current: BlockSpan | undefined;
  return (start) => {
    for (let span = spans[next]; span !== undefined && span.start <= start; span = spans[next]) {
      next += 1;
      current = span;
      if (span.block.kind !== 'heading') continue;
      const level = span.block.level ?? 1;
      while ((path.at(-1)?.level ?? 0) >= level) path.pop();
      path.push({ level, text: span.block.text });
    }
    const headings = path.map(({ text }) => text);
    const own = current?.block.kind === 'heading' && current.start === start ? 1 : 0;
    const said = headings.slice(0, headings.length - own);
    const lead = [document.title, ...said]
      .filter((part, index, all) => part !== '' && part !== all[index - 1])
      .join(' › ');
    const header = current === undefined ? '' : tableHeader(current, start);
    return { headings, context: [lead, header].filter((part) => part !== '').join('\n') };
  };
}

/** The header rows of a table, for a chunk that begins behind them. */
function tableHeader({ block, start: tableStart, end }: BlockSpan, start: number): string {
  if (block.table === undefined || start >= end) return '';
  const lines = block.text.split('\n').slice(0, Math.max(1, block.table.headerRows)).join('\n');
  return start - tableStart >= lines.length ? lines : '';
}

function pageRange(document: Document, start: number, end: number): string | undefined {
  const pages = placesOf(document, start, end).map(({ page }) => page);
  if (pages.length === 0) return undefined;
  const first = Math.min(...pages);
  const last = Math.max(...pages);
  return first === last ? String(first) : `${first}-${last}`;
}
