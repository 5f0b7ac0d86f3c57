import { addUsage, detectLanguage, NO_USAGE, type Usage } from '@fieldkit/core';
import type { Case } from './data/case.ts';
import { isInfrastructure } from './infrastructure.ts';
import type { Score, Scorer } from './scorer.ts';
import { wilsonInterval } from './statistics/wilson.ts';
import type { Outcome } from './target.ts';

/** One case, what the target did, and every score that applies, by scorer name. */
export interface CaseResult {
  /** 0-based position of the case in the set. */
  readonly index: number;
  readonly item: Case;
  readonly outcome: Outcome;
  readonly scores: Readonly<Record<string, Score>>;
}

/** A mean score with its 95 % Wilson interval. */
export interface Estimate {
  /** Judged items: what `mean` is over. */
  readonly scored: number;
  /** Items to which the scorer applies but that could not be judged. */
  readonly unavailable: number;
  /** 0 to 1, over the judged; null when there is none. */
  readonly mean: number | null;
  readonly low: number;
  readonly high: number;
  /** The same with the unjudged counted as 0. */
  readonly ofAll: number | null;
}

export interface ScoreSummary {
  readonly scorer: string;
  readonly kind: 'rule' | 'judge';
  readonly description: string;
  readonly overall: Estimate;
  readonly byKind: Readonly<Record<string, Estimate>>;
  readonly bySplit: Readonly<Record<string, Estimate>>;
  readonly byLanguage: Readonly<Record<string, Estimate>>;
}

export interface Summary {
  readonly cases: number;
  /** Cases by answer status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Failed cases by error code. */
  readonly errors: Readonly<Record<string, number>>;
  /** Those of them that say nothing about the answers: endpoint, index, disk, time. */
  readonly infrastructureFailures: number;
  readonly scores: readonly ScoreSummary[];
  /** Of the cases that were not infrastructure failures; null when there is none. */
  readonly durationMs: {
    readonly mean: number;
    readonly p50: number;
    readonly p95: number;
    readonly max: number;
  } | null;
  readonly usage: Usage;
  /** Micro-units by currency. */
  readonly cost: Readonly<Record<string, number>>;
}

export interface SummaryBuilder {
  add(result: Pick<CaseResult, 'item' | 'outcome' | 'scores'>): void;
  summary(): Summary;
}

interface Tally {
  scored: number;
  unavailable: number;
  sum: number;
}

type Slices = {
  overall: Tally;
  byKind: Map<string, Tally>;
  bySplit: Map<string, Tally>;
  byLanguage: Map<string, Tally>;
};

/** Sums results up one by one: memory does not grow with their number, but for eight bytes each for the durations. */
export function createSummary(scorers: readonly Pick<Scorer, 'name' | 'kind' | 'description'>[]): SummaryBuilder {
  const slices = new Map<string, Slices>(scorers.map(({ name }) => [name, newSlices()]));
  const statuses: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const cost: Record<string, number> = {};
  const durations: number[] = [];
  let cases = 0;
  let infrastructureFailures = 0;
  let usage = NO_USAGE;
  return {
    add({ item, outcome, scores }) {
      cases += 1;
      count(statuses, outcome.answer.status, 1);
      if (outcome.error !== undefined) count(errors, outcome.error.code, 1);
      if (outcome.error !== undefined && isInfrastructure(outcome.error.code)) infrastructureFailures += 1;
      else durations.push(outcome.durationMs);
      usage = addUsage(usage, outcome.run?.usage ?? outcome.answer.usage);
      const paid = outcome.cost ?? outcome.run?.cost;
      if (paid !== undefined) count(cost, paid.currency, paid.microUnits);
      const language = item.language ?? detectLanguage(item.question);
      for (const [name, score] of Object.entries(scores)) {
        const slice = slices.get(name);
        if (slice === undefined) continue;
        tally(slice.overall, score);
        tally(at(slice.byKind, item.kind), score);
        tally(at(slice.bySplit, item.split), score);
        tally(at(slice.byLanguage, language), score);
      }
    },
    summary: () => ({
      cases,
      statuses: { ...statuses },
      errors: { ...errors },
      infrastructureFailures,
      scores: scorers.map(({ name, kind, description }) => {
        const slice = slices.get(name) ?? newSlices();
        return {
          scorer: name,
          kind,
          description,
          overall: estimate(slice.overall),
          byKind: estimates(slice.byKind),
          bySplit: estimates(slice.bySplit),
          byLanguage: estimates(slice.byLanguage),
        };
      }),
      durationMs: durationsOf(durations),
      usage,
      cost: { ...cost },
    }),
  };
}

function newSlices(): Slices {
  return { overall: newTally(), byKind: new Map(), bySplit: new Map(), byLanguage: new Map() };
}

function newTally(): Tally {
  return { scored: 0, unavailable: 0, sum: 0 };
}

function at(tallies: Map<string, Tally>, key: string): Tally {
  const found = tallies.get(key) ?? newTally();
  tallies.set(key, found);
  return found;
}

function tally(into: Tally, { value }: Score): void {
  if (value === 'unavailable') into.unavailable += 1;
  else {
    into.scored += 1;
    into.sum += value;
  }
}

function count(counts: Record<string, number>, key: string, by: number): void {
  counts[key] = (counts[key] ?? 0) + by;
}

/** The estimate of a sum of scores from 0 to 1. */
export function estimate({ scored, unavailable, sum }: Readonly<Tally>): Estimate {
  const all = scored + unavailable;
  return {
    scored,
    unavailable,
    mean: scored === 0 ? null : sum / scored,
    ...wilsonInterval(Math.min(sum, scored), scored),
    ofAll: all === 0 ? null : sum / all,
  };
}

function estimates(tallies: ReadonlyMap<string, Tally>): Record<string, Estimate> {
  const sorted = [...tallies].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([key, value]) => [key, estimate(value)]));
}

function durationsOf(values: readonly number[]): Summary['durationMs'] {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const mean = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  return { mean, p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), max: sorted.at(-1) ?? 0 };
}

/** The nearest-rank quantile of sorted values; 0 without values. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
}
