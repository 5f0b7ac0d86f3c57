import type { Scorer } from '../scorer.ts';

/**
 * Whether the target answered when it should and held back when it should. A question outside the scope may be refused or found
 * unanswerable; otherwise the status must be the expected one.
 */
export const refusal: Scorer = {
  name: 'refusal',
  kind: 'rule',
  description: 'answered what can be answered, and held back where it cannot',
  score(item, { answer }) {
    const accepted: readonly string[] =
      item.kind === 'out-of-scope' && item.expect !== 'answered' ? ['insufficient', 'refused'] : [item.expect];
    return {
      value: accepted.includes(answer.status) ? 1 : 0,
      reason: `expected ${accepted.join(' or ')}, got ${answer.status}`,
    };
  },
};
