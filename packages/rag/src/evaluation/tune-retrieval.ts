import { type Caller, FieldkitError, type Retriever } from '@fieldkit/core';
import type { RetrievalSettings } from '../create-retriever.ts';
import {
  diffEvaluations,
  type EvaluationDifference,
  evaluateRetriever,
  type RetrievalEvaluation,
  type RetrievalQuestion,
  scorePassages,
} from './evaluate-retriever.ts';
import type { MetricName } from './retrieval-metrics.ts';
import { createRandom } from './statistics.ts';

export interface RetrievalCandidate {
  readonly name: string;
  /** What to write into the configuration to have it. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Makes the retriever: another index for another segmentation, other settings on the same one. */
  open(): Promise<{
    readonly retrieve: Retriever;
    readonly close?: () => Promise<void>;
    /** What it has cost so far, in estimated tokens given to models. */
    readonly spent?: () => SpentTokens;
  }>;
}

export interface SpentTokens {
  /** To build the index: embedded, or read and written for contexts. */
  readonly building: number;
  /** In searches: embedded and reranked. */
  readonly searching: number;
}

/** Estimated tokens: prices differ by endpoint and change, these do not. */
export interface CandidateCost {
  /** Once, for the whole corpus; 0 when the index in use serves. */
  readonly building: number;
  /** Of each search, given to embedding and reranking models. */
  readonly search: number;
  /** Of the passages of each search, which the answering model reads. */
  readonly passages: number;
}

/** How much of what is asked for the first passages show. */
export interface DepthResult {
  readonly limit: number;
  /** Mean share of gold places within the first `limit` passages. */
  readonly recall: number;
  /** Estimated tokens of these passages. */
  readonly tokens: number;
}

export interface TuneRetrievalOptions {
  /** The first is what is used now. */
  readonly candidates: readonly RetrievalCandidate[];
  readonly questions: readonly RetrievalQuestion[];
  readonly caller: Caller;
  /** Default `ndcg@10`. */
  readonly metric?: MetricName;
  /** Default 10. */
  readonly limit?: number;
  /** Decides which questions are in which half. Default 1. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (candidate: string, done: number, total: number) => void;
}

export interface CandidateResult {
  readonly name: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** On the half that chooses. */
  readonly chosenOn: RetrievalEvaluation;
  readonly cost: CandidateCost;
}

export interface TuningReport {
  readonly metric: MetricName;
  readonly candidates: readonly CandidateResult[];
  /** What is recommended: the best candidate, or the one in use when the best is not better on the half that reports. */
  readonly recommended: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly reason: string;
  /** Of the recommended candidate, on the half that reports: how many passages to give to an answer. */
  readonly depths: readonly DepthResult[];
  /** The fewest passages whose recall is within .01 of the most; to be set as `limit` of the search tool. */
  readonly limit: number;
  /** On the half that no choice was made with: the candidate in use against the best one. Absent when the one in use is the best. */
  readonly reportedOn?: {
    readonly best: string;
    readonly before: RetrievalEvaluation;
    readonly after: RetrievalEvaluation;
    readonly difference: EvaluationDifference;
  };
}

/**
 * Measures candidates on one half of the questions and reports the best on the other half, against what is in use, so that the reported
 * gain is not the luck of the choice. Kinds of question are spread over both halves.
 *
 * @throws {FieldkitError} `INVALID_OPTION` without candidates or with fewer than four questions.
 */
export async function tuneRetrieval(options: TuneRetrievalOptions): Promise<TuningReport> {
  const { candidates, questions, metric = 'ndcg@10', seed = 1, signal, onProgress } = options;
  const [inUse] = candidates;
  if (inUse === undefined || questions.length < 4) {
    throw new FieldkitError('INVALID_OPTION', 'tuning needs at least one candidate and four questions');
  }
  const [choosing, reporting] = splitQuestions(questions, seed);
  const results: CandidateResult[] = [];
  for (const [done, candidate] of candidates.entries()) {
    signal?.throwIfAborted();
    onProgress?.(candidate.name, done, candidates.length);
    const { evaluation, cost } = await measure(candidate, choosing, options);
    const { name, settings } = candidate;
    results.push({ name, settings, chosenOn: evaluation, cost });
  }
  const best = results.reduce((a, b) => (b.chosenOn.mean[metric] > a.chosenOn.mean[metric] ? b : a));
  const winner = candidates.find(({ name }) => name === best.name) ?? inUse;
  const report = { metric, candidates: results };
  if (winner === inUse) {
    const reason = `none of ${candidates.length - 1} other candidates was better on ${choosing.length} questions`;
    const depth = await measureDepths(inUse, reporting, options);
    return { ...report, ...depth, recommended: inUse.name, settings: inUse.settings, reason };
  }
  const before = (await measure(inUse, reporting, options)).evaluation;
  const after = (await measure(winner, reporting, options)).evaluation;
  const difference = diffEvaluations(before, after, metric);
  const { mean, low, high } = difference.comparison.difference;
  const figures = `${metric} ${mean >= 0 ? '+' : ''}${mean.toFixed(3)} (95 % ${low.toFixed(3)} to ${high.toFixed(3)}, p = ${difference.comparison.pValue.toFixed(3)}) on ${reporting.length} other questions`;
  const better = mean > 0;
  const recommended = better ? winner : inUse;
  const reason = better
    ? `${figures}${difference.real ? '' : '; with so few questions this may be chance'}`
    : `${winner.name} was the best where it was chosen, but not confirmed: ${figures}`;
  return {
    ...report,
    ...(await measureDepths(recommended, reporting, options)),
    recommended: recommended.name,
    settings: recommended.settings,
    reason,
    reportedOn: { best: winner.name, before, after, difference },
  };
}

async function measure(
  candidate: RetrievalCandidate,
  questions: readonly RetrievalQuestion[],
  options: TuneRetrievalOptions,
): Promise<{ evaluation: RetrievalEvaluation; cost: CandidateCost }> {
  const { caller, limit, signal } = options;
  const { retrieve, close, spent } = await candidate.open();
  try {
    const built = spent?.() ?? { building: 0, searching: 0 };
    const evaluation = await evaluateRetriever({
      retrieve,
      questions,
      caller,
      ...(limit === undefined ? {} : { limit }),
      ...(signal === undefined ? {} : { signal }),
    });
    const searching = (spent?.().searching ?? 0) - built.searching;
    const read = evaluation.questions.reduce((sum, { tokens = 0 }) => sum + tokens, 0);
    const perQuestion = (tokens: number) => Math.round(tokens / Math.max(1, questions.length));
    const cost = { building: built.building, search: perQuestion(searching), passages: perQuestion(read) };
    return { evaluation, cost };
  } finally {
    await close?.();
  }
}

const DEPTHS = [1, 3, 5, 8, 12, 20];
const SAME_RECALL = 0.01;

/** One search to the greatest depth for each question; shallower ones are its beginning. */
async function measureDepths(
  candidate: RetrievalCandidate,
  questions: readonly RetrievalQuestion[],
  { caller, signal }: TuneRetrievalOptions,
): Promise<{ depths: DepthResult[]; limit: number }> {
  const { retrieve, close } = await candidate.open();
  try {
    const sums = DEPTHS.map((limit) => ({ limit, recall: 0, tokens: 0 }));
    for (const question of questions) {
      signal?.throwIfAborted();
      const passages = await retrieve(question.text, question.caller ?? caller, {
        limit: Math.max(...DEPTHS),
        ...(signal === undefined ? {} : { signal }),
      });
      for (const sum of sums) {
        const first = passages.slice(0, sum.limit);
        sum.recall += scorePassages(first, question.gold)['recall@100'] / questions.length;
        sum.tokens += first.reduce((total, { tokens }) => total + tokens, 0) / questions.length;
      }
    }
    const depths = sums.map(({ limit, recall, tokens }) => ({ limit, recall, tokens: Math.round(tokens) }));
    const most = Math.max(...depths.map(({ recall }) => recall));
    return { depths, limit: depths.find(({ recall }) => recall >= most - SAME_RECALL)?.limit ?? DEPTHS[0] ?? 1 };
  } finally {
    await close?.();
  }
}

/** Two halves, each kind of question spread over both. */
export function splitQuestions(
  questions: readonly RetrievalQuestion[],
  seed: number,
): [RetrievalQuestion[], RetrievalQuestion[]] {
  const random = createRandom(seed);
  const halves: [RetrievalQuestion[], RetrievalQuestion[]] = [[], []];
  const shuffled = questions.map((question) => ({ question, at: random() })).sort((a, b) => a.at - b.at);
  let turn = 0;
  for (const ofKind of Object.values(Object.groupBy(shuffled, ({ question }) => question.kind ?? ''))) {
    for (const { question } of ofKind ?? []) {
      halves[turn % 2]?.push(question);
      turn += 1;
    }
  }
  return halves;
}

/** Settings worth trying on one index; `dense` adds fusion, `rerank` the depths of a reranker. The first is what is used now. */
export function candidateSettings(
  current: RetrievalSettings,
  has: { readonly dense: boolean; readonly rerank: boolean },
): { readonly name: string; readonly settings: RetrievalSettings }[] {
  const found: { name: string; settings: RetrievalSettings }[] = [{ name: 'in use', settings: current }];
  const add = (name: string, settings: RetrievalSettings) =>
    found.push({ name, settings: { ...current, ...settings } });
  if (has.dense) {
    add('words only', { mode: 'lexical' });
    add('meaning only', { mode: 'dense' });
    for (const denseWeight of [0.3, 0.5, 0.7]) {
      add(`scores fused, dense ${denseWeight}`, { mode: 'hybrid', fusion: { method: 'minmax', denseWeight } });
    }
    add('ranks fused', { mode: 'hybrid', fusion: { method: 'rrf' } });
  }
  if (has.rerank) for (const rerankDepth of [10, 30, 60]) add(`rerank ${rerankDepth}`, { rerankDepth });
  add('one passage a document', { perDocument: 1 });
  add('two passages a document', { perDocument: 2 });
  return found;
}
