import { describe, expect, it } from 'vitest';
import { type BudgetLimits, createBudget } from './budget.ts';
import { createFakeClock } from './testing.ts';

const cny = (microUnits: number) => ({ microUnits, currency: 'CNY' });

describe('createBudget', () => {
  it.each<[string, BudgetLimits, Parameters<ReturnType<typeof createBudget>['spend']>[0]]>([
    ['steps', { steps: 3 }, { steps: 1 }],
    ['tokens', { tokens: 300 }, { tokens: 100 }],
    ['cost', { cost: cny(30) }, { cost: cny(10) }],
  ])('says nothing below the bound of %s and stops at it', (bound, limits, amount) => {
    const budget = createBudget(limits);
    budget.spend(amount);
    budget.spend(amount);
    expect(budget.exceeded()).toBeUndefined();
    budget.check();
    budget.spend(amount);
    expect(budget.exceeded()).toBe(bound);
    expect(() => budget.check()).toThrow(
      expect.objectContaining({ code: 'BUDGET_EXCEEDED', message: expect.stringContaining(`budget.${bound}`) }),
    );
  });

  it('stops before a call whose expected cost does not fit into what is left', () => {
    const budget = createBudget({ cost: cny(30) });
    budget.spend({ cost: cny(10) });
    budget.check(cny(20));
    expect(() => budget.check(cny(21))).toThrow(
      expect.objectContaining({ code: 'BUDGET_EXCEEDED', details: expect.objectContaining({ bound: 'cost' }) }),
    );
    expect(budget.exceeded()).toBeUndefined(); // a cheaper call may still be made
    const unbounded = createBudget({ steps: 3 });
    unbounded.spend({ cost: cny(10) });
    unbounded.check(cny(1_000_000));
    unbounded.check();
  });

  it('counts the time from its making', async () => {
    const clock = createFakeClock();
    await clock.advance(5000);
    const budget = createBudget({ seconds: 2 }, clock);
    await clock.advance(1999);
    budget.check();
    await clock.advance(1);
    expect(budget.exceeded()).toBe('seconds');
    expect(budget.spent().seconds).toBe(2);
  });

  it('without limits never stops, and adds up', () => {
    const budget = createBudget({});
    budget.spend({ steps: 1_000_000, tokens: 5, cost: cny(7) });
    budget.spend({ cost: cny(5) });
    expect(budget.exceeded()).toBeUndefined();
    expect(budget.spent()).toMatchObject({ steps: 1_000_000, tokens: 5, cost: cny(12) });
  });

  it('refuses to add money of two currencies, but books the rest of what happened', () => {
    const budget = createBudget({ cost: cny(5) });
    expect(() => budget.spend({ steps: 1, tokens: 2, cost: { microUnits: 1, currency: 'USD' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
    expect(budget.spent()).toMatchObject({ steps: 1, tokens: 2, cost: undefined });
  });
});
