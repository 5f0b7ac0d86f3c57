import { counted, FieldkitError, mapConcurrent } from '@fieldkit/core';
import type { Cause } from '../attribution/causes.ts';
import type { Case } from '../data/case.ts';
import { type PairedDifference, pairedDifference } from '../statistics/paired-difference.ts';
import type { PromptUnderTest } from '../targets/prompt-target.ts';
import { placeholdersOf } from '../targets/template.ts';
import { portionOf, stratifiedOrder } from './split-cases.ts';

/** What happened with one item. */
export interface TrialResult {
  /** 0 to 1; `unavailable` items are left out of every comparison. */
  readonly score: number | 'unavailable';
  /** First cause and evidence, when it failed. */
  readonly cause?: Cause;
  readonly evidence?: string;
}

/** Failed items with the same first cause. */
export interface FailureCluster {
  readonly cause: Cause | 'unexplained';
  readonly items: number;
  readonly examples: readonly { readonly question: string; readonly evidence: string }[];
}

export interface OptimisePromptOptions {
  readonly prompt: PromptUnderTest;
  readonly cases: readonly Case[];
  /** Runs and scores one item; results should be kept, so that nothing is asked twice. */
  readonly tryOut: (prompt: PromptUnderTest, item: Case) => Promise<TrialResult>;
  /** Writes candidates from what failed: one call of a model, or a person. Texts that lose a placeholder are dropped. */
  readonly propose: (request: {
    readonly prompt: PromptUnderTest;
    readonly clusters: readonly FailureCluster[];
    readonly count: number;
    readonly round: number;
  }) => Promise<readonly PromptUnderTest[]>;
  /** Default 3, at most 3. */
  readonly rounds?: number;
  /** Candidates per round. Default 4. */
  readonly candidates?: number;
  /** Sizes of the growing samples of a race. Default 20, 60, 180. */
  readonly heats?: readonly number[];
  /** Items tried in all, of all prompts together. Default 1,000 per round. */
  readonly budget?: number;
  readonly concurrency?: number;
  readonly salt?: string;
  readonly signal?: AbortSignal;
}

export interface OptimisationRound {
  readonly round: number;
  readonly clusters: readonly FailureCluster[];
  readonly candidates: readonly {
    readonly name: string;
    readonly droppedAfter?: number;
    readonly difference?: number;
    readonly why?: string;
  }[];
  /** On the validation items, the best candidate against the prompt of before. */
  readonly validation?: PairedDifference;
  readonly accepted: boolean;
}

export interface OptimisationReport {
  readonly original: PromptUnderTest;
  readonly best: PromptUnderTest;
  readonly rounds: readonly OptimisationRound[];
  /** The one look at the untouched items: best against original; absent when nothing was accepted. */
  readonly test?: PairedDifference;
  readonly verdict: string;
  readonly tried: number;
  readonly portions: Readonly<Record<'train' | 'validate' | 'test', number>>;
}

/**
 * Up to three rounds: look at what failed on the training items, get candidates, race them on a growing stratified sample (one whose paired
 * interval lies below the current prompt is dropped), and accept the best only when its paired interval on the validation items lies above 0.
 * What comes out is compared with the original once, on items that nothing has seen. No change is a result.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when a portion would be empty; `CANCELLED`.
 */
export async function optimisePrompt(options: OptimisePromptOptions): Promise<OptimisationReport> {
  const {
    prompt: original,
    cases,
    propose,
    rounds: wanted = 3,
    candidates: count = 4,
    heats = [20, 60, 180],
    salt = '',
  } = options;
  const { concurrency = 4, signal } = options;
  const rounds = Math.min(3, wanted);
  const portions = { train: [] as Case[], validate: [] as Case[], test: [] as Case[] };
  for (const item of stratifiedOrder(cases, salt)) portions[portionOf(item, salt)].push(item);
  if (Object.values(portions).some(({ length }) => length === 0)) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `too few for 60/20/20: ${counted(cases.length, 'item')}; give more, or fewer that share a document`,
    );
  }
  const budget = options.budget ?? 1000 * rounds;
  const known = new Map<string, TrialResult>();
  let tried = 0;
  const results = async (prompt: PromptUnderTest, items: readonly Case[]): Promise<TrialResult[]> =>
    mapConcurrent(
      items,
      concurrency,
      async (item) => {
        const key = JSON.stringify([prompt.system ?? '', prompt.user, item.id]);
        const before = known.get(key);
        if (before !== undefined) return before;
        if (tried >= budget) return { score: 'unavailable' };
        tried += 1;
        const result = await options.tryOut(prompt, item);
        known.set(key, result);
        return result;
      },
      signal === undefined ? {} : { signal },
    );
  const compare = async (a: PromptUnderTest, b: PromptUnderTest, items: readonly Case[]) =>
    paired(await results(a, items), await results(b, items));

  const done: OptimisationRound[] = [];
  let best = original;
  for (let round = 1; round <= rounds && tried < budget; round += 1) {
    const sample = portions.train.slice(0, heats.at(-1) ?? 100);
    const clusters = clusterFailures(sample, await results(best, sample));
    if (clusters.length === 0) break;
    const proposed = await propose({ prompt: best, clusters, count, round });
    const report: { name: string; droppedAfter?: number; difference?: number; why?: string }[] = [];
    let running: PromptUnderTest[] = [];
    for (const candidate of proposed.slice(0, count)) {
      const why = whyInvalid(candidate, best);
      if (why === undefined) running.push(candidate);
      else report.push({ name: candidate.name, why });
    }
    const standing = new Map<PromptUnderTest, number>();
    for (const heat of heats) {
      const items = portions.train.slice(0, heat);
      const survivors: PromptUnderTest[] = [];
      for (const candidate of running) {
        const result = await compare(best, candidate, items);
        if (result !== undefined && result.interval.high < 0)
          report.push({ name: candidate.name, droppedAfter: items.length, difference: result.difference });
        else survivors.push(candidate);
        standing.set(candidate, result?.difference ?? 0);
      }
      running = survivors;
      if (heat >= portions.train.length) break;
    }
    running.sort((a, b) => (standing.get(b) ?? 0) - (standing.get(a) ?? 0));
    const [winner] = running;
    report.push(...running.map((candidate) => ({ name: candidate.name, difference: standing.get(candidate) ?? 0 })));
    const validation =
      winner === undefined || (standing.get(winner) ?? 0) <= 0
        ? undefined
        : await compare(best, winner, portions.validate);
    const accepted = winner !== undefined && validation !== undefined && validation.interval.low > 0;
    done.push({ round, clusters, candidates: report, accepted, ...(validation === undefined ? {} : { validation }) });
    if (accepted) best = winner;
  }
  const test = best === original ? undefined : await compare(original, best, portions.test);
  return {
    original,
    best,
    rounds: done,
    ...(test === undefined ? {} : { test }),
    verdict: verdictOf(test, best !== original),
    tried,
    portions: { train: portions.train.length, validate: portions.validate.length, test: portions.test.length },
  };
}

function paired(a: readonly TrialResult[], b: readonly TrialResult[]): PairedDifference | undefined {
  const both = a.flatMap(({ score }, index) => {
    const other = b[index]?.score;
    return typeof score === 'number' && typeof other === 'number' ? [[score, other] as const] : [];
  });
  return both.length === 0
    ? undefined
    : pairedDifference(
        both.map(([score]) => score),
        both.map(([, score]) => score),
      );
}

function clusterFailures(items: readonly Case[], results: readonly TrialResult[]): FailureCluster[] {
  const failed = items.flatMap((item, index) => {
    const result = results[index];
    return result !== undefined && typeof result.score === 'number' && result.score < 1 ? [{ item, result }] : [];
  });
  const groups = Object.groupBy(failed, ({ result }) => result.cause ?? 'unexplained');
  return Object.entries(groups)
    .map(([cause, group = []]) => ({
      // The keys were made of causes two lines above.
      cause: cause as FailureCluster['cause'],
      items: group.length,
      examples: group
        .slice(0, 5)
        .map(({ item, result }) => ({ question: item.question, evidence: result.evidence ?? '' })),
    }))
    .sort((a, b) => b.items - a.items);
}

function whyInvalid(candidate: PromptUnderTest, current: PromptUnderTest): string | undefined {
  const names = (prompt: PromptUnderTest) => placeholdersOf(`${prompt.system ?? ''}\n${prompt.user}`).sort();
  const [needed, given] = [names(current), names(candidate)];
  if (needed.join() !== given.join())
    return `placeholders ${given.join(', ') || 'none'} instead of ${needed.join(', ') || 'none'}`;
  return candidate.user === current.user && (candidate.system ?? '') === (current.system ?? '')
    ? 'nothing changed'
    : undefined;
}

function verdictOf(test: PairedDifference | undefined, changed: boolean): string {
  if (!changed) return 'no significant change: no candidate was better on the validation items';
  if (test === undefined) return 'a candidate was accepted, but the untouched items could not be judged';
  const points = (share: number) => `${(share * 100).toFixed(1)} points`;
  const range = `95 % interval ${points(test.interval.low)} to ${points(test.interval.high)}, ${test.n} untouched items`;
  return test.interval.low > 0
    ? `better by ${points(test.difference)} (${range})`
    : `no significant change on untouched items: ${points(test.difference)} (${range})`;
}
