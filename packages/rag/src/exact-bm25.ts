import { byScore, type ScoredId } from './fuse-rankings.ts';

export interface ExactBm25Options {
  /** Default 1.2. */
  readonly k1?: number;
  /** 0 to 1. Default 0.75. */
  readonly b?: number;
  /** `lucene` rounds lengths to the 8 bits of Lucene's norms (SmallFloat.intToByte4), as Anserini does. Default `exact`. */
  readonly lengths?: 'exact' | 'lucene';
}

/**
 * BM25 in memory, the reference of both engines: sum over query terms of idf · tf (k1 + 1) / (tf + k1 (1 − b + b · dl / avgdl)) with idf =
 * ln(1 + (N − n + 0.5) / (n + 0.5)) (Lucene's BM25Similarity; its score differs by the constant k1 + 1). A term said twice counts twice.
 */
export function exactBm25(
  documents: readonly { readonly id: string; readonly terms: readonly string[] }[],
  options: ExactBm25Options = {},
): (terms: readonly string[], limit: number) => ScoredId[] {
  const { lengths = 'exact' } = options;
  // as in Lucene, documents without words are neither counted nor averaged
  const worded = documents.filter(({ terms }) => terms.length > 0).length;
  const average = documents.reduce((sum, { terms }) => sum + terms.length, 0) / Math.max(1, worded);
  const postings = new Map<string, { document: number; weight: number }[]>();
  for (const [document, { terms }] of documents.entries()) {
    const length = lengths === 'lucene' ? luceneLength(terms.length) : terms.length;
    for (const [term, weight] of termWeights(terms, { ...options, length, averageLength: average })) {
      const list = postings.get(term) ?? [];
      list.push({ document, weight });
      postings.set(term, list);
    }
  }
  return (terms, limit) => {
    const scores = new Map<number, number>();
    for (const term of terms) {
      const list = postings.get(term) ?? [];
      const idf = Math.log(1 + (worded - list.length + 0.5) / (list.length + 0.5));
      for (const { document, weight } of list) scores.set(document, (scores.get(document) ?? 0) + idf * weight);
    }
    return Array.from(scores, ([document, score]) => ({ id: documents[document]?.id ?? '', score }))
      .sort(byScore)
      .slice(0, limit);
  };
}

export interface TermWeightOptions extends Pick<ExactBm25Options, 'k1' | 'b'> {
  /** Terms of the document. Default their number. */
  readonly length?: number;
  /** Terms of an average document. */
  readonly averageLength: number;
}

/** The part of BM25 that belongs to a document, by term; what a sparse vector stores when the server knows the idf. */
export function termWeights(terms: readonly string[], options: TermWeightOptions): Map<string, number> {
  const { k1 = 1.2, b = 0.75, length = terms.length, averageLength: average } = options;
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const norm = k1 * (1 - b + (average === 0 ? 0 : (b * length) / average));
  return new Map(Array.from(counts, ([term, count]) => [term, (count * (k1 + 1)) / (count + norm)]));
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
