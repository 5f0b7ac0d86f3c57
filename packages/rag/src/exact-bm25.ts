import { byScore, type ScoredId } from './fuse-rankings.ts';

export interface ExactBm25Options {
  /** Default 1.2. */
  readonly k1?: number;
  /** 0 to 1. Default 0.75. */
  readonly b?: number;
  /** `lucene` rounds lengths to the 8 bits of Lucene's norms (SmallFloat.intToByte4), as Anserini does. Default `exact`. */
  readonly lengths?: 'exact' | 'lucene';
}

/** Texts of a collection that have a term, with the term's weight in each. */
interface Postings {
  readonly documents: number[];
  readonly weights: number[];
}

/**
 * BM25 in memory, what both engines compute: sum over query terms of idf · tf (k1 + 1) / (tf + k1 (1 − b + b · dl / avgdl)) with idf =
 * ln(1 + (N − n + 0.5) / (n + 0.5)) (Lucene's BM25Similarity; its score differs by the constant k1 + 1). A term said twice counts twice.
 * `admits` leaves texts out of the ranking, not out of N, n and avgdl; `rarity` replaces the idf.
 */
export function exactBm25(
  documents: readonly { readonly id: string; readonly terms: readonly string[] }[],
  options: ExactBm25Options = {},
): (
  terms: readonly string[],
  limit: number,
  admits?: (id: string) => boolean,
  rarity?: (term: string) => number,
) => ScoredId[] {
  const { lengths = 'exact' } = options;
  const ids = documents.map(({ id }) => id);
  // as in Lucene, documents without words are neither counted nor averaged
  const worded = documents.filter(({ terms }) => terms.length > 0).length;
  const average = documents.reduce((sum, { terms }) => sum + terms.length, 0) / Math.max(1, worded);
  const postings = new Map<string, Postings>();
  for (const [document, { terms }] of documents.entries()) {
    const length = lengths === 'lucene' ? luceneLength(terms.length) : terms.length;
    for (const [term, weight] of termWeights(terms, { ...options, length, averageLength: average })) {
      const known = postings.get(term);
      if (known === undefined) postings.set(term, { documents: [document], weights: [weight] });
      else {
        known.documents.push(document);
        known.weights.push(weight);
      }
    }
  }
  return (terms, limit, admits, rarity) => {
    const scores = new Float64Array(ids.length);
    const found: number[] = [];
    for (const term of terms) {
      const known = postings.get(term);
      if (known === undefined) continue;
      const count = known.documents.length;
      const idf = rarity === undefined ? inverseFrequency(worded, count) : rarity(term);
      for (let at = 0; at < count; at += 1) {
        const document = known.documents[at] ?? 0;
        const score = scores[document] ?? 0;
        if (score === 0) found.push(document);
        scores[document] = score + idf * (known.weights[at] ?? 0);
      }
    }
    const admitted = admits === undefined ? found : found.filter((document) => admits(ids[document] ?? ''));
    return best(admitted, scores, limit)
      .map((document) => ({ id: ids[document] ?? '', score: scores[document] ?? 0 }))
      .sort(byScore)
      .slice(0, limit);
  };
}

/** Those with the `limit` highest scores and all that equal the last of them. */
function best(documents: readonly number[], scores: Float64Array, limit: number): readonly number[] {
  if (documents.length <= limit) return documents;
  const sorted = Float64Array.from(documents, (document) => scores[document] ?? 0).sort();
  const least = sorted[sorted.length - limit] ?? 0;
  return documents.filter((document) => (scores[document] ?? 0) >= least);
}

/** How much a term says that `containing` of `documents` with words have. */
export function inverseFrequency(documents: number, containing: number): number {
  return Math.log(1 + (documents - containing + 0.5) / (containing + 0.5));
}

export interface TermWeightOptions extends Pick<ExactBm25Options, 'k1' | 'b'> {
  /** Terms of the document. Default their number. */
  readonly length?: number;
  /** Terms of an average document. */
  readonly averageLength: number;
}

/** The part of BM25 that belongs to a document, by term; what a sparse vector stores when the server knows the idf. */
export function termWeights(terms: readonly string[], options: TermWeightOptions): Map<string, number> {
  const { length = terms.length } = options;
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return new Map(Array.from(counts, ([term, count]) => [term, termWeight(count, { ...options, length })]));
}

function termWeight(count: number, options: TermWeightOptions & { readonly length: number }): number {
  const { k1 = 1.2, b = 0.75, length, averageLength: average } = options;
  const norm = k1 * (1 - b + (average === 0 ? 0 : (b * length) / average));
  return (count * (k1 + 1)) / (count + norm);
}

/** BM25 of a document with these terms, for question terms that weigh `weights` (idf times how often they are said). */
export function scoreTerms(
  terms: readonly string[],
  weights: ReadonlyMap<string, number>,
  averageLength: number,
): number {
  const counts = new Map<string, number>();
  for (const term of terms) if (weights.has(term)) counts.set(term, (counts.get(term) ?? 0) + 1);
  let sum = 0;
  for (const [term, weight] of weights) {
    const count = counts.get(term) ?? 0;
    if (count > 0) sum += weight * termWeight(count, { length: terms.length, averageLength });
  }
  return sum;
}

/** Lucene 9's `SmallFloat.byte4ToInt(SmallFloat.intToByte4(length))`: exact to 39, then four significant bits. */
function luceneLength(length: number): number {
  const free = 24; // 255 - longToInt4(2^31 - 1): values stored as they are
  if (length < free) return length;
  const rest = length - free;
  const bits = 32 - Math.clz32(rest);
  if (bits < 4) return length;
  const shift = bits - 4;
  return free + ((rest >>> shift) << shift);
}
