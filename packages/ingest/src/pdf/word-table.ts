import { union } from './geometry.ts';
import type { PageTable } from './page-table.ts';
import { columnsOf, mergeComplementary, placeInColumns } from './table-columns.ts';
import { headerRowsByContent, spanHeaders } from './table-header.ts';
import { groupRows, type RowTableOptions } from './table-rows.ts';
import type { Word } from './words.ts';

/**
 * A table from words alone: columns are the vertical gaps that no row crosses (a header or a section row may), rows are lines, or
 * groups of lines where the spacing tells wrapped cells from rows. Undefined when fewer than two columns or rows are found.
 */
export function tableOfWords(words: readonly Word[], options: RowTableOptions = {}): PageTable | undefined {
  const rows = groupRows(words, options);
  const drawn = options.headerBottom;
  const drawnHeader = drawn === undefined ? 0 : rows.filter(({ bottom }) => bottom <= drawn + 3).length;
  const marked = options.separators !== undefined;
  if (rows.length < (marked ? 1 : 2)) return undefined;

  const minimumGap = marked ? 0.42 : 0.6;
  const assumed = Math.min(Math.max(1, drawnHeader), rows.length - 1);
  const body = rows.slice(assumed);
  // A header or a section row that spans columns hides gaps that the others show.
  const attempts = [columnsOf(rows, minimumGap, 0)];
  if (body.length >= 2) attempts.push(columnsOf(body, minimumGap, 0));
  if (rows.length >= 5) attempts.push(columnsOf(rows, minimumGap, Math.max(1, Math.floor(rows.length * 0.12))));
  const merged = attempts.map((columns) => mergeComplementary(columns, rows, assumed));
  const columns = merged.reduce((best, next) => (next.length > best.length ? next : best));
  if (columns.length < 2) return undefined;

  const plain = rows.map((row) => placeInColumns(row.words, columns));
  const headerRows = Math.min(rows.length - 1, drawnHeader > 0 ? drawnHeader : headerRowsByContent(plain));
  const box = union(words.map((word) => word.box));
  return {
    box,
    rows: headerRows >= 2 ? spanHeaders(plain, headerRows) : plain,
    rowBoxes: rows.map(({ words: own }) => union(own.map((word) => word.box))),
    headerRows: Math.max(0, headerRows),
    columns: columns.map(({ from }) => from - box[0]),
    words,
  };
}
