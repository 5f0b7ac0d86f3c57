import { termWeights } from '../exact-bm25.ts';

/** Term numbers with weights, as Qdrant takes it; numbers are unique and ascending. */
export interface SparseVector {
  readonly indices: number[];
  readonly values: number[];
}

/** A chunk's side of BM25; the server multiplies by the idf. */
export function documentVector(terms: readonly string[], averageLength: number): SparseVector {
  return toSparse(termWeights(terms, { averageLength }));
}

/** A question's side: how often each term is said. */
export function queryVector(terms: readonly string[]): SparseVector {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return toSparse(counts);
}

function toSparse(weights: ReadonlyMap<string, number>): SparseVector {
  const byNumber = new Map<number, number>();
  for (const [term, weight] of weights) {
    const number = termNumber(term);
    byNumber.set(number, (byNumber.get(number) ?? 0) + weight);
  }
  const entries = Array.from(byNumber).sort(([a], [b]) => a - b);
  return { indices: entries.map(([number]) => number), values: entries.map(([, weight]) => weight) };
}

/**
 * A term as a 32-bit number: MurmurHash3 x86_32, seed 0 (Austin Appleby, public domain), of its UTF-8 bytes. Of 100,000 terms about one
 * pair shares a number.
 */
export function termNumber(term: string): number {
  const bytes = Buffer.from(term);
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));
  const scramble = (block: number) => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
  let hash = 0;
  const whole = bytes.length - (bytes.length % 4);
  for (let at = 0; at < whole; at += 4) {
    hash = (Math.imul(rotate(hash ^ scramble(bytes.readInt32LE(at)), 13), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = bytes.length - 1; at >= whole; at -= 1) rest = (rest << 8) | (bytes[at] ?? 0);
  if (whole < bytes.length) hash ^= scramble(rest);
  hash ^= bytes.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
