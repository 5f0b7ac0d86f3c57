import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AnalyzeTextOptions,
  analyzeText,
  type Chunk,
  DEFAULT_TENANT,
  type Embedder,
  estimateTokens,
  FieldkitError,
  sha256,
} from '@fieldkit/core';
import { defaultFusion } from '../dense-weight.ts';
import { type ExactBm25Options, exactBm25 } from '../exact-bm25.ts';
import type { FusionOptions } from '../fuse-rankings.ts';
import type { Index } from '../index-contract.ts';
import { embeddingText } from '../index-row.ts';
import { createLanceIndex } from '../indexes/lance-index.ts';
import { syncIndex } from '../sync-index.ts';
import { type BeirDataset, type BeirQuery, readBeirDataset } from './beir-dataset.ts';
import {
  type MetricName,
  meanQuality,
  metricNames,
  type RankedDocument,
  type RankingQuality,
  scoreRanking,
  trecOrder,
} from './retrieval-metrics.ts';
import { bootstrapInterval, type Interval } from './statistics.ts';

export interface EvaluateBeirOptions {
  /** Folder in BEIR layout. */
  readonly directory: string;
  readonly split?: string;
  readonly mode?: 'lexical' | 'dense' | 'hybrid';
  /** Needed for `dense` and `hybrid`. */
  readonly embedder?: Embedder;
  readonly analyzer?: AnalyzeTextOptions;
  readonly fusion?: FusionOptions;
  /** Documents ranked for each query. Default 100. */
  readonly depth?: number;
  /** Scores words in memory instead of with the index, for settings that the index does not have (Anserini's). Lexical mode only. */
  readonly bm25?: ExactBm25Options;
  /** An index to fill and ask; it must be empty. Default a temporary one on disk. */
  readonly index?: Index;
  readonly signal?: AbortSignal;
}

export interface BeirEvaluation {
  readonly queries: number;
  readonly documents: number;
  readonly mean: RankingQuality;
  /** 95 % bootstrap over queries. */
  readonly intervals: Readonly<Record<MetricName, Interval>>;
  /** Means by kind of question, when the queries say it. */
  readonly byKind: Readonly<Record<string, { readonly queries: number; readonly mean: RankingQuality }>>;
  readonly perQuery: ReadonlyMap<string, RankingQuality>;
  readonly rankings: ReadonlyMap<string, readonly RankedDocument[]>;
}

/** Indexes a corpus as the toolkit would, one chunk a document, asks every judged query, and scores as trec_eval does. */
export async function evaluateBeir(options: EvaluateBeirOptions): Promise<BeirEvaluation> {
  const { directory, split, mode = 'lexical', bm25 } = options;
  if (mode !== 'lexical' && options.embedder?.semantic !== true) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `mode "${mode}" needs a semantic embedding model; use "lexical" or configure one`,
    );
  }
  if (mode !== 'lexical' && bm25 !== undefined) {
    throw new FieldkitError('INVALID_OPTION', 'other BM25 settings are for mode "lexical" only');
  }
  const dataset = await readBeirDataset(directory, split);
  const rankings = bm25 === undefined ? await rankWithIndex(dataset, options) : rankInMemory(dataset, options, bm25);
  return evaluateRankings(dataset, rankings);
}

/** Scores rankings of a dataset's queries. */
export function evaluateRankings(
  dataset: Pick<BeirDataset, 'queries' | 'judgements'> & { readonly documents: { readonly length: number } },
  rankings: ReadonlyMap<string, readonly RankedDocument[]>,
): BeirEvaluation {
  const perQuery = new Map(
    dataset.queries.map(({ id }) => [
      id,
      scoreRanking(trecOrder(rankings.get(id) ?? []), dataset.judgements.get(id) ?? new Map()),
    ]),
  );
  const qualities = [...perQuery.values()];
  const kinds = Object.groupBy(dataset.queries.filter(hasKind), ({ kind }) => kind);
  const byKind = Object.entries(kinds).map(([kind, queries = []]) => {
    const ofKind = queries.flatMap(({ id }) => perQuery.get(id) ?? []);
    return [kind, { queries: ofKind.length, mean: meanQuality(ofKind) }] as const;
  });
  const intervals = metricNames.map((name) => [name, bootstrapInterval(qualities.map((quality) => quality[name]))]);
  return {
    queries: qualities.length,
    documents: dataset.documents.length,
    mean: meanQuality(qualities),
    intervals: Object.fromEntries(intervals) as Record<MetricName, Interval>, // one entry per metric name
    byKind: Object.fromEntries(byKind),
    perQuery,
    rankings,
  };
}

/** A TREC run file: `query Q0 document rank score tag`. */
export function formatTrecRun(rankings: BeirEvaluation['rankings'], tag: string): string {
  return Array.from(rankings, ([query, ranking]) =>
    ranking.map(({ id, score }, index) => `${query} Q0 ${id} ${index + 1} ${score} ${tag}\n`).join(''),
  ).join('');
}

async function rankWithIndex(dataset: BeirDataset, options: EvaluateBeirOptions) {
  const { embedder, analyzer, mode = 'lexical', depth = 100, signal } = options;
  const directory = options.index === undefined ? await mkdtemp(join(tmpdir(), 'fieldkit-beir-')) : undefined;
  const index = options.index ?? (await createLanceIndex({ directory: directory ?? '' }));
  try {
    const chunks = new Map(dataset.documents.map((document) => [document.id, toChunk(document)]));
    await syncIndex({
      index,
      documents: Array.from(chunks.values(), ({ id, documentId }) => ({ id: documentId, contentStamp: id })),
      chunksOf: async (id) => [chunks.get(id)].filter((chunk) => chunk !== undefined),
      stamp: { segmenter: 'beir' },
      ...(mode === 'lexical' || embedder === undefined ? {} : { embedder }),
      ...(analyzer === undefined ? {} : { analyzer }),
      ...(signal === undefined ? {} : { signal }),
    });
    const fusion = mode === 'hybrid' ? (options.fusion ?? (await defaultFusion(index))) : undefined;
    const rankings = new Map<string, RankedDocument[]>();
    for (const query of dataset.queries) {
      signal?.throwIfAborted();
      const hits = await index.query({
        ...(mode === 'dense' ? {} : { lexical: { terms: analyzeText(query.text, analyzer) } }),
        ...(mode === 'lexical' ? {} : { dense: { vector: await queryVector(embedder, query, signal) } }),
        filter: { access: { tenant: DEFAULT_TENANT, groups: [] } },
        limit: depth,
        depth,
        ...(fusion === undefined ? {} : { fusion }),
      });
      rankings.set(
        query.id,
        hits.map(({ chunk, score }) => ({ id: chunk.documentId, score })),
      );
    }
    return rankings;
  } finally {
    if (directory !== undefined) {
      await index.close();
      await rm(directory, { recursive: true, force: true });
    }
  }
}

function rankInMemory(
  dataset: BeirDataset,
  { analyzer, depth = 100 }: EvaluateBeirOptions,
  settings: ExactBm25Options,
) {
  const scorer = exactBm25(
    dataset.documents.map((document) => ({
      id: document.id,
      terms: analyzeText(embeddingText(toChunk(document)), analyzer),
    })),
    settings,
  );
  return new Map(dataset.queries.map(({ id, text }) => [id, scorer(analyzeText(text, analyzer), depth)]));
}

async function queryVector(embedder: Embedder | undefined, query: BeirQuery, signal: AbortSignal | undefined) {
  const [vector] =
    (await embedder?.embed([query.text], { use: 'query', ...(signal === undefined ? {} : { signal }) })) ?? [];
  if (vector === undefined) throw new FieldkitError('EMBEDDING_INVALID', `no vector for query ${query.id}`);
  return vector;
}

function toChunk({ id, title, text }: BeirDataset['documents'][number]): Chunk {
  return {
    id: sha256(JSON.stringify([id, title, text])).slice(0, 24),
    documentId: id,
    index: 0,
    start: 0,
    end: text.length,
    text,
    context: title,
    headings: [],
    tokens: estimateTokens(text),
    metadata: { title },
    tenant: DEFAULT_TENANT,
    groups: [],
  };
}

function hasKind(query: BeirQuery): query is BeirQuery & { kind: string } {
  return query.kind !== undefined;
}
