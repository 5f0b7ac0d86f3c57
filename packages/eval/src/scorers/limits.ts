import type { Scorer } from '../scorer.ts';

/** The whole answer took at most `ms`. A failure of the infrastructure is not scored. */
export function createLatencyScorer(ms: number): Scorer {
  return {
    name: 'latency',
    kind: 'rule',
    description: `answered within ${ms} ms`,
    score: (_item, { durationMs }) => ({ value: durationMs <= ms ? 1 : 0, reason: `${Math.round(durationMs)} ms` }),
  };
}

/** The answer cost at most `microUnits` of `currency`; unavailable when the target knows no cost or pays in another currency. */
export function createCostScorer(microUnits: number, currency: string): Scorer {
  return {
    name: 'cost',
    kind: 'rule',
    description: `cost at most ${microUnits / 1e6} ${currency}`,
    score(_item, { cost, run }) {
      const paid = cost ?? run?.cost;
      if (paid === undefined) return { value: 'unavailable', reason: 'no cost is known' };
      if (paid.currency !== currency) return { value: 'unavailable', reason: `paid in ${paid.currency}` };
      return { value: paid.microUnits <= microUnits ? 1 : 0, reason: `${paid.microUnits / 1e6} ${currency}` };
    },
  };
}
