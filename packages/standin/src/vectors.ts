import { analyzeText, sha256 } from '@fieldkit/core';

/** Vectors of the stand-in by default. */
export const DEFAULT_DIMENSIONS = 256;

/** A bag of words hashed to signed places (feature hashing, Weinberger et al. 2009): the same text gives the same vector, and no meaning. */
export function hashVector(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const terms = analyzeText(text);
  for (const term of terms.length === 0 ? [text] : terms) {
    const hash = Number.parseInt(sha256(term).slice(0, 12), 16);
    const place = hash % dimensions;
    vector[place] = (vector[place] ?? 0) + (hash % 2 ** 41 >= 2 ** 40 ? -1 : 1);
  }
  const norm = Math.hypot(...vector);
  if (norm === 0) return vector.map((_, index) => (index === 0 ? 1 : 0));
  return vector.map((value) => value / norm);
}
