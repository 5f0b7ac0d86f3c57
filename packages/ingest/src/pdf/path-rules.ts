import { apply, type Box, intersection, type Matrix, union } from './geometry.ts';
import type { Rule } from './page-content.ts';

/** Thicker than this a filled rectangle is an area, not a line (points). */
const THICKEST_RULE = 3;
/** Shorter lines are strokes of drawings. */
const SHORTEST_RULE = 4;
/** Closed shapes of these sizes may be bullets. */
const DOT = { least: 1.2, most: 11 };

export interface PathRules {
  readonly rules: readonly Rule[];
  readonly areas: readonly Box[];
  /** Small closed shapes, about as wide as high. */
  readonly dots: readonly Box[];
  /** Pieces of the path that are neither. */
  readonly other: number;
}

/** pdf.js 5: flat path of 0 move (2), 1 line (2), 2 curve (6), 3 close (0). */
const ARGUMENTS = [2, 2, 6, 0];

/** The horizontal and vertical lines and the filled rectangles of a path, on the page and inside `clip`. */
export function rulesOfPath(
  path: Float32Array,
  matrix: Matrix,
  { filled, stroked, clip }: { readonly filled: boolean; readonly stroked: boolean; readonly clip: Box },
): PathRules {
  const rules: Rule[] = [];
  const areas: Box[] = [];
  const dots: Box[] = [];
  let other = 0;
  let points: (readonly [number, number])[] = [];
  let curved = false;

  const addRule = (x0: number, y0: number, x1: number, y1: number) => {
    const box = intersection([Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)], clip);
    const width = box[2] - box[0];
    const height = box[3] - box[1];
    if (width < 0 || height < 0) return;
    if (width >= SHORTEST_RULE && height <= THICKEST_RULE && width > height * 3) {
      rules.push({ horizontal: true, at: (box[1] + box[3]) / 2, from: box[0], to: box[2] });
    } else if (height >= SHORTEST_RULE && width <= THICKEST_RULE && height > width * 3) {
      rules.push({ horizontal: false, at: (box[0] + box[2]) / 2, from: box[1], to: box[3] });
    }
  };

  const finish = () => {
    const [first, second] = points;
    if (first !== undefined && second !== undefined) {
      const shape = union(points.map(([px, py]): Box => [px, py, px, py]));
      if (points.length >= 3 && isDot(shape, clip)) dots.push(shape);
      if (curved) other += 1;
      else if (filled && isRectangle(points)) {
        const box = intersection(union(points.map(([px, py]): Box => [px, py, px, py])), clip);
        const width = box[2] - box[0];
        const height = box[3] - box[1];
        if (Math.min(width, height) <= THICKEST_RULE) addRule(...box);
        else if (width > 0 && height > 0) areas.push(box);
      } else if (filled && !stroked) other += 1;
      if (stroked && !curved) {
        for (let index = 1; index < points.length; index += 1) {
          const [ax, ay] = points[index - 1] ?? first;
          const [bx, by] = points[index] ?? first;
          if (Math.abs(ax - bx) < 0.5 || Math.abs(ay - by) < 0.5) addRule(ax, ay, bx, by);
          else other += 1;
        }
      }
    }
    points = [];
    curved = false;
  };

  for (let at = 0; at < path.length; ) {
    const operation = path[at] ?? 0;
    const count = ARGUMENTS[operation] ?? 0;
    if (operation === 0) finish();
    if (operation === 0 || operation === 1) points.push(apply(matrix, path[at + 1] ?? 0, path[at + 2] ?? 0));
    else if (operation === 2) {
      curved = true;
      points.push(apply(matrix, path[at + count - 1] ?? 0, path[at + count] ?? 0));
    } else if (points[0] !== undefined) points.push(points[0]);
    at += 1 + count;
  }
  finish();
  return { rules, areas, dots, other };
}

function isDot([x0, y0, x1, y1]: Box, clip: Box): boolean {
  const [width, height] = [x1 - x0, y1 - y0];
  const inside = x0 >= clip[0] - 1 && y0 >= clip[1] - 1 && x1 <= clip[2] + 1 && y1 <= clip[3] + 1;
  return (
    inside &&
    Math.min(width, height) >= DOT.least &&
    Math.max(width, height) <= DOT.most &&
    Math.abs(width - height) <= Math.max(width, height) * 0.5
  );
}

function isRectangle(points: readonly (readonly [number, number])[]): boolean {
  if (points.length < 4 || points.length > 6) return false;
  return points.every(([x, y], index) => {
    const [nextX, nextY] = points[index + 1] ?? points[0] ?? [x, y];
    return Math.abs(x - nextX) < 0.5 || Math.abs(y - nextY) < 0.5;
  });
}
