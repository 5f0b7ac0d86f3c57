import type { Box } from './geometry.ts';
import type { Rule } from './page-content.ts';
import { mergeRules } from './ruled-tables.ts';

const SLACK = 3;
const MOST_RULES = 400;

/** Rectangles that four drawn lines enclose: frames around a note or a text box, largest first. */
export function findFrames(rules: readonly Rule[]): Box[] {
  const merged = mergeRules(rules);
  const horizontals = merged.filter(({ horizontal }) => horizontal).sort((left, right) => left.at - right.at);
  const verticals = merged.filter(({ horizontal }) => !horizontal);
  if (merged.length > MOST_RULES) return [];
  const near = (one: number, other: number) => Math.abs(one - other) <= SLACK;
  const frames: Box[] = [];
  horizontals.forEach((top, index) => {
    const bottom = horizontals
      .slice(index + 1)
      .find(({ at, from, to }) => at > top.at + 15 && near(from, top.from) && near(to, top.to));
    if (bottom === undefined || top.to - top.from < 30) return;
    const side = (x: number) =>
      verticals.some(({ at, from, to }) => near(at, x) && from <= top.at + SLACK && to >= bottom.at - SLACK);
    if (side(top.from) && side(top.to)) frames.push([top.from, top.at, top.to, bottom.at]);
  });
  return frames.sort((left, right) => area(right) - area(left));
}

function area([x0, y0, x1, y1]: Box): number {
  return (x1 - x0) * (y1 - y0);
}
