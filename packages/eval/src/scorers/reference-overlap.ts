import type { Case } from '../data/case.ts';
import type { Scorer } from '../scorer.ts';
import type { Outcome } from '../target.ts';
import { proseOf } from './answer-text.ts';
import { type Overlap, textOverlap } from './token-overlap.ts';

/** Token F1 of the answer's prose and the best of the references, English and Chinese. */
export const referenceOverlap: Scorer = {
  name: 'reference-overlap',
  kind: 'rule',
  description: 'token F1 with the best of the reference answers',
  score: (item, outcome) => scoreOverlap(item, outcome, 'f1'),
};

/** How much of the best reference the answer contains, whatever else it says. */
export const referenceRecall: Scorer = {
  name: 'reference-recall',
  kind: 'rule',
  description: 'share of the best reference answer that the answer contains',
  score: (item, outcome) => scoreOverlap(item, outcome, 'recall'),
};

function scoreOverlap(item: Case, { answer }: Outcome, field: keyof Overlap) {
  if (item.expect !== 'answered' || item.references.length === 0) return undefined;
  const prose = proseOf(answer.text);
  const best = item.references
    .map((reference) => textOverlap(prose, reference))
    .reduce((a, b) => (b[field] > a[field] ? b : a));
  return {
    value: best[field],
    reason: `precision ${best.precision.toFixed(2)}, recall ${best.recall.toFixed(2)} against the best of ${item.references.length}`,
  };
}
