import { type Place, placeCells, type Table, tableText } from '@fieldkit/core';
import type { BlockPlace, DraftBlock } from '../reader.ts';
import { type Box, union } from './geometry.ts';
import { isCaption } from './headings.ts';
import type { Joiner, LineText } from './join-text.ts';
import type { PageCell } from './page-table.ts';
import type { Paragraph, TablePiece } from './paragraphs.ts';
import { continueSpans, joinCutRow, repeatedHeader, withoutEmptyEdge } from './table-join.ts';
import { boxOnPage } from './turns.ts';
import { RIGHT_TO_LEFT } from './words.ts';

/** Paragraphs (several when one runs over columns or pages) as a block with the places of its parts. */
export function textBlock(
  kind: DraftBlock['kind'],
  parts: readonly Paragraph[],
  joiner: Joiner,
  level?: number,
): DraftBlock {
  let text = '';
  let last: LineText | undefined;
  const places: BlockPlace[] = [];
  for (const part of parts) {
    const start = text.length;
    const partStart = { at: start };
    part.lines.forEach((line, index) => {
      if (kind === 'code') {
        text += `${text === '' ? '' : '\n'}${' '.repeat(Math.max(0, Math.round((line.box[0] - part.region[0]) / (line.size * 0.6))))}${line.text}`;
        return;
      }
      const { drop, append } = last === undefined ? { drop: 0, append: line.text } : joiner.next(text, last, line.text);
      text = text.slice(0, text.length - drop);
      if (index === 0) partStart.at = text.length + (append.startsWith(' ') ? 1 : 0);
      text += append;
      last = line;
    });
    const from = Math.min(partStart.at, text.length);
    const previous = places.at(-1);
    if (previous !== undefined && previous.end > from) places[places.length - 1] = { ...previous, end: from };
    places.push({ start: from, end: text.length, place: placeOf(part, union(part.lines.map(({ box }) => box))) });
  }
  return { kind, text, places, ...(level !== undefined && { level }) };
}

/** Items of a list, one a line, indented by how far they stand from the list's left edge. */
export function listBlock(items: readonly (readonly Paragraph[])[], joiner: Joiner): DraftBlock {
  const lefts = items.map(([first]) => first?.lines[0]?.box[0] ?? 0);
  const size = items[0]?.[0]?.size ?? 10;
  const steps: number[] = [];
  for (const left of [...lefts].sort((one, other) => one - other)) {
    if (steps.length === 0 || left - (steps.at(-1) ?? 0) > size * 0.8) steps.push(left);
  }
  let text = '';
  const places: BlockPlace[] = [];
  items.forEach((parts, index) => {
    const block = textBlock('list', parts, joiner);
    const marker = parts[0]?.marker;
    const body = marker === undefined ? block.text : block.text.slice(marker.text.length).trimStart();
    const shown = marker?.ordered === true ? marker.text.trim() : '-';
    const depth = Math.max(
      0,
      steps.findLastIndex((step) => (lefts[index] ?? 0) >= step - size * 0.4),
    );
    const space = /[）、]$/.test(shown) && !/\s$/.test(block.text.slice(0, block.text.length - body.length)) ? '' : ' ';
    const line = `${'  '.repeat(Math.min(depth, 6))}${shown}${space}${body}`;
    const start = text === '' ? 0 : text.length + 1;
    const shift = start + line.length - block.text.length;
    for (const span of block.places ?? []) {
      places.push({ start: Math.max(start, span.start + shift), end: span.end + shift, place: span.place });
    }
    const first = places.findIndex((span) => span.start >= start || span.end > start);
    const lead = places[first];
    if (lead !== undefined) places[first] = { ...lead, start };
    text = text === '' ? line : `${text}\n${line}`;
  });
  return { kind: 'list', text, places };
}

/** A table, joined over pages, with the place of each row, and of each cell that spans rows. */
export function tableBlock(pieces: readonly TablePiece[], joiner: Joiner): DraftBlock {
  const [first] = pieces;
  const headerRows = first?.table.headerRows ?? 0;
  let pageRows: readonly (readonly PageCell[])[] = [];
  const rowPlaces: Place[] = [];
  const cellPlaces = new Map<string, Place[]>();
  const addCell = (piece: TablePiece, row: number, index: number, { box }: PageCell) => {
    if (box !== undefined)
      cellPlaces.set(`${row},${index}`, [...(cellPlaces.get(`${row},${index}`) ?? []), placeOf(piece, box)]);
  };
  pieces.forEach((whole, part) => {
    const top = part === 0 ? whole.table : withoutEmptyEdge(whole.table, 'first');
    const piece = { ...whole, table: part === pieces.length - 1 ? top : withoutEmptyEdge(top, 'last') };
    const skip = part === 0 ? 0 : repeatedHeader(first, piece);
    piece.table.rows.slice(skip).forEach((found, offset) => {
      let row = found;
      const above = pageRows.at(-1);
      if (part > 0 && offset === 0 && above !== undefined) {
        const joined = joinCutRow(above, row);
        if (joined !== undefined) {
          pageRows = [...pageRows.slice(0, -1), joined];
          return;
        }
        const continued = continueSpans(pageRows, row);
        pageRows = continued.rows;
        row = continued.first;
        for (const one of continued.parts) addCell(piece, one.row, one.index, one.cell);
      }
      row.forEach((cell, index) => {
        if ((cell.rowSpan ?? 1) > 1) addCell(piece, pageRows.length, index, cell);
      });
      pageRows = [...pageRows, row];
      rowPlaces.push(placeOf(piece, piece.table.rowBoxes[skip + offset] ?? piece.table.box));
    });
  });
  const rightToLeft = isRightToLeft(pageRows);
  const rows = pageRows.map((row) =>
    (rightToLeft ? [...row].reverse() : row).map(({ lines, rowSpan, colSpan }) => ({
      text: joiner.join(lines),
      ...(rowSpan !== undefined && { rowSpan }),
      ...(colSpan !== undefined && { colSpan }),
    })),
  );
  const table: Table = { rows, headerRows: Math.min(headerRows, Math.max(0, rows.length - 1)) };
  const text = tableText(table);
  const spanning = placeCells(table).flatMap(({ row, index, start, end }) => {
    const own = rightToLeft ? (pageRows[row]?.length ?? 0) - 1 - index : index;
    return (cellPlaces.get(`${row},${own}`) ?? []).map((place) => ({ start, end, place }));
  });
  const places: BlockPlace[] = [];
  let start = 0;
  text.split('\n').forEach((line, index) => {
    const end = start + line.length;
    const place = rowPlaces[index];
    // What stands in cells over several rows has its own place; the rest of the line that of its row.
    let from = start;
    for (const cell of spanning.filter((one) => one.start >= start && one.end <= end)) {
      if (place !== undefined && cell.start > from) places.push({ start: from, end: cell.start, place });
      places.push(cell);
      from = Math.max(from, cell.end);
    }
    if (place !== undefined && (end > from || from === start)) places.push({ start: from, end, place });
    start = end + 1;
  });
  return { kind: 'table', text, table, places };
}

/** Most cells of the first row are of a script that is written from right to left: so are its columns. */
function isRightToLeft(rows: readonly (readonly PageCell[])[]): boolean {
  const cells = (rows[0] ?? []).filter(({ text }) => /\p{L}/u.test(text));
  return cells.filter(({ text }) => RIGHT_TO_LEFT.test(text)).length * 2 > cells.length;
}

export function blockKind(paragraph: Paragraph, bodySize: number, pageHeight: number): DraftBlock['kind'] {
  const text = paragraph.lines[0]?.text ?? '';
  if (paragraph.role !== undefined) return paragraph.role;
  if (isCaption(text)) return 'caption';
  if (paragraph.label) return 'image';
  if (paragraph.monospace) return 'code';
  const top = paragraph.lines[0]?.box[1] ?? 0;
  if (
    paragraph.size < bodySize * 0.9 &&
    (top > pageHeight * 0.6 || paragraph.note === true) &&
    /^(?:\d{1,3}|[*†‡§①-⑳])(?=[\s\p{L}"“(]|$)/u.test(text)
  )
    return 'footnote';
  return 'paragraph';
}

function placeOf({ page, turn }: Pick<TablePiece, 'page' | 'turn'>, inFrame: Box): Place {
  const box = turn === undefined ? inFrame : boxOnPage(turn, inFrame);
  const round = (value: number) => Math.round(value * 10) / 10;
  return { page, box: [round(box[0]), round(box[1]), round(box[2]), round(box[3])] };
}
