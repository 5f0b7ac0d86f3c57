import { FieldkitError } from '@fieldkit/core';

/** Relevance by document id: 1 and more is relevant, 0 and less is not; what is not judged is not relevant. */
export type Judgements = ReadonlyMap<string, number>;

export interface RankedDocument {
  readonly id: string;
  readonly score: number;
}

/** Quality of one ranking, each 0 to 1, as trec_eval computes it. */
export interface RankingQuality {
  /** Linear gains, discount log2(rank + 1), ideal over all judged documents (Järvelin and Kekäläinen 2002). */
  readonly 'ndcg@10': number;
  readonly 'recall@5': number;
  readonly 'recall@10': number;
  readonly 'recall@100': number;
  /** 1 / rank of the first relevant document within ten. */
  readonly 'mrr@10': number;
  /** Average precision over the whole ranking. */
  readonly map: number;
  /** Whether a relevant document is among the first. */
  readonly 'hit@1': number;
  readonly 'hit@5': number;
  readonly 'hit@10': number;
}

export type MetricName = keyof RankingQuality;
export const metricNames: readonly MetricName[] = [
  'ndcg@10',
  'recall@5',
  'recall@10',
  'recall@100',
  'mrr@10',
  'map',
  'hit@1',
  'hit@5',
  'hit@10',
];

/**
 * A ranking's order as trec_eval 9 has it: highest score first, scores compared as 32-bit floats, equal ones by id in descending byte
 * order. Ranks are not looked at.
 *
 * @throws {FieldkitError} `DATASET_INVALID` when a document occurs twice or a score is no number.
 */
export function trecOrder(ranking: readonly RankedDocument[]): string[] {
  const seen = new Set<string>();
  for (const { id, score } of ranking) {
    if (seen.has(id)) throw new FieldkitError('DATASET_INVALID', `document ${id} occurs twice in one ranking`);
    if (Number.isNaN(score)) throw new FieldkitError('DATASET_INVALID', `document ${id} has no numeric score`);
    seen.add(id);
  }
  return ranking
    .map(({ id, score }) => ({ id, score: Math.fround(score) }))
    .sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(b.id), Buffer.from(a.id)))
    .map(({ id }) => id);
}

/** Scores document ids, best first, against judgements. */
export function scoreRanking(ids: readonly string[], judgements: Judgements): RankingQuality {
  const gains = ids.map((id) => Math.max(0, judgements.get(id) ?? 0));
  const relevant = gains.map((gain) => gain >= 1);
  const ideal = Array.from(judgements.values())
    .filter((relevance) => relevance > 0)
    .sort((a, b) => b - a);
  const found = (k: number) => relevant.slice(0, k).filter(Boolean).length;
  const recall = (k: number) => (ideal.length === 0 ? 0 : found(k) / ideal.length);
  const hit = (k: number) => (found(k) > 0 ? 1 : 0);
  const first = relevant.indexOf(true);
  const best = discountedGain(ideal, 10);
  return {
    'ndcg@10': best === 0 ? 0 : discountedGain(gains, 10) / best,
    'recall@5': recall(5),
    'recall@10': recall(10),
    'recall@100': recall(100),
    'mrr@10': first === -1 || first >= 10 ? 0 : 1 / (first + 1),
    map: ideal.length === 0 ? 0 : precisionSum(relevant) / ideal.length,
    'hit@1': hit(1),
    'hit@5': hit(5),
    'hit@10': hit(10),
  };
}

function discountedGain(gains: readonly number[], k: number): number {
  return gains.slice(0, k).reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}

function precisionSum(relevant: readonly boolean[]): number {
  let hits = 0;
  let sum = 0;
  for (const [index, isRelevant] of relevant.entries()) {
    if (!isRelevant) continue;
    hits += 1;
    sum += hits / (index + 1);
  }
  return sum;
}

/** Means over questions; every judged question counts, one without a ranking as 0 (trec_eval -c). */
export function meanQuality(qualities: readonly RankingQuality[]): RankingQuality {
  const mean = (name: MetricName) =>
    qualities.length === 0 ? 0 : qualities.reduce((sum, quality) => sum + quality[name], 0) / qualities.length;
  return {
    'ndcg@10': mean('ndcg@10'),
    'recall@5': mean('recall@5'),
    'recall@10': mean('recall@10'),
    'recall@100': mean('recall@100'),
    'mrr@10': mean('mrr@10'),
    map: mean('map'),
    'hit@1': mean('hit@1'),
    'hit@5': mean('hit@5'),
    'hit@10': mean('hit@10'),
  };
}
