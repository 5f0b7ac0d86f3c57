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

/** For each line of the words its segments from left to right. */
export function segmentsOf(words: readonly Word[], gap = COLUMN_GAP): Segment[][] {
  return buildLines(words).map((line) => splitLine(line, gap));
}

export function splitLine(line: Line, gap = COLUMN_GAP): Segment[] {
  const groups: Word[][] = [];
  let right = Number.NEGATIVE_INFINITY;
  for (const word of line.words) {
    if (groups.length === 0 || word.box[0] - right > gap * Math.max(line.size, word.size)) groups.push([word]);
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
