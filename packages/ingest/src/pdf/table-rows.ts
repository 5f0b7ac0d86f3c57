import { buildLines } from './lines.ts';
import type { Word } from './words.ts';

export interface RowTableOptions {
  /** Where rows surely end. */
  readonly separators?: readonly number[];
  /** The separators mark every row. */
  readonly everyRow?: boolean;
  readonly headerBottom?: number;
}

/** Words of a row, over one or several lines. */
export interface TextRow {
  words: Word[];
  top: number;
  bottom: number;
}

/** Lines to rows. Lines that overlap vertically are one row; wrapped lines are told from rows by the spacing. */
export function groupRows(words: readonly Word[], { separators = [], everyRow = false }: RowTableOptions): TextRow[] {
  const lines: TextRow[] = [];
  for (const { words: own, box } of buildLines(words)) {
    const last = lines.at(-1);
    const height = box[3] - box[1];
    if (last !== undefined && last.bottom - box[1] > height * 0.35) {
      last.words.push(...own);
      last.bottom = Math.max(last.bottom, box[3]);
    } else lines.push({ words: [...own], top: box[1], bottom: box[3] });
  }
  const between = (upper: TextRow, lower: TextRow) =>
    separators.some(
      (y) =>
        y >= upper.bottom - 3 &&
        y <= lower.top + 3 &&
        y > (upper.top + upper.bottom) / 2 &&
        y < (lower.top + lower.bottom) / 2,
    );
  const gaps = lines.slice(1).map((line, index) => {
    const above = lines[index] ?? line;
    return { gap: line.top - above.bottom, cut: between(above, line) };
  });
  const limit = wrapLimit(
    gaps.map(({ gap }) => gap),
    words[0]?.size ?? 10,
    everyRow ? gaps.filter(({ cut }) => !cut).map(({ gap }) => gap) : undefined,
  );
  const rows: TextRow[] = [];
  lines.forEach((line, index) => {
    const gap = gaps[index - 1];
    const last = rows.at(-1);
    const wrapped = gap !== undefined && !gap.cut && gap.gap <= limit;
    if (last !== undefined && wrapped) {
      last.words.push(...line.words);
      last.bottom = line.bottom;
    } else rows.push({ ...line, words: [...line.words] });
  });
  return rows;
}

/** Largest gap inside a wrapped cell; negative infinity when every line is a row. */
function wrapLimit(gaps: readonly number[], size: number, uncut: readonly number[] | undefined): number {
  const sorted = [...gaps].sort((left, right) => left - right);
  const tight = size * 0.55; // leading of at most 1.5
  let best = { ratio: 1, limit: Number.NEGATIVE_INFINITY };
  for (let index = 1; index < sorted.length; index += 1) {
    const small = sorted[index - 1] ?? 0;
    const large = sorted[index] ?? 0;
    if (small > tight) break;
    const jump = large - small;
    if (jump > size * 0.25 && jump > best.ratio) best = { ratio: jump, limit: (small + large) / 2 };
  }
  // Where every row is marked, what is not marked inside a row is a wrapped line.
  if (uncut !== undefined && uncut.length > 0 && best.limit === Number.NEGATIVE_INFINITY) {
    return Math.max(...uncut.filter((gap) => gap <= tight), Number.NEGATIVE_INFINITY);
  }
  return best.limit;
}
