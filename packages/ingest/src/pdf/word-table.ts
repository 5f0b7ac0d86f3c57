import { holdsCentre, union } from './geometry.ts';
import type { PageCell, PageTable } from './page-table.ts';
import { columnsOf, mergeComplementary, placeInColumns } from './table-columns.ts';
import { headerRowsByContent, spanHeaders } from './table-header.ts';
import { groupRows, type RowTableOptions } from './table-rows.ts';
import type { Word } from './words.ts';

interface Band {
  readonly top: number;
  readonly bottom: number;
  /** Of the cells that span its rows. */
  readonly words: readonly Word[];
}

/** Between full lines, where lines across some of the columns part rows: what stands in the other columns spans them. */
function spanningBands(words: readonly Word[], { separators = [], partial = [] }: RowTableOptions): Band[] {
  if (partial.length === 0) return [];
  const edges = [
    Number.NEGATIVE_INFINITY,
    ...[...separators].sort((one, other) => one - other),
    Number.POSITIVE_INFINITY,
  ];
  return edges.slice(1).flatMap((bottom, index) => {
    const top = edges[index] ?? bottom;
    const own = partial.filter(({ at }) => at > top && at < bottom);
    if (own.length === 0) return [];
    const from = Math.min(...own.map((rule) => rule.from));
    const to = Math.max(...own.map((rule) => rule.to));
    const beside = words.filter(({ box }) => {
      const middle = (box[1] + box[3]) / 2;
      return middle > top && middle < bottom && (box[2] <= from + 2 || box[0] >= to - 2);
    });
    return beside.length === 0 ? [] : [{ top, bottom, words: beside }];
  });
}

/** The cells of the first row that hold these words span the rows below, whose cells there are empty. */
function spanRows(
  rows: readonly (readonly PageCell[])[],
  { first, count, words }: { readonly first: number; readonly count: number; readonly words: readonly Word[] },
): (readonly PageCell[])[] {
  const columnsOfCells = (row: readonly PageCell[]) => {
    let column = 0;
    return row.map((cell) => {
      const start = column;
      column += cell.colSpan ?? 1;
      return { cell, start };
    });
  };
  const spanned = new Set(
    columnsOfCells(rows[first] ?? []).flatMap(({ cell: { box }, start }) =>
      box !== undefined && words.some((word) => holdsCentre(box, word.box, 1)) ? [start] : [],
    ),
  );
  return rows.map((row, index) => {
    if (index < first || index >= first + count) return row;
    return columnsOfCells(row).flatMap(({ cell, start }) => {
      if (!spanned.has(start)) return [cell];
      if (index === first) return [{ ...cell, rowSpan: count }];
      return cell.text === '' ? [] : [cell];
    });
  });
}

/**
 * A table from words alone: columns are the vertical gaps that no row crosses (a header or a section row may), rows are lines, or
 * groups of lines where the spacing tells wrapped cells from rows. Undefined when fewer than two columns or rows are found.
 */
export function tableOfWords(words: readonly Word[], options: RowTableOptions = {}): PageTable | undefined {
  const bands = spanningBands(words, options);
  const spanning = new Set(bands.flatMap((band) => band.words));
  const rows = groupRows(
    words.filter((word) => !spanning.has(word)),
    { ...options, separators: [...(options.separators ?? []), ...(options.partial ?? []).map(({ at }) => at)] },
  );
  const spans = bands.flatMap((band) => {
    const first = rows.findIndex(
      ({ top, bottom }) => (top + bottom) / 2 > band.top && (top + bottom) / 2 < band.bottom,
    );
    const count = rows.filter(
      ({ top, bottom }) => (top + bottom) / 2 > band.top && (top + bottom) / 2 < band.bottom,
    ).length;
    rows[first]?.words.push(...band.words);
    return first >= 0 && count > 1 ? [{ first, count, words: band.words }] : [];
  });
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

  const placed = rows.map((row) => placeInColumns(row.words, columns));
  const plain = spans.reduce(spanRows, placed);
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
