import { type Box, overlap } from './geometry.ts';
import type { Rule } from './page-content.ts';

export interface GridCell {
  readonly row: number;
  readonly column: number;
  readonly rowSpan: number;
  readonly colSpan: number;
  readonly box: Box;
}

/** A table whose lines are drawn: its cells, row by row. */
export interface Grid {
  readonly box: Box;
  readonly rows: number;
  readonly columns: number;
  readonly cells: readonly GridCell[];
  /** Column borders, one more than columns. */
  readonly xs: readonly number[];
  readonly ys: readonly number[];
}

/** Lines closer than this are one (points). */
const SNAP = 3;
const MAX_RULES = 6000;

/** Pieces of one line joined to one rule. */
export function mergeRules(rules: readonly Rule[], gap = SNAP): Rule[] {
  const merged: { horizontal: boolean; at: number; from: number; to: number }[] = [];
  const sorted = [...rules].sort(
    (left, right) => Number(left.horizontal) - Number(right.horizontal) || left.at - right.at || left.from - right.from,
  );
  for (const rule of sorted) {
    let joined = false;
    for (let index = merged.length - 1; index >= 0; index -= 1) {
      const last = merged[index];
      if (last === undefined || last.horizontal !== rule.horizontal || rule.at - last.at > 1.5) break;
      if (rule.from <= last.to + gap && rule.to >= last.from - gap) {
        last.from = Math.min(last.from, rule.from);
        last.to = Math.max(last.to, rule.to);
        joined = true;
        break;
      }
    }
    if (!joined) merged.push({ ...rule });
  }
  return merged;
}

/** The grids that crossing lines make. A frame around text (one cell) is none. */
export function findGrids(rules: readonly Rule[]): Grid[] {
  const merged = mergeRules(rules);
  if (merged.length > MAX_RULES) return [];
  const horizontals = merged.filter(({ horizontal }) => horizontal);
  const verticals = merged.filter(({ horizontal }) => !horizontal);
  return connected(horizontals, verticals)
    .map(gridOf)
    .filter((grid) => grid !== undefined);
}

/** Groups of lines that touch. */
function connected(horizontals: readonly Rule[], verticals: readonly Rule[]): { h: Rule[]; v: Rule[] }[] {
  const parent = Array.from({ length: horizontals.length + verticals.length }, (_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  horizontals.forEach((horizontal, i) => {
    verticals.forEach((vertical, j) => {
      const meets =
        vertical.at >= horizontal.from - SNAP &&
        vertical.at <= horizontal.to + SNAP &&
        horizontal.at >= vertical.from - SNAP &&
        horizontal.at <= vertical.to + SNAP;
      if (meets) parent[root(i)] = root(horizontals.length + j);
    });
  });
  const groups = new Map<number, { h: Rule[]; v: Rule[] }>();
  [...horizontals, ...verticals].forEach((rule, index) => {
    const key = root(index);
    const group = groups.get(key) ?? { h: [], v: [] };
    (rule.horizontal ? group.h : group.v).push(rule);
    groups.set(key, group);
  });
  return [...groups.values()].filter(({ h, v }) => h.length >= 2 && v.length >= 1);
}

function gridOf({ h, v }: { h: readonly Rule[]; v: readonly Rule[] }): Grid | undefined {
  const left = Math.min(...h.map(({ from }) => from), ...v.map(({ at }) => at));
  const right = Math.max(...h.map(({ to }) => to), ...v.map(({ at }) => at));
  const [open, end] = openEnds(v);
  const top = Math.min(open, ...h.map(({ at }) => at));
  const bottom = Math.max(end, ...h.map(({ at }) => at));
  // The outer border need not be drawn: the ends of the lines across stand for it.
  const xs = positions([...v.map(({ at }) => at), left, right]);
  const ys = positions([...h.map(({ at }) => at), top, bottom]);
  const columns = xs.length - 1;
  const rows = ys.length - 1;
  if (columns < 2 || rows < 1 || columns > 60 || rows > 400) return undefined;

  const separated = (rules: readonly Rule[], at: number, from: number, to: number) => {
    const covered = rules
      .filter((rule) => Math.abs(rule.at - at) <= SNAP)
      .reduce((sum, rule) => sum + Math.max(0, overlap(rule.from, rule.to, from, to)), 0);
    return covered >= (to - from) * 0.6;
  };
  const x = (index: number) => xs[index] ?? 0;
  const y = (index: number) => ys[index] ?? 0;
  const taken = new Set<number>();
  const cells: GridCell[] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      if (taken.has(row * columns + column)) continue;
      let colSpan = 1;
      while (
        column + colSpan < columns &&
        !taken.has(row * columns + column + colSpan) &&
        !separated(v, x(column + colSpan), y(row), y(row + 1))
      )
        colSpan += 1;
      let rowSpan = 1;
      const opensBelow = (below: number) => {
        for (let offset = 0; offset < colSpan; offset += 1) {
          if (separated(h, y(below), x(column + offset), x(column + offset + 1))) return false;
          if (offset > 0 && separated(v, x(column + offset), y(below), y(below + 1))) return false;
        }
        return true;
      };
      while (row + rowSpan < rows && opensBelow(row + rowSpan)) rowSpan += 1;
      for (let r = 0; r < rowSpan; r += 1)
        for (let c = 0; c < colSpan; c += 1) taken.add((row + r) * columns + column + c);
      cells.push({ row, column, rowSpan, colSpan, box: [x(column), y(row), x(column + colSpan), y(row + rowSpan)] });
    }
  }
  if (cells.length < 2) return undefined;
  return { box: [x(0), y(0), x(columns), y(rows)], rows, columns, cells, xs, ys };
}

/** Where lines down the page begin and end. One that alone goes further, a change bar beside the table, encloses nothing. */
function openEnds(verticals: readonly Rule[]): [top: number, bottom: number] {
  const ends = positions(verticals.map(({ at }) => at)).map((x) => {
    const own = verticals.filter(({ at }) => at >= x && at - x <= SNAP);
    return [Math.min(...own.map(({ from }) => from)), Math.max(...own.map(({ to }) => to))] as const;
  });
  const second = Math.min(1, ends.length - 1);
  const tops = ends.map(([from]) => from).sort((left, right) => left - right);
  const bottoms = ends.map(([, to]) => to).sort((left, right) => right - left);
  return [tops[second] ?? Number.POSITIVE_INFINITY, bottoms[second] ?? Number.NEGATIVE_INFINITY];
}

/** Sorted positions, those closer than `SNAP` joined. */
function positions(values: readonly number[]): number[] {
  const sorted = [...values].sort((left, right) => left - right);
  const kept: number[] = [];
  for (const value of sorted) {
    const last = kept.at(-1);
    if (last === undefined || value - last > SNAP) kept.push(value);
  }
  return kept;
}
