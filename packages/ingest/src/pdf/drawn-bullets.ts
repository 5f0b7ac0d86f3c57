import { type Box, overlap } from './geometry.ts';
import type { Word } from './words.ts';

/** Of the font size, how far from its text a bullet stands at most. */
const FURTHEST = 2.4;
/** Of the font size, the height of the largest bullet. */
const LARGEST = 0.95;
/** Points by which bullets of one list differ in size or in the distance to their text. */
const ALIKE = 1;

/**
 * Bullets that are drawn as shapes instead of characters, as words that stand where the shapes are: small shapes before the first word of
 * a line, two or more that are alike, with nothing between them and the text nor beside them.
 */
export function drawnBullets(dots: readonly Box[], words: readonly Word[]): Word[] {
  const found: { readonly dot: Box; readonly word: Word }[] = [];
  for (const dot of dots) {
    if (found.some(({ dot: other }) => Math.abs(other[0] - dot[0]) < 2 && Math.abs(other[1] - dot[1]) < 2)) continue;
    const beside = words.filter(({ box }) => overlap(box[1], box[3], dot[1], dot[3]) >= (dot[3] - dot[1]) * 0.8);
    const next = beside
      .filter(({ box }) => box[0] >= dot[2] - 0.5)
      .reduce<Word | undefined>(
        (best, word) => (best === undefined || word.box[0] < best.box[0] ? word : best),
        undefined,
      );
    if (next === undefined || dot[3] - dot[1] > next.size * LARGEST) continue;
    const distance = next.box[0] - dot[2];
    const crowded = beside.some(({ box }) => box[0] < dot[2] - 0.5 && box[2] > dot[0] - next.size * FURTHEST);
    if (distance > next.size * FURTHEST || crowded) continue;
    found.push({ dot, word: next });
  }
  const alike = ({ dot, word }: (typeof found)[number], other: (typeof found)[number]) =>
    Math.abs(dot[3] - dot[1] - (other.dot[3] - other.dot[1])) < ALIKE &&
    Math.abs(word.box[0] - dot[2] - (other.word.box[0] - other.dot[2])) < ALIKE &&
    word.baseline !== other.word.baseline;
  return found
    .filter((one) => found.some((other) => other !== one && alike(one, other)))
    .map(({ dot, word }) => ({
      ...word,
      text: '•',
      box: [dot[0], word.box[1], dot[2], word.box[3]],
      spaceAfter: true,
      spread: 0,
      order: word.order - 0.5,
    }));
}
