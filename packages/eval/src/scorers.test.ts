import { expect, it } from 'vitest';
import { createBundle } from './scorers/bundle.ts';
import { forbidden } from './scorers/forbidden.ts';
import { quotesVerbatim } from './scorers/quotes-verbatim.ts';
import { refusal } from './scorers/refusal.ts';
import { metricBundles, scorers } from './scorers.ts';
import { describeScorer } from './testing/describe-scorer.ts';
import { outcomeOf, passageCitation } from './testing/values.ts';

it('names every scorer once and builds the four metrics from listed scorers', () => {
  expect(new Set(scorers.map(({ name }) => name)).size).toBe(scorers.length);
  for (const members of Object.values(metricBundles)) for (const member of members) expect(scorers).toContain(member);
});

describeScorer(createBundle('compliance', [refusal, forbidden, quotesVerbatim]), [
  { when: 'one of two members that apply fails', item: { forbidden: ['x'] }, outcome: outcomeOf('x'), value: 0.5 },
  {
    when: 'a member is unavailable',
    outcome: outcomeOf('x', { citations: [passageCitation('q')] }),
    value: 'unavailable',
  },
]);
