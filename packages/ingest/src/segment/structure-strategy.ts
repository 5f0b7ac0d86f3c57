import { estimateTokens, type TextSpan } from '@fieldkit/core';
import { cohesionOf } from './cohesion.ts';
import type { SegmentStrategy } from './strategy.ts';
import { type Unit, unitsOf } from './units.ts';

/** The size that chunks should have, as a part of the largest: room to go on to a better place to cut. */
const TARGET = 0.6;
/** What a cut costs, beside the squared relative distance of a chunk's size from the target. Sections are worth being short. */
const CUT: Readonly<Record<Unit['boundary'], number>> = {
  section: -1,
  block: 0,
  line: 0.02,
  sentence: 0.05,
  row: 0.1,
  inside: 0.5,
};
/** A chunk that is too short costs this much more than one that is too long. */
const SHORT = 2;
const COHESION = 0.1;
/** A unit that begins with one of these leans on the one before. */
const LEANS = new RegExp(
  '^\\W*(?:(?:this|these|those|that|it|its|they|their|he|she|his|her|such|however|moreover|furthermore|therefore|thus|hence|also|' +
    'and|but|or|so|then|instead|similarly|likewise|consequently|finally|additionally|nevertheless|for example|for instance|in addition|' +
    'in contrast|as a result|the latter|the former)\\b|此外|但是?|因此|所以|然而|同时|并且?|而且|另外|其中?|该|上述|前述|这|那|它|他们?|她)',
  'iu',
);
const LEANING = 0.1;

/**
 * Follows the document's structure: of all ways to cut between sentences, items and rows, the one whose chunks are nearest to one size
 * and begin at headings, at blocks, and where the words change. A heading never ends a chunk, and a table's header is not left alone.
 */
export const structureStrategy: SegmentStrategy = {
  name: 'structure',
  split(document, { maxTokens }) {
    const units = unitsOf(document, maxTokens);
    const texts = units.map(({ start, end, tokens }) => ({ text: document.text.slice(start, end), tokens }));
    const together = cohesionOf(texts, maxTokens);
    const costs = units.map(({ boundary }, index) => {
      const leaning = LEANS.test(texts[index]?.text ?? '') ? LEANING : 0;
      return CUT[boundary] + COHESION * (together[index] ?? 0) + leaning;
    });
    return cheapest(units, costs, maxTokens).flatMap((group) => within(document.text, group, maxTokens));
  },
};

/** Groups of neighbouring units with the least total cost, by dynamic programming over the ends of chunks. */
function cheapest(units: readonly Unit[], costs: readonly number[], maxTokens: number): Unit[][] {
  const target = maxTokens * TARGET;
  const best = new Float64Array(units.length + 1).fill(Number.POSITIVE_INFINITY);
  const begins = new Int32Array(units.length + 1);
  best[0] = 0;
  for (let end = 1; end <= units.length; end += 1) {
    let tokens = 0;
    for (let start = end - 1; start >= 0; start -= 1) {
      tokens += units[start]?.tokens ?? 0;
      if (tokens > maxTokens && start < end - 1) break;
      const off = tokens / target - 1;
      const size = (off < 0 ? SHORT : 1) * off * off;
      const cost = (best[start] ?? 0) + size + (start === 0 ? 0 : (costs[start] ?? 0));
      if (cost < (best[end] ?? 0)) {
        best[end] = cost;
        begins[end] = start;
      }
    }
  }
  const groups: Unit[][] = [];
  for (let end = units.length; end > 0; end = begins[end] ?? 0) groups.push(units.slice(begins[end], end));
  return groups.reverse();
}

/** The span of a group, or two when the white space between its units makes it too long after all. */
function within(text: string, group: readonly Unit[], maxTokens: number): TextSpan[] {
  const [first] = group;
  const last = group.at(-1);
  if (first === undefined || last === undefined) return [];
  if (group.length === 1 || estimateTokens(text.slice(first.start, last.end)) <= maxTokens) {
    return [{ start: first.start, end: last.end }];
  }
  const middle = Math.ceil(group.length / 2);
  return [...within(text, group.slice(0, middle), maxTokens), ...within(text, group.slice(middle), maxTokens)];
}
