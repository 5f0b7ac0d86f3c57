import type { Box } from './geometry.ts';
import { overlap, union } from './geometry.ts';
import { buildLines, type Line } from './lines.ts';
import type { TagBlock, TagCell } from './page-content.ts';
import { makeCell, type PageTable } from './page-table.ts';
import { idsOf } from './page-tags.ts';
import { listMarker, makeParagraph, type Paragraph, type ParagraphOptions, type TablePiece } from './paragraphs.ts';
import { headerRowsByContent } from './table-header.ts';
import type { Word } from './words.ts';

type Piece = Paragraph | TablePiece;

export interface TaggedOptions extends Omit<ParagraphOptions, 'region'> {
  /** Columns that the layout found: how wide a paragraph's lines can be. */
  readonly columns: readonly Box[];
  /** Tables that the layout found: they know the spans of cells, which tags of a page do not say. */
  readonly tables: readonly PageTable[];
}

/** Of the ends of paragraphs, how many may fall into a sentence: more, and the tags are of lines. */
const BROKEN = 0.3;

/**
 * The pieces of a page in the order of its tags. Undefined when the tags turn out to be of lines instead of paragraphs. `rest` are the
 * words that no tag names.
 */
export function taggedPieces(
  tags: readonly TagBlock[],
  words: readonly Word[],
  options: TaggedOptions,
): { readonly pieces: readonly Piece[]; readonly rest: readonly Word[] } | undefined {
  const byId = new Map<number, Word[]>();
  for (const word of words) {
    if (word.mcid !== undefined) byId.set(word.mcid, [...(byId.get(word.mcid) ?? []), word]);
  }
  const wordsOf = (ids: readonly number[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const taken = new Set(wordsOf(tags.flatMap(idsOf)));
  const pieces: Piece[] = [];
  const turned = options.turn === undefined ? {} : { turn: options.turn };
  for (const tag of tags) {
    const own = wordsOf(idsOf(tag));
    if (own.length === 0) continue;
    const box = union(own.map((word) => word.box));
    const region = options.columns.find((column) => holds(column, box)) ?? box;
    if (tag.kind === 'table') {
      const drawn = options.tables.find((table) => isSameTable(table, own, tag.rows.length));
      const table = drawn ?? tableOfTags(tag.rows, wordsOf);
      if (table !== undefined) pieces.push({ kind: 'table', page: options.page, ...turned, table, region });
      else pieces.push(textPiece(own, { ...options, region }, pieces.at(-1), {}));
      continue;
    }
    const marker = tag.kind === 'item' ? markerOf(own, wordsOf(tag.label ?? [])) : undefined;
    const role = tag.kind === 'caption' || tag.kind === 'footnote' || tag.kind === 'code' ? tag.kind : undefined;
    pieces.push(
      textPiece(own, { ...options, region }, pieces.at(-1), {
        ...(tag.level !== undefined && { level: tag.level }),
        ...(role !== undefined && { role }),
        ...(tag.kind === 'figure' && { role: 'image' as const }),
        ...(marker !== undefined && { marker }),
      }),
    );
  }
  const texts = pieces.filter((piece) => piece.kind === 'text');
  return isOfLines(texts) ? undefined : { pieces, rest: words.filter((word) => !taken.has(word)) };
}

/** The layout's own pieces, with the levels of those that are tagged as headings from end to end. */
export function withTaggedLevels(pieces: readonly Piece[], tags: readonly TagBlock[]): Piece[] {
  const levels = new Map(
    tags.flatMap((tag) => (tag.kind === 'heading' ? tag.ids.map((id) => [id, tag.level] as const) : [])),
  );
  return pieces.map((piece) => {
    if (piece.kind === 'table') return piece;
    const words = piece.lines.flatMap((line) => line.words);
    const own = new Set(words.map(({ mcid }) => (mcid === undefined ? undefined : levels.get(mcid))));
    const [level] = own;
    return own.size === 1 && level !== undefined ? { ...piece, level } : piece;
  });
}

function textPiece(
  words: readonly Word[],
  options: ParagraphOptions,
  above: Piece | undefined,
  said: Partial<Pick<Paragraph, 'level' | 'role' | 'marker'>>,
): Paragraph {
  const lines = linesInOrder(words);
  const last = above?.kind === 'text' ? above.lines.at(-1) : undefined;
  const first = lines[0];
  const below =
    last !== undefined &&
    first !== undefined &&
    first.baseline > last.baseline &&
    overlap(last.box[0], last.box[2], first.box[0], first.box[2]) > 0;
  const gap = below
    ? (first.baseline - last.baseline) / options.pitch(Math.max(first.size, last.size))
    : Number.POSITIVE_INFINITY;
  // An element of its own stands apart, however near it is set.
  return { ...makeParagraph(lines, Math.max(gap, 1.2), Number.POSITIVE_INFINITY, options), ...said, tagged: true };
}

/** Lines of a paragraph; one that goes on at the top of the next column is drawn from there on. */
function linesInOrder(words: readonly Word[]): Line[] {
  const runs: Word[][] = [];
  let lowest = Number.NEGATIVE_INFINITY;
  for (const word of [...words].sort((left, right) => left.order - right.order)) {
    if (runs.length === 0 || word.baseline < lowest - word.size * 2) {
      runs.push([]);
      lowest = word.baseline;
    }
    runs.at(-1)?.push(word);
    lowest = Math.max(lowest, word.baseline);
  }
  return runs.flatMap((run) => buildLines(run));
}

function markerOf(words: readonly Word[], label: readonly Word[]): Paragraph['marker'] {
  const text = buildLines(words)[0]?.text ?? '';
  const found = listMarker(text);
  if (found !== undefined) return found;
  const said = buildLines(label)[0]?.text ?? '';
  return said !== '' && text.startsWith(said) && /[\p{L}\p{N}]/u.test(said)
    ? { text: said, ordered: true }
    : { text: said !== '' && text.startsWith(said) ? said : '', ordered: false };
}

/** The layout's table holds the same words in as many rows. */
function isSameTable(table: PageTable, words: readonly Word[], rows: number): boolean {
  const own = new Set(words);
  const shared = table.words.filter((word) => own.has(word)).length;
  return shared >= Math.max(own.size, table.words.length) * 0.9 && table.rows.length === rows;
}

/** Rows and cells as tagged; a cell spans the columns up to the next one where its row has fewer cells than the others. */
function tableOfTags(
  tagged: readonly (readonly TagCell[])[],
  wordsOf: (ids: readonly number[]) => Word[],
): PageTable | undefined {
  const filled = tagged
    .map((row) => row.map(({ ids, header }) => ({ words: wordsOf(ids), header })))
    .filter((row) => row.some(({ words }) => words.length > 0));
  const width = Math.max(0, ...filled.map((row) => row.length));
  if (width < 2) return undefined;
  const full = filled.filter((row) => row.length === width);
  const lefts = Array.from({ length: width }, (_, column) =>
    Math.min(...full.flatMap((row) => (row[column]?.words ?? []).map(({ box }) => box[0]))),
  );
  const words = filled.flatMap((row) => row.flatMap((cell) => cell.words));
  const rows = filled.map((row) => {
    if (row.length === width) return row.map((cell) => makeCell(cell.words));
    // Each cell begins at the last column that begins left of it and leaves room for the cells behind it.
    let next = 0;
    const starts = row.map((cell, index) => {
      const left = Math.min(...cell.words.map(({ box }) => box[0]));
      const wanted = lefts.findLastIndex((at) => at <= left + 4);
      const start = Math.max(next, Math.min(wanted < 0 ? next : wanted, width - (row.length - index)));
      next = start + 1;
      return index === 0 ? 0 : start;
    });
    return row.map((cell, index) => {
      const colSpan = (starts[index + 1] ?? width) - (starts[index] ?? 0);
      return { ...makeCell(cell.words), ...(colSpan > 1 && { colSpan }) };
    });
  });
  const box = union(words.map((word) => word.box));
  const named = filled.findIndex((row) => row.some(({ header }) => !header));
  const headerRows = named > 0 ? named : headerRowsByContent(rows);
  return {
    box,
    rows,
    rowBoxes: filled.map((row) => union(row.flatMap((cell) => cell.words.map((word) => word.box)))),
    headerRows: Math.min(headerRows, rows.length - 1),
    columns: lefts.map((left) => (Number.isFinite(left) ? left - box[0] : 0)),
    words,
  };
}

/** Most paragraphs end inside a sentence that the next one goes on with. */
function isOfLines(texts: readonly Paragraph[]): boolean {
  let pairs = 0;
  let broken = 0;
  texts.forEach((text, index) => {
    const next = texts[index + 1];
    if (next === undefined || text.level !== undefined || next.level !== undefined || next.marker !== undefined) return;
    pairs += 1;
    const end = text.lines.at(-1)?.text.trim() ?? '';
    const start = next.lines[0]?.text.trim() ?? '';
    if (!/[.:;!?。：；！？]["'”’)）]*$/.test(end) && /^\p{Ll}/u.test(start)) broken += 1;
  });
  return pairs >= 4 && broken > pairs * BROKEN;
}

function holds(column: Box, box: Box): boolean {
  return (
    overlap(column[0], column[2], box[0], box[2]) >= (box[2] - box[0]) * 0.9 &&
    overlap(column[1], column[3], box[1], box[3]) > 0
  );
}
