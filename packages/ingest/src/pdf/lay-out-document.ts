import type { Finding, Metadata } from '@fieldkit/core';
import type { DraftBlock } from '../reader.ts';
import { blockKind, listBlock, tableBlock, textBlock } from './document-blocks.ts';
import { drawnBullets } from './drawn-bullets.ts';
import { type Box, overlap, union } from './geometry.ts';
import { bodyStyle, findHeadings, type HeadingHints } from './headings.ts';
import { createJoiner, type LineText } from './join-text.ts';
import { layOutPage } from './lay-out-page.ts';
import { buildLines, type Line } from './lines.ts';
import type { PageContent } from './page-content.ts';
import type { PageRegion } from './page-region.ts';
import { buildParagraphs, markNotes, type Paragraph, type ParagraphOptions, type TablePiece } from './paragraphs.ts';
import { linePitch } from './pitch.ts';
import type { OpenTable } from './row-areas.ts';
import { findRunningHeads } from './running-heads.ts';
import { selectText } from './select-text.ts';
import { repeatedHeader } from './table-join.ts';
import { taggedPieces, withTaggedLevels } from './tagged-pieces.ts';
import { leftOutTurned, STRAIGHT, turnedPages } from './turns.ts';
import { buildWords } from './words.ts';

export interface LayOutOptions {
  readonly uri: string;
  /** Titles of the outline (bookmarks) without white space, lower case, with their depth from 1. */
  readonly outline: ReadonlyMap<string, number>;
}

export interface Layout {
  readonly blocks: readonly DraftBlock[];
  readonly metadata: Metadata;
  readonly findings: readonly Finding[];
}

type Piece = Paragraph | TablePiece;

/** The blocks of a document from the contents of its pages. */
export function layOutDocument(contents: readonly PageContent[], { uri, outline }: LayOutOptions): Layout {
  const findings: Finding[] = [];
  const pages = contents.flatMap((content) => {
    const where = `${uri} page ${content.page}`;
    const selected = selectText(content, where);
    findings.push(...selected.findings);
    if (selected.needsOcr) findings.push(needsOcr(content.page, where));
    const slanted = selected.glyphs.filter(
      ({ angle, text }) => Math.abs(angle) >= STRAIGHT && text.trim() !== '',
    ).length;
    return turnedPages(content, selected.glyphs).map((page) => {
      const drawn = buildWords(page.glyphs).filter(({ artifact }) => !artifact);
      const tagged = (content.tags ?? []).length > 0;
      const words = tagged ? drawn : [...drawn, ...drawnBullets(page.content.dots ?? [], drawn)];
      return { ...page, words, lines: buildLines(words), slanted, where };
    });
  });

  const bodySize = sizeOfMost(pages.flatMap(({ lines }) => lines));
  const heads = findRunningHeads(pages, bodySize);
  const pitch = linePitch(pages.flatMap(({ lines }) => [lines]));
  const pieces: Piece[] = [];
  let open: OpenTable | undefined;
  for (const { content, lines, turn, across, slanted, where } of pages) {
    const words = lines.filter((line) => !heads.lines.has(line)).flatMap((line) => line.words);
    const images = content.images.filter(
      ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0) < content.width * content.height * 0.4,
    );
    const laidOut = layOutPage(content, words, { across, ...(open !== undefined && { open }) });
    open = laidOut.open;
    findings.push(...leftOutTurned(laidOut.across, slanted, where));
    const options = { page: content.page, images, pitch, ...(turn !== undefined && { turn }) };
    const tables = laidOut.regions.flatMap(({ items }) =>
      items.flatMap((item) => (item.kind === 'table' ? [item.table] : [])),
    );
    const tagged =
      content.tags === undefined || content.tags.length === 0
        ? undefined
        : taggedPieces(content.tags, words, { ...options, columns: laidOut.regions.map(({ box }) => box), tables });
    if (tagged === undefined && laidOut.confidence < 1)
      findings.push(uncertainOrder(content.page, laidOut.confidence, uri));
    if (tagged === undefined) {
      const found = markNotes(piecesOf(laidOut.regions, options), content.rules);
      pieces.push(...withTaggedLevels(found, content.tags ?? []));
    } else {
      const untagged = piecesOf(layOutPage({ rules: [], fills: [] }, tagged.rest).regions, options);
      pieces.push(...insertByPlace(tagged.pieces, untagged));
    }
  }
  const heights = new Map(pages.map(({ content: { page, height } }) => [page, height]));
  const metadata: Metadata = heads.texts.length === 0 ? {} : { runningHeads: heads.texts.slice(0, 12) };
  return { blocks: blocksOf(pieces, { outline }, heights), metadata, findings };
}

function piecesOf(regions: readonly PageRegion[], options: Omit<ParagraphOptions, 'region'>): Piece[] {
  return regions.flatMap((region) => {
    const pieces: Piece[] = [];
    let run: Line[] = [];
    const flush = () => {
      const found = buildParagraphs(run, { ...options, region: region.box });
      pieces.push(...(region.aside === true ? found.map((piece) => ({ ...piece, aside: true as const })) : found));
      run = [];
    };
    for (const item of region.items) {
      if (item.kind === 'line') run.push(item.line);
      else {
        flush();
        const { page, turn } = options;
        pieces.push({
          kind: 'table',
          page,
          ...(turn !== undefined && { turn }),
          table: item.table,
          region: region.box,
        });
      }
    }
    flush();
    return pieces;
  });
}

/** Puts each of `others` in front of the first piece that stands below it. */
function insertByPlace(pieces: readonly Piece[], others: readonly Piece[]): Piece[] {
  const all = [...pieces];
  for (const other of others) {
    const box = boxOf(other);
    const at = all.findIndex((piece) => {
      const next = boxOf(piece);
      return next[1] > box[1] && overlap(next[0], next[2], box[0], box[2]) > 0;
    });
    all.splice(at < 0 ? all.length : at, 0, other);
  }
  return all;
}

function boxOf(piece: Piece): Box {
  return piece.kind === 'table' ? piece.table.box : union(piece.lines.map(({ box }) => box));
}

function blocksOf(pieces: readonly Piece[], hints: HeadingHints, heights: ReadonlyMap<number, number>): DraftBlock[] {
  const texts = pieces.filter((piece) => piece.kind === 'text');
  const body = bodyStyle(texts);
  const headings = findHeadings(pieces, body, hints);
  const joiner = createJoiner(pieces.flatMap(linesOf));
  const kindOf = (paragraph: Paragraph) => blockKind(paragraph, body.size, heights.get(paragraph.page) ?? 800);
  const blocks: DraftBlock[] = [];
  const used = new Set<Piece>();

  pieces.forEach((piece, index) => {
    if (used.has(piece)) return;
    used.add(piece);
    if (piece.kind === 'table') {
      blocks.push(tableBlock(continuedTables(pieces, index, used), joiner));
      return;
    }
    const level = headings.get(piece);
    if (level !== undefined) {
      blocks.push(textBlock('heading', [piece], joiner, level));
      return;
    }
    const kind = kindOf(piece);
    if (piece.marker !== undefined && kind === 'paragraph') {
      const items: Paragraph[][] = [];
      for (let at = index; at < pieces.length; at += 1) {
        const item = pieces[at];
        if (
          item === undefined ||
          item.kind !== 'text' ||
          item.marker === undefined ||
          headings.has(item) ||
          (at > index && used.has(item))
        )
          break;
        if (item.marker.ordered !== piece.marker.ordered && items.length === 0) break;
        used.add(item);
        items.push(continuedParagraphs(pieces, at, used, headings, kindOf));
        while (used.has(pieces[at + 1] as Piece) && pieces[at + 1] !== undefined) at += 1; // what continued the item
      }
      blocks.push(listBlock(items, joiner));
      return;
    }
    const parts =
      kind === 'paragraph' || kind === 'caption' ? continuedParagraphs(pieces, index, used, headings, kindOf) : [piece];
    blocks.push(textBlock(kind, parts, joiner));
  });
  return joinCode(blocks);
}

/** The paragraph with its continuations in the next columns and on the next pages, which are marked as used. */
function continuedParagraphs(
  pieces: readonly Piece[],
  index: number,
  used: Set<Piece>,
  headings: ReadonlyMap<Paragraph, number>,
  kindOf: (paragraph: Paragraph) => DraftBlock['kind'],
): Paragraph[] {
  const first = pieces[index];
  if (first === undefined || first.kind !== 'text') return [];
  const parts = [first];
  let noted = false; // a footnote interrupts the text, wherever it stands
  for (let at = index + 1; at < pieces.length; at += 1) {
    const next = pieces[at];
    const last = parts.at(-1) ?? first;
    if (next === undefined || used.has(next)) break;
    // Footnotes, captions and tables at the edge of the column stand between the two parts.
    if (next.kind === 'table') {
      if (at - index > 3 || (next.page === last.page && next.region === last.region)) break;
      continue;
    }
    const kind = kindOf(next);
    if (kind === 'footnote') noted = true;
    if (kind === 'footnote' || kind === 'image' || (kind === 'caption' && next.region !== last.region)) continue;
    if (
      (next.region === last.region && !noted) ||
      headings.has(next) ||
      next.marker !== undefined ||
      kind !== 'paragraph'
    )
      break;
    if (!continuesText(last, next)) break;
    used.add(next);
    parts.push(next);
  }
  return parts;
}

function continuesText(last: Paragraph, next: Paragraph): boolean {
  // Its own tags have said that it ends here.
  if (last.tagged === true && next.tagged === true && last.page === next.page) return false;
  const end = last.lines.at(-1);
  const start = next.lines[0];
  if (end === undefined || start === undefined) return false;
  if (Math.abs(last.size - next.size) > 0.6 || last.bold !== next.bold) return false;
  const before = end.text.trim();
  if (/[.!?。！？:：;；]["'”’）)」』\]]*$/.test(before)) return false;
  const full = end.box[2] > last.region[2] - last.size * 4;
  const lower = /^[\p{Ll}\p{Lo},，、)）]/u.test(start.text) && !/^[\p{Lo}]/u.test(start.text);
  const cjk = /[\p{Script=Han}，、\d]$/u.test(before);
  if (/[-\u2010\u00ad]$/.test(before) && lower) return true;
  const indented = start.box[0] > next.region[0] + start.size * 0.9;
  return lower || (full && !indented && (cjk || /[,，、]$|\p{L}$|[\d)”"’]$/u.test(before)));
}

/** The table with its continuations on the next pages or in the next columns, which are marked as used. */
function continuedTables(pieces: readonly Piece[], index: number, used: Set<Piece>): TablePiece[] {
  const first = pieces[index];
  if (first === undefined || first.kind !== 'table') return [];
  const parts = [first];
  for (let at = index + 1; at < pieces.length; at += 1) {
    const next = pieces[at];
    const last = parts.at(-1) ?? first;
    if (next === undefined || next.kind !== 'table' || next.region === last.region || !sameColumns(first, last, next))
      break;
    used.add(next);
    parts.push(next);
  }
  return parts;
}

function sameColumns(first: TablePiece, last: TablePiece, next: TablePiece): boolean {
  if (repeatedHeader(first, next) > 0) return true;
  const width = (piece: TablePiece) => piece.table.box[2] - piece.table.box[0];
  const [a, b] = [last.table.columns, next.table.columns];
  if (a.length !== b.length) return false;
  // Columns of words move with their contents; drawn columns do not.
  const slack = Math.max(8, width(last) * 0.07);
  const near = a.filter((x, column) => Math.abs(x - (b[column] ?? 0)) <= slack).length;
  return near >= a.length * 0.6 && Math.abs(width(last) - width(next)) <= Math.max(width(last), width(next)) * 0.3;
}

/** Lines of code that the layout separated. */
function joinCode(blocks: readonly DraftBlock[]): DraftBlock[] {
  const joined: DraftBlock[] = [];
  for (const block of blocks) {
    const last = joined.at(-1);
    if (last?.kind === 'code' && block.kind === 'code') {
      const shift = last.text.length + 1;
      const places = (block.places ?? []).map(({ start, end, place }) => ({
        start: start + shift,
        end: end + shift,
        place,
      }));
      joined[joined.length - 1] = {
        ...last,
        text: `${last.text}\n${block.text}`,
        places: [...(last.places ?? []), ...places],
      };
    } else joined.push(block);
  }
  return joined;
}

function linesOf(piece: Piece): readonly LineText[] {
  return piece.kind === 'text' ? piece.lines : piece.table.rows.flatMap((row) => row.flatMap(({ lines }) => lines));
}

function sizeOfMost(lines: readonly Line[]): number {
  const weights = new Map<number, number>();
  for (const { size, text } of lines)
    weights.set(Math.round(size * 2) / 2, (weights.get(Math.round(size * 2) / 2) ?? 0) + text.length);
  return [...weights].reduce((left, right) => (right[1] > left[1] ? right : left), [10, 0] as const)[0];
}

function uncertainOrder(page: number, confidence: number, uri: string): Finding {
  return {
    severity: 'warning',
    code: 'reading-order-uncertain',
    message: `text boxes stand beside each other on page ${page}; confidence in the order of its lines is ${confidence.toFixed(2)}, the others come in the order in which the page draws them`,
    where: `${uri} page ${page}`,
    suggestion: 'Look at the page: export it with tags, or put the boxes below each other.',
  };
}

function needsOcr(page: number, where: string): Finding {
  return {
    severity: 'error',
    code: 'needs-ocr',
    message: `page ${page} is a picture without a usable text layer`,
    where,
    suggestion:
      "Switch OCR on (knowledge.ocr: { engine: 'local' } in fieldkit.config.ts), or export the page with its text.",
  };
}
