import { type Box, union } from './geometry.ts';
import { buildLines, type Line } from './lines.ts';
import type { Word } from './words.ts';

/** Words of a line that stand together, apart from others on the line by a gap wider than between words. */
export interface Segment {
  readonly words: readonly Word[];
  readonly box: Box;
  readonly size: number;
  readonly characters: number;
}

/** Gap, in parts of the font size, from which words may belong to different columns. */
const COLUMN_GAP = 0.95;
/** The same where a vertical gap runs through the page. */
const GUTTER_GAP = 0.45;

/** A vertical gap between columns. */
export interface Gutter {
  readonly from: number;
  readonly to: number;
}

/** For each line of the words its segments from left to right. */
export function segmentsOf(words: readonly Word[], gap = COLUMN_GAP): Segment[][] {
  return buildLines(words).map((line) => splitLine(line, gap));
}

/** `gutters` are vertical gaps of the page at which smaller gaps count, too. */
export function splitLine(line: Line, gap = COLUMN_GAP, gutters: readonly Gutter[] = []): Segment[] {
  const groups: Word[][] = [];
  let right = Number.NEGATIVE_INFINITY;
  for (const word of line.words) {
    const space = word.box[0] - right;
    const size = Math.max(line.size, word.size);
    const atGutter =
      space > size * GUTTER_GAP &&
      gutters.some(({ from, to }) => right <= (from + to) / 2 && word.box[0] >= (from + to) / 2);
    if (groups.length === 0 || space > gap * size || atGutter) groups.push([word]);
    else groups.at(-1)?.push(word);
    right = Math.max(right, word.box[2]);
  }
  return groups.map((group) => ({
    words: group,
    box: union(group.map(({ box }) => box)),
    size: line.size,
    characters: group.reduce((sum, { text }) => sum + text.length, 0),
  }));
}
