import type { Finding } from '@fieldkit/core';
import type { Attribution } from '../attribution/attribute.ts';
import { type Cause, causeOrder, causes } from '../attribution/causes.ts';
import { wilsonInterval } from '../statistics/wilson.ts';

export interface CauseCount {
  readonly cause: Cause;
  readonly says: string;
  readonly items: number;
  /** Of all failed items. */
  readonly share: number;
  /** Ids of the first ones, at most ten. */
  readonly examples: readonly string[];
}

/** What to do, in order of what it can win. */
export interface Suggestion {
  readonly cause: Cause;
  readonly suggestion: string;
  /** Points of the share of passed items that are won when every item of this cause is fixed, 0 to 1: an upper bound. */
  readonly atMost: number;
  /** What a counterfactual replay fixed of them, when one was made. */
  readonly measured?: {
    readonly change: string;
    readonly fixed: number;
    readonly tried: number;
    readonly low: number;
    readonly high: number;
  };
}

export interface AttributionSummary {
  readonly items: number;
  readonly failed: number;
  readonly counts: readonly CauseCount[];
  readonly suggestions: readonly Suggestion[];
  /** Causes that some traces could not have shown, with how many. */
  readonly notVisible: readonly { readonly cause: Cause; readonly items: number }[];
}

export interface AttributionCounter {
  add(id: string, attribution: Attribution | undefined): void;
  summary(replays?: readonly ReplayCount[]): AttributionSummary;
}

/** How many items of a cause a change fixed. */
export interface ReplayCount {
  readonly cause: Cause;
  readonly change: string;
  readonly fixed: number;
  readonly tried: number;
}

/** Counts first causes over items; an item without a failure counts as passed. */
export function createAttributionCounter(): AttributionCounter {
  const found = new Map<Cause, { items: number; examples: string[] }>();
  const blind = new Map<Cause, number>();
  let items = 0;
  let failed = 0;
  return {
    add(id, attribution) {
      items += 1;
      if (attribution === undefined) return;
      failed += 1;
      const of = found.get(attribution.cause) ?? { items: 0, examples: [] };
      of.items += 1;
      if (of.examples.length < 10) of.examples.push(id);
      found.set(attribution.cause, of);
      for (const cause of attribution.notVisible) blind.set(cause, (blind.get(cause) ?? 0) + 1);
    },
    summary(replays = []) {
      const counts = [...found]
        .map(([cause, of]) => ({
          cause,
          says: causes[cause].says,
          items: of.items,
          share: of.items / failed,
          examples: of.examples,
        }))
        .sort((a, b) => b.items - a.items || causeOrder.indexOf(a.cause) - causeOrder.indexOf(b.cause));
      return {
        items,
        failed,
        counts,
        suggestions: counts.map(({ cause, items: hit }) => suggest(cause, hit, items, replays)),
        notVisible: [...blind].map(([cause, hit]) => ({ cause, items: hit })),
      };
    },
  };
}

function suggest(cause: Cause, hit: number, items: number, replays: readonly ReplayCount[]): Suggestion {
  const best = replays
    .filter((replay) => replay.cause === cause && replay.tried > 0)
    .sort((a, b) => b.fixed / b.tried - a.fixed / a.tried)[0];
  return {
    cause,
    suggestion: causes[cause].suggestion,
    atMost: hit / items,
    ...(best === undefined
      ? {}
      : {
          measured: {
            change: best.change,
            fixed: best.fixed,
            tried: best.tried,
            ...wilsonInterval(best.fixed, best.tried),
          },
        }),
  };
}

/** Attribution as findings, for reports that speak in findings. */
export function attributionFindings({ suggestions, counts, items }: AttributionSummary): Finding[] {
  return suggestions.map(({ cause, suggestion, atMost, measured }) => {
    const count = counts.find((entry) => entry.cause === cause);
    const proof = measured === undefined ? '' : `; ${measured.change} fixed ${measured.fixed} of ${measured.tried}`;
    return {
      severity: cause === 'infrastructure' ? 'error' : 'warning',
      code: `cause-${cause}`,
      message: `${count?.items ?? 0} of ${items} items: ${causes[cause].says} (at most ${(atMost * 100).toFixed(1)} points to win${proof})`,
      suggestion,
    };
  });
}
