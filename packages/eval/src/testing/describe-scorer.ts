import { describe, expect, it } from 'vitest';
import type { ScoreContext, Scorer } from '../scorer.ts';
import { caseOf, outcomeOf } from './values.ts';

/** One row of a scorer's contract: what is scored, and the value that must come out. */
export interface ScorerExample {
  readonly when: string;
  readonly item?: Record<string, unknown>;
  readonly outcome: ReturnType<typeof outcomeOf>;
  readonly context?: ScoreContext;
  /** `none`: the scorer does not apply. */
  readonly value: number | 'unavailable' | 'none';
}

/** The contract suite of every scorer: its examples, and what all scorers promise. */
export function describeScorer(scorer: Scorer, examples: readonly ScorerExample[]): void {
  describe(`scorer ${scorer.name}`, () => {
    it('has a kebab-case name and says what it measures', () => {
      expect(scorer.name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(scorer.description).not.toBe('');
    });
    for (const { when, item = {}, outcome, context = {}, value } of examples) {
      it(`gives ${value} when ${when}`, async () => {
        const before = JSON.stringify(outcome);
        const score = await scorer.score(caseOf(item), outcome, context);
        if (value === 'none') expect(score).toBeUndefined();
        else if (typeof value === 'number') expect(score?.value).toBeCloseTo(value, 6);
        else expect(score?.value).toBe(value);
        if (score !== undefined) expect(score.reason).not.toBe('');
        expect(JSON.stringify(outcome)).toBe(before);
      });
    }
    it('survives an empty and a failed outcome', async () => {
      const failed = outcomeOf('', { status: 'failed' });
      const score = await scorer.score(caseOf(), failed, {});
      if (score !== undefined && score.value !== 'unavailable') {
        expect(score.value).toBeGreaterThanOrEqual(0);
        expect(score.value).toBeLessThanOrEqual(1);
      }
    });
  });
}
