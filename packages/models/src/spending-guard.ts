import { type Clock, type Cost, FieldkitError, systemClock } from '@fieldkit/core';

export interface SpendingLimits {
  /** Per calendar day (UTC). */
  readonly day?: Cost;
  /** Of everything the guard has ever been told. */
  readonly project?: Cost;
}

/** What was spent, by day: kept by the caller, in a file or a database. */
export interface SpendingRecord {
  readonly currency: string;
  /** ISO date to millionths of the currency. */
  readonly days: Readonly<Record<string, number>>;
}

export interface SpendingGuardOptions {
  readonly limits: SpendingLimits;
  /** What was spent before. Default nothing. */
  readonly spent?: SpendingRecord;
  /** Told after each call what has been spent so far. */
  readonly onSpent?: (record: SpendingRecord) => void;
  readonly clock?: Clock;
}

export interface Booking {
  /** What the call did cost; undefined when it was not billed or nobody knows. */
  settle(cost: Cost | undefined): void;
}

/** Stops calls before a limit on money would be exceeded, those under way counted with their estimates. */
export interface SpendingGuard {
  /** @throws {FieldkitError} `BUDGET_EXCEEDED` when the estimate does not fit into what is left. */
  reserve(estimate: Cost, model: string): Booking;
  record(): SpendingRecord;
}

/** @throws {FieldkitError} `INVALID_OPTION` when the currencies differ. */
export function createSpendingGuard(options: SpendingGuardOptions): SpendingGuard {
  const { limits, onSpent, clock = systemClock } = options;
  const currencies = [limits.day?.currency, limits.project?.currency, options.spent?.currency].filter(
    (one) => one !== undefined,
  );
  if (new Set(currencies).size > 1) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `spending limits are in different currencies: ${[...new Set(currencies)].join(', ')}`,
    );
  }
  const days = new Map(Object.entries(options.spent?.days ?? {}));
  let currency = currencies[0];
  let reserved = 0;
  const today = () => new Date(clock.now()).toISOString().slice(0, 10);
  const total = () => [...days.values()].reduce((sum, one) => sum + one, 0);
  const record = (): SpendingRecord => ({ currency: currency ?? 'XXX', days: Object.fromEntries(days) });
  return {
    record,
    reserve(estimate, model) {
      currency ??= estimate.currency;
      if (estimate.currency !== currency) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `${model} is priced in ${estimate.currency} but the limits are in ${currency}`,
        );
      }
      const bounds = [
        { name: 'day', limit: limits.day, spent: days.get(today()) ?? 0 },
        { name: 'project', limit: limits.project, spent: total() },
      ];
      for (const { name, limit, spent } of bounds) {
        if (limit === undefined || spent + reserved + estimate.microUnits <= limit.microUnits) continue;
        const money = (micro: number) => `${(micro / 1e6).toFixed(4)} ${currency}`;
        throw new FieldkitError(
          'BUDGET_EXCEEDED',
          `a call of ${model} (about ${money(estimate.microUnits)}) does not fit the ${name}'s limit of ${money(limit.microUnits)}: ` +
            `${money(spent)} are spent, ${money(reserved)} are under way; raise the limit or wait`,
          { details: { bound: name, limit: limit.microUnits, spent, reserved, estimate: estimate.microUnits } },
        );
      }
      reserved += estimate.microUnits;
      let settled = false;
      return {
        settle(cost) {
          if (settled) return;
          settled = true;
          reserved -= estimate.microUnits;
          if (cost === undefined || cost.microUnits === 0) return;
          days.set(today(), (days.get(today()) ?? 0) + cost.microUnits);
          onSpent?.(record());
        },
      };
    },
  };
}
