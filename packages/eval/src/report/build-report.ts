import { hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Clock, detectLanguage, type Step, systemClock } from '@fieldkit/core';
import {
  type AttributionSummary,
  createAttributionCounter,
  type ReplayCount,
} from '../analysis/attribution-summary.ts';
import { type Comparison, compareTargets } from '../analysis/compare-targets.ts';
import { type Criteria, checkGates, type GateReport } from '../analysis/gates.ts';
import { createScoreMatrix } from '../analysis/score-matrix.ts';
import type { Attribution } from '../attribution/attribute.ts';
import type { Calibration } from '../judge/judge-quality.ts';
import { canonicalJson } from '../ledger/identity.ts';
import type { Ledger, LedgerRow, LedgerTarget } from '../ledger/ledger.ts';
import type { Score, Scorer } from '../scorer.ts';
import { smallestDetectableEffect } from '../statistics/detectable-effect.ts';
import { type MeanError, meanErrorByNumber, numberClusters } from '../statistics/mean-error.ts';
import { flipRate, passHatK } from '../statistics/rounds.ts';
import { type Interval, wilsonInterval } from '../statistics/wilson.ts';
import { createSummary, type Summary } from '../summary.ts';

export interface WorstItem {
  readonly id: string;
  readonly target: string;
  readonly round: number;
  readonly kind: string;
  readonly question: string;
  readonly answer: string;
  readonly status: string;
  readonly references: readonly string[];
  readonly scores: Readonly<Record<string, Score>>;
  readonly attribution?: Attribution;
  /** Steps of the trace: kind, name, milliseconds, error. */
  readonly steps: readonly string[];
}

/** The error of a mean over items: rounds of one item are one observation, not several. */
export interface ItemError extends MeanError {
  readonly items: number;
  /** 95 % Wilson interval of the mean over items. */
  readonly interval: Interval;
}

export interface TargetReport {
  readonly name: string;
  readonly identity: unknown;
  readonly rounds: number;
  readonly summary: Summary;
  /** Errors of the mean of each scorer, with items that share a document counted as dependent. */
  readonly errors: Readonly<Record<string, ItemError>>;
  /** Over rounds, of the headline scorer: pass^1, pass^2, …, and the share of items that changed. */
  readonly stability?: { readonly passHatK: readonly number[]; readonly flipRate: number };
  readonly attribution?: AttributionSummary;
}

export interface EvaluationReport {
  readonly title: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly dataset: {
    readonly items: number;
    /** SHA-256 over the cases, labels included. */
    readonly hash: string;
    readonly kinds: Readonly<Record<string, number>>;
    readonly splits: Readonly<Record<string, number>>;
    readonly languages: Readonly<Record<string, number>>;
  };
  readonly headline: string;
  readonly gates?: GateReport;
  readonly targets: readonly TargetReport[];
  readonly comparisons: readonly Comparison[];
  /** Smallest differences that this many items can show, by share of items on which two targets differ. */
  readonly detectable: readonly { readonly discordance: number; readonly effect: number }[];
  readonly worst: readonly WorstItem[];
  readonly calibrations: readonly Calibration[];
  readonly configurations: readonly { readonly at: string; readonly effective: unknown }[];
}

/** Rows that are read before the event loop has a turn. */
const ROWS_A_TURN = 500;

export interface BuildReportOptions {
  readonly ledger: Ledger;
  readonly title: string;
  /** The scorers whose scores are stored, in the order of the report. */
  readonly scorers: readonly Pick<Scorer, 'name' | 'kind' | 'description'>[];
  /** The scorer that the comparison, the stability and the order of the worst items go by. Default: the first. */
  readonly headline?: string;
  /** Scorers compared between targets, chosen beforehand: all are one family. Default: the headline. */
  readonly compared?: readonly string[];
  /** Default: all targets of the ledger that have outcomes. */
  readonly targets?: readonly LedgerTarget[];
  readonly criteria?: Criteria;
  readonly fixedCriteriaHash?: string;
  /** Names the cause of a failed row; undefined for one that passed. */
  readonly attribute?: (row: LedgerRow) => Promise<Attribution | undefined>;
  readonly replays?: readonly ReplayCount[];
  readonly calibrations?: readonly Calibration[];
  /** Items shown in full. Default 20. */
  readonly worst?: number;
  /** Told now and then, with the rows that are read. */
  readonly onProgress?: (rows: number) => void;
  readonly clock?: Clock;
}

/** Reads a ledger once and counts everything a report says from its rows; only scores and the worst items stay in memory. */
export async function buildReport(options: BuildReportOptions): Promise<EvaluationReport> {
  const { ledger, title, scorers, criteria, fixedCriteriaHash, attribute, replays = [], clock = systemClock } = options;
  const { calibrations = [], worst: worstLimit = 20 } = options;
  const headline = options.headline ?? scorers[0]?.name ?? '';
  const compared = options.compared ?? [headline];
  const known = ledger.targets().filter(({ rounds }) => rounds > 0);
  const chosen = known.filter(
    ({ key }) => options.targets === undefined || options.targets.some((target) => target.key === key),
  );
  const names = uniqueNames(chosen);
  const matrix = createScoreMatrix({ roundsOf: [headline] });
  const dataset = createDatasetCounter();
  const worst: (WorstItem & { badness: number })[] = [];
  const targets: TargetReport[] = [];
  let read = 0;
  for (const [index, target] of chosen.entries()) {
    const name = names[index] ?? target.name;
    const summary = createSummary(scorers);
    const attribution = createAttributionCounter();
    for (const row of ledger.rows({ target, traces: attribute !== undefined })) {
      read += 1;
      if (read % ROWS_A_TURN === 0) {
        options.onProgress?.(read);
        await setImmediate(); // timers and signals have their turn, and memory is held down
      }
      summary.add(row);
      dataset.add(row);
      matrix.add(name, row.item, row.scores);
      const cause = await attribute?.(row);
      attribution.add(row.item.id, cause);
      keepWorst(worst, { row, name, headline, ...(cause === undefined ? {} : { cause }) }, worstLimit);
    }
    const rounds = matrix.rounds(name, headline);
    const full = rounds.filter(({ length }) => length === target.rounds);
    targets.push({
      name,
      identity: target.identity,
      rounds: target.rounds,
      summary: summary.summary(),
      errors: errorsOf(matrix, name, scorers),
      ...(target.rounds > 1 && full.length > 0
        ? {
            stability: {
              passHatK: Array.from({ length: target.rounds }, (_, k) => passHatK(full, k + 1)),
              flipRate: flipRate(full) ?? 0,
            },
          }
        : {}),
      ...(attribute === undefined ? {} : { attribution: attribution.summary(replays) }),
    });
    matrix.keepOnly(name, compared);
  }
  const set = dataset.facts();
  const [first] = targets;
  return {
    title,
    createdAt: new Date(clock.now()).toISOString(),
    dataset: set,
    headline,
    ...(criteria === undefined || first === undefined
      ? {}
      : {
          gates: checkGates(first.summary, criteria, {
            dataset: set.hash,
            ...(fixedCriteriaHash === undefined ? {} : { fixedHash: fixedCriteriaHash }),
          }),
        }),
    targets,
    comparisons: targets.length > 1 ? compareTargets({ matrix, scorers: compared }) : [],
    detectable:
      set.items === 0
        ? []
        : [0.1, 0.2, 0.4].map((discordance) => ({
            discordance,
            effect: smallestDetectableEffect(set.items, { discordance }),
          })),
    worst: worst.map(({ badness: _, ...item }) => item),
    calibrations,
    configurations: ledger.configurations().map(({ at, effective }) => ({ at, effective })),
  };
}

/** Two identities under one name are two targets: they are numbered. */
function uniqueNames(targets: readonly LedgerTarget[]): string[] {
  return targets.map(({ name }, index) => {
    const same = targets.filter((target) => target.name === name);
    return same.length === 1
      ? name
      : `${name} #${targets.slice(0, index + 1).filter((target) => target.name === name).length}`;
  });
}

function errorsOf(
  matrix: ReturnType<typeof createScoreMatrix>,
  target: string,
  scorers: readonly { name: string }[],
): Record<string, ItemError> {
  const errors: Record<string, ItemError> = {};
  const clusters = numberClusters(matrix.items.map(({ cluster }) => cluster));
  for (const { name } of scorers) {
    const means = matrix.means(target, name);
    const scored = means.filter((mean) => !Number.isNaN(mean));
    if (scored.length === 0) continue;
    const error = meanErrorByNumber(
      scored,
      clusters.filter((_, at) => !Number.isNaN(means[at])),
    );
    const sum = scored.reduce((total, value) => total + value, 0);
    errors[name] = {
      ...error,
      items: scored.length,
      interval: wilsonInterval(Math.min(sum, scored.length), scored.length),
    };
  }
  return errors;
}

function createDatasetCounter() {
  const seen = new Set<string>();
  const hashes: string[] = [];
  const counts = {
    kinds: {} as Record<string, number>,
    splits: {} as Record<string, number>,
    languages: {} as Record<string, number>,
  };
  const count = (into: Record<string, number>, key: string) => {
    into[key] = (into[key] ?? 0) + 1;
  };
  return {
    add({ item }: LedgerRow) {
      if (seen.has(item.id)) return;
      seen.add(item.id);
      hashes.push(hash('sha256', canonicalJson(item)));
      count(counts.kinds, item.kind);
      count(counts.splits, item.split);
      count(counts.languages, item.language ?? detectLanguage(item.question));
    },
    facts: () => ({
      items: seen.size,
      hash: hash('sha256', hashes.sort().join()),
      ...counts,
    }),
  };
}

/** Keeps the items with the lowest headline score, then the lowest mean of all scores; failures of the infrastructure are not among them. */
function keepWorst(
  worst: (WorstItem & { badness: number })[],
  { row, name, headline, cause }: { row: LedgerRow; name: string; headline: string; cause?: Attribution },
  limit: number,
): void {
  const values = Object.values(row.scores).flatMap(({ value }) => (value === 'unavailable' ? [] : [value]));
  if (values.length === 0 || limit === 0) return;
  const main = row.scores[headline]?.value;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const badness = (typeof main === 'number' ? 1 - main : 0) * 10 + (1 - mean);
  if (badness === 0 || (worst.length >= limit && badness <= (worst.at(-1)?.badness ?? 0))) return;
  const { item, outcome, round, scores } = row;
  worst.push({
    badness,
    id: item.id,
    target: name,
    round,
    kind: item.kind,
    question: [...item.history, item.question].join(' → '),
    answer: outcome.answer.text.slice(0, 2000),
    status: outcome.answer.status,
    references: item.references,
    scores,
    ...(cause === undefined ? {} : { attribution: cause }),
    steps: (outcome.run?.steps ?? []).map(describeStep),
  });
  worst.sort((a, b) => b.badness - a.badness);
  worst.splice(limit);
}

function describeStep({ kind, name, durationMs, error }: Step): string {
  return `${kind} ${name}, ${Math.round(durationMs)} ms${error === undefined ? '' : `, ${error.code}`}`;
}
