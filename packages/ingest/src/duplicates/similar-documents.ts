import { countShared } from './shingles.ts';

export interface SimilarPair {
  /** Indices into the list that was given, `left < right`. */
  readonly left: number;
  readonly right: number;
  /** Jaccard: shared shingles by all shingles of both, 0 to 1. Exact, also when candidates were found by a sample. */
  readonly similarity: number;
  /** Shared shingles by the shingles of the shorter text, 0 to 1: 1 when one text holds the other. */
  readonly containment: number;
}

export interface SimilarPairsOptions {
  /** Pairs that reach neither this similarity … Default 0.1. */
  readonly minSimilarity?: number;
  /** … nor this containment are left out. Default 0.5. */
  readonly minContainment?: number;
  /** Shingles that are looked at to find candidates; larger collections are sampled by hash value. Default 2,000,000. */
  readonly maxIndexed?: number;
}

/** Texts that share a shingle with more than so many others meet only their neighbours there: boilerplate finds no pairs. */
const MAX_POSTINGS = 40;

/**
 * Pairs of texts that share wording, by their sorted shingles. Candidates share at least one shingle of a sample that is the same for
 * all texts (all shingles while the collection is small); their figures are then computed on all shingles.
 */
export function similarPairs(texts: readonly Uint32Array[], options: SimilarPairsOptions = {}): SimilarPair[] {
  const { minSimilarity = 0.1, minContainment = 0.5, maxIndexed = 2_000_000 } = options;
  const total = texts.reduce((sum, { length }) => sum + length, 0);
  const limit = total <= maxIndexed ? 0x100000000 : (0x100000000 * maxIndexed) / total;

  const postings = new Map<number, number[]>();
  texts.forEach((shingles, index) => {
    for (const hash of shingles) {
      if (hash >= limit) break; // sorted
      const found = postings.get(hash);
      if (found === undefined) postings.set(hash, [index]);
      else found.push(index);
    }
  });

  const candidates = new Set<number>();
  for (const found of postings.values()) {
    const reach = found.length > MAX_POSTINGS ? 2 : found.length;
    for (let i = 0; i < found.length; i += 1) {
      for (let j = i + 1; j < Math.min(found.length, i + reach); j += 1) {
        candidates.add((found[i] ?? 0) * texts.length + (found[j] ?? 0));
      }
    }
  }

  const pairs: SimilarPair[] = [];
  for (const key of candidates) {
    const [left, right] = [Math.floor(key / texts.length), key % texts.length];
    const [a, b] = [texts[left], texts[right]];
    if (a === undefined || b === undefined || a.length === 0 || b.length === 0) continue;
    const shared = countShared(a, b);
    const similarity = shared / (a.length + b.length - shared);
    const containment = shared / Math.min(a.length, b.length);
    if (similarity >= minSimilarity || containment >= minContainment)
      pairs.push({ left, right, similarity, containment });
  }
  return pairs.sort((x, y) => x.left - y.left || x.right - y.right);
}
