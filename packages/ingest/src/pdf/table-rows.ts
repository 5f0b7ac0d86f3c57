import { overlap } from './geometry.ts';
import { buildLines, type Line } from './lines.ts';
import type { Rule } from './page-content.ts';
import { type Segment, splitLine } from './segments.ts';
import type { Word } from './words.ts';

export interface RowTableOptions {
  /** Where rows surely end. */
  readonly separators?: readonly number[];
  /** The separators mark every row. */
  readonly everyRow?: boolean;
  readonly headerBottom?: number;
  /** Lines across some of the columns, which part rows beside a cell that spans them. */
  readonly partial?: readonly Rule[];
}

/** Part of a line's height that it overlaps the one above it by when both are of one row. */
const OVERLAP = 0.35;

/** Words of a row, over one or several lines. */
export interface TextRow {
  words: Word[];
  top: number;
  bottom: number;
}

/** Lines to rows. Lines that overlap vertically are one row; wrapped lines are told from rows by the spacing. */
export function groupRows(words: readonly Word[], { separators = [], everyRow = false }: RowTableOptions): TextRow[] {
  const lines: TextRow[] = [];
  const [first, beside, below, ...others] = buildLines(words);
  const stacked = spanningHeader(first, beside, below);
  if (stacked !== undefined) lines.push(...stacked);
  const unstacked = stacked === undefined ? buildLines(words) : others;
  for (const { words: own, box } of unstacked) {
    const last = lines.at(-1);
    const height = box[3] - box[1];
    if (last !== undefined && last.bottom - box[1] > height * OVERLAP) {
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

/**
 * Two header rows with a cell beside them that spans both and stands half-way: `Model` beside `Flow`, which stands over `min` and `max`.
 * Undefined where the three lines are those of one row.
 */
function spanningHeader(first?: Line, beside?: Line, below?: Line): TextRow[] | undefined {
  if (first === undefined || beside === undefined || below === undefined) return undefined;
  const height = beside.box[3] - beside.box[1];
  const gap = below.box[1] - first.box[3];
  const halfWay = beside.box[1] < first.box[3] + height * 0.1 && beside.box[3] > below.box[1] - height * 0.1;
  if (gap < -height * OVERLAP || gap > height || !halfWay) return undefined;
  const [over, between, under] = [splitLine(first), splitLine(beside), splitLine(below)];
  const meets = (one: Segment, other: Segment) => overlap(one.box[0], one.box[2], other.box[0], other.box[2]) > 0;
  if (between.some((one) => [...over, ...under].some((other) => meets(one, other)))) return undefined;
  // Each cell of the lower row belongs to the nearest of the upper; in a wrapped row they are as many.
  const middle = ({ box }: Segment) => (box[0] + box[2]) / 2;
  const owners = under.map((one) =>
    over.reduce((best, next) =>
      Math.abs(middle(next) - middle(one)) < Math.abs(middle(best) - middle(one)) ? next : best,
    ),
  );
  if (over.some((one) => owners.filter((owner) => owner === one).length < 2)) return undefined;
  const row = (words: readonly Word[], { box }: Line): TextRow => ({ words: [...words], top: box[1], bottom: box[3] });
  return [row([...first.words, ...beside.words], first), row(below.words, below)];
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
