import { type Caller, callerSchema, FieldkitError, type Passage, type Retriever } from '@fieldkit/core';
import { z } from 'zod';
import { type MetricName, meanQuality, metricNames, type RankingQuality } from './retrieval-metrics.ts';
import { bootstrapInterval, comparePaired, type Interval, type PairedComparison } from './statistics.ts';

const placeSchema = z.object({
  documentId: z.string(),
  /** UTF-16 offsets in the document's canonical text, `end` exclusive. */
  start: z.number().int().min(0).optional(),
  end: z.number().int().min(0).optional(),
});

/** A question with what a good retrieval finds; one line of `evals/retrieval.jsonl`. */
export const retrievalQuestionSchema = z.object({
  id: z.string().min(1),
  text: z.string().min(1),
  /** `fact`, `table`, `paraphrase`, …; results are also given by kind. */
  kind: z.string().optional(),
  /** Each is found by a passage of the document that overlaps the span, or by any of its passages when there is no span. */
  gold: z
    .array(
      placeSchema.extend({
        /** Other places that say the same: any of them will do. */
        alternatives: z.array(placeSchema).optional(),
      }),
    )
    .min(1),
  /** Who asks, when it is not everybody's question. */
  caller: callerSchema.optional(),
  /** Written by a model, not by a person. */
  synthetic: z.boolean().optional(),
});
export type RetrievalQuestion = Readonly<z.infer<typeof retrievalQuestionSchema>>;

export interface EvaluateRetrieverOptions {
  readonly retrieve: Retriever;
  readonly questions: readonly RetrievalQuestion[];
  /** Who asks where a question does not say. */
  readonly caller: Caller;
  /** Passages asked for. Default 10; recall@100 looks no deeper than this. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Milliseconds, of a clock that does not go back. Default `performance.now`. */
  readonly now?: () => number;
}

export interface QuestionResult {
  readonly id: string;
  readonly kind?: string;
  readonly quality: RankingQuality;
  readonly passages: readonly string[];
  /** Estimated tokens of the passages together: what an answer's prompt would carry. */
  readonly tokens?: number;
  readonly durationMs: number;
}

export interface RetrievalEvaluation {
  readonly questions: readonly QuestionResult[];
  readonly mean: RankingQuality;
  /** 95 % bootstrap over questions. */
  readonly intervals: Readonly<Record<MetricName, Interval>>;
  readonly byKind: Readonly<Record<string, { readonly questions: number; readonly mean: RankingQuality }>>;
  readonly latencyMs: { readonly p50: number; readonly p95: number };
}

/** Asks every question and scores what was found against its gold places. */
export async function evaluateRetriever(options: EvaluateRetrieverOptions): Promise<RetrievalEvaluation> {
  const { retrieve, questions, caller, limit = 10, signal, now = () => performance.now() } = options;
  const results: QuestionResult[] = [];
  for (const question of questions) {
    signal?.throwIfAborted();
    const started = now();
    const passages = await retrieve(question.text, question.caller ?? caller, {
      limit,
      ...(signal === undefined ? {} : { signal }),
    });
    results.push({
      id: question.id,
      ...(question.kind === undefined ? {} : { kind: question.kind }),
      quality: scorePassages(passages, question.gold),
      passages: passages.map(({ id }) => id),
      tokens: passages.reduce((sum, passage) => sum + passage.tokens, 0),
      durationMs: now() - started,
    });
  }
  return summarizeResults(results);
}

export function summarizeResults(results: readonly QuestionResult[]): RetrievalEvaluation {
  const qualities = results.map(({ quality }) => quality);
  const intervals = metricNames.map((name) => [name, bootstrapInterval(qualities.map((quality) => quality[name]))]);
  const kinds = Object.entries(Object.groupBy(results, ({ kind = '' }) => kind)).filter(([kind]) => kind !== '');
  const durations = results.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const percentile = (share: number) =>
    durations[Math.min(durations.length - 1, Math.floor(share * durations.length))] ?? 0;
  return {
    questions: results,
    mean: meanQuality(qualities),
    intervals: Object.fromEntries(intervals) as Record<MetricName, Interval>, // one entry per metric name
    byKind: Object.fromEntries(
      kinds.map(([kind, ofKind = []]) => [
        kind,
        { questions: ofKind.length, mean: meanQuality(ofKind.map(({ quality }) => quality)) },
      ]),
    ),
    latencyMs: { p50: percentile(0.5), p95: percentile(0.95) },
  };
}

/** Each gold place counts once, for the first passage that shows it; a passage that shows several counts at its rank for each. */
export function scorePassages(
  passages: readonly Pick<Passage, 'documentId' | 'start' | 'end'>[],
  gold: RetrievalQuestion['gold'],
): RankingQuality {
  const ranks = gold.map((place) => passages.findIndex((passage) => shows(passage, place)));
  const found = ranks.filter((rank) => rank >= 0).sort((a, b) => a - b);
  const within = (k: number) => found.filter((rank) => rank < k).length;
  const discount = (rank: number) => 1 / Math.log2(rank + 2);
  const showing = [...new Set(found)];
  const gain = showing.filter((rank) => rank < 10).reduce((sum, rank) => sum + discount(rank), 0);
  // places that one passage shows together need only one rank of the ideal list
  const needed = showing.length + (gold.length - found.length);
  const ideal = Array.from({ length: Math.min(10, needed) }, (_, rank) => discount(rank)).reduce(
    (sum, value) => sum + value,
    0,
  );
  const [first = Number.POSITIVE_INFINITY] = found;
  return {
    'ndcg@10': ideal === 0 ? 0 : gain / ideal,
    'recall@5': within(5) / gold.length,
    'recall@10': within(10) / gold.length,
    'recall@100': within(100) / gold.length,
    'mrr@10': first < 10 ? 1 / (first + 1) : 0,
    map: found.reduce((sum, rank) => sum + within(rank + 1) / Math.max(rank + 1, within(rank + 1)), 0) / gold.length,
    'hit@1': within(1) > 0 ? 1 : 0,
    'hit@5': within(5) > 0 ? 1 : 0,
    'hit@10': within(10) > 0 ? 1 : 0,
  };
}

function shows(
  passage: Pick<Passage, 'documentId' | 'start' | 'end'>,
  { alternatives = [], ...first }: RetrievalQuestion['gold'][number],
): boolean {
  return [first, ...alternatives].some(
    ({ documentId, start = 0, end = Number.POSITIVE_INFINITY }) =>
      passage.documentId === documentId && passage.start < end && passage.end > start,
  );
}

export interface EvaluationDifference {
  readonly metric: MetricName;
  readonly comparison: PairedComparison;
  /** Whether p < .05. */
  readonly real: boolean;
  /** Questions that changed, the largest change first. */
  readonly better: readonly QuestionChange[];
  readonly worse: readonly QuestionChange[];
}

export interface QuestionChange {
  readonly id: string;
  readonly before: number;
  readonly after: number;
}

/**
 * Which questions got better and worse from one evaluation to the other, and whether the difference is more than chance.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when they do not have the same questions.
 */
export function diffEvaluations(
  before: Pick<RetrievalEvaluation, 'questions'>,
  after: Pick<RetrievalEvaluation, 'questions'>,
  metric: MetricName = 'ndcg@10',
): EvaluationDifference {
  const later = new Map(after.questions.map(({ id, quality }) => [id, quality[metric]]));
  if (later.size !== before.questions.length || before.questions.some(({ id }) => !later.has(id))) {
    throw new FieldkitError(
      'INVALID_OPTION',
      'the two evaluations do not have the same questions: evaluate both again',
    );
  }
  const changes = before.questions.map(
    ({ id, quality }): QuestionChange => ({ id, before: quality[metric], after: later.get(id) ?? 0 }),
  );
  const comparison = comparePaired(
    changes.map((change) => change.before),
    changes.map((change) => change.after),
  );
  const bySize = (a: QuestionChange, b: QuestionChange) =>
    Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.id < b.id ? -1 : 1);
  return {
    metric,
    comparison,
    real: comparison.pValue < 0.05,
    better: changes.filter((change) => change.after > change.before).sort(bySize),
    worse: changes.filter((change) => change.after < change.before).sort(bySize),
  };
}
