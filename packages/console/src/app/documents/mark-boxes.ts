import type { Place } from '@fieldkit/core';
import type { FoundWords, TextPiece } from './find-words.ts';

/** Width of a text in a font, in any unit. */
export type MeasureText = (text: string, font: string) => number;

/**
 * Where found words stand: a box per line, in the points of their page. A stretch of a piece takes the share of its width that its text takes of the whole
 * text in a like font. What is not written from left to right is marked as a whole.
 */
export function markBoxes(pieces: readonly TextPiece[], found: readonly FoundWords[], measure: MeasureText): Place[] {
  const boxes = found.flatMap(({ piece: index, start, end }): Place[] => {
    const piece = pieces[index];
    if (piece === undefined) return [];
    const { page, text, font, box } = piece;
    const [x0, y0, x1, y1] = box;
    if (text.length > 2 && y1 - y0 > x1 - x0) return [{ page, box }];
    const at = (offset: number): number => {
      if (offset <= 0) return x0;
      if (offset >= text.length) return x1;
      return x0 + ((x1 - x0) * measure(text.slice(0, offset), font)) / (measure(text, font) || 1);
    };
    return [{ page, box: [at(start), y0, at(end), y1] }];
  });
  return joinedByLine(boxes);
}

/** Neighbours on one line become one box, so that a line is marked without gaps. */
function joinedByLine(boxes: readonly Place[]): Place[] {
  const joined: Place[] = [];
  for (const next of boxes) {
    const last = joined.at(-1);
    if (last !== undefined && continues(last, next)) {
      const [a, b] = [last.box, next.box];
      const box = [a[0], Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])] as [
        number,
        number,
        number,
        number,
      ];
      joined[joined.length - 1] = { page: last.page, box };
    } else joined.push(next);
  }
  return joined;
}

function continues({ page, box: a }: Place, { page: nextPage, box: b }: Place): boolean {
  const height = a[3] - a[1];
  const gap = b[0] - a[2];
  return page === nextPage && Math.abs(a[1] + a[3] - b[1] - b[3]) / 2 < height / 3 && gap > -height / 2 && gap < height;
}
