import { type Clock, systemClock } from './clock.ts';
import { FieldkitError } from './error.ts';
import type { Cost } from './usage.ts';

/** Bounds of a run. An absent field is unbounded. */
export interface BudgetLimits {
  /** Model and tool calls. */
  readonly steps?: number;
  /** Input and output tokens of all model calls. */
  readonly tokens?: number;
  readonly seconds?: number;
  readonly cost?: Cost;
}

export interface Spending {
  readonly steps?: number;
  readonly tokens?: number;
  readonly cost?: Cost;
}

/** Counts what a run spends and says when it must stop. */
export interface Budget {
  /** Books what was used. Never throws: what happened has happened. */
  spend(amount: Spending): void;
  /**
   * Call it before each step, with what that will probably cost.
   * @throws {FieldkitError} `BUDGET_EXCEEDED` naming the bound, when one is reached or the cost does not fit into what is left.
   */
  check(expected?: Cost): void;
  /** The bound that is reached, if any. */
  exceeded(): 'steps' | 'tokens' | 'seconds' | 'cost' | undefined;
  spent(): { steps: number; tokens: number; seconds: number; cost: Cost | undefined };
}

const money = ({ microUnits, currency }: Cost) => `${(microUnits / 1e6).toFixed(4)} ${currency}`;

/**
 * @throws {FieldkitError} `INVALID_OPTION` from `spend` when a cost comes in another currency than the limit's: it could not be compared.
 */
export function createBudget(limits: BudgetLimits, clock: Clock = systemClock): Budget {
  const started = clock.monotonic();
  let steps = 0;
  let tokens = 0;
  let cost: Cost | undefined;
  const seconds = () => (clock.monotonic() - started) / 1000;
  const exceeded = () => {
    if (limits.steps !== undefined && steps >= limits.steps) return 'steps';
    if (limits.tokens !== undefined && tokens >= limits.tokens) return 'tokens';
    if (limits.seconds !== undefined && seconds() >= limits.seconds) return 'seconds';
    if (limits.cost !== undefined && cost !== undefined && cost.microUnits >= limits.cost.microUnits) return 'cost';
    return undefined;
  };
  return {
    spend(amount) {
      steps += amount.steps ?? 0;
      tokens += amount.tokens ?? 0;
      if (amount.cost === undefined) return;
      const currency = cost?.currency ?? limits.cost?.currency ?? amount.cost.currency;
      if (amount.cost.currency !== currency) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `the budget is in ${currency} but a call cost ${amount.cost.currency}; give prices in one currency`,
        );
      }
      cost = { currency, microUnits: (cost?.microUnits ?? 0) + amount.cost.microUnits };
    },
    check(expected) {
      const left = (limits.cost?.microUnits ?? 0) - (cost?.microUnits ?? 0);
      const tooDear =
        expected !== undefined && expected.currency === limits.cost?.currency && expected.microUnits > left;
      const reached = exceeded();
      if (reached === undefined && !tooDear) return;
      const bound = reached ?? 'cost';
      const why =
        reached === undefined && expected !== undefined
          ? `the next call, about ${money(expected)}, does not fit the bound of cost: ${money({ ...expected, microUnits: left })} are left`
          : `the run reached its bound of ${bound}`;
      throw new FieldkitError(
        'BUDGET_EXCEEDED',
        `${why}; raise budget.${bound} in fieldkit.config.ts if it should go on`,
        { details: { bound, steps, tokens, seconds: Math.round(seconds() * 10) / 10 } },
      );
    },
    exceeded,
    spent: () => ({ steps, tokens, seconds: seconds(), cost }),
  };
}
