import { type Clock, type Cost, FieldkitError, systemClock } from '@fieldkit/core';

export interface SpendingLimits {
  /** Per calendar day (UTC). */
  readonly day?: Cost;
  /** Of everything the guard has ever been told. */
  readonly project?: Cost;
}

/** Where it is kept what was spent: in memory, or by the caller in a database that several processes share. */
export interface SpendingLedger {
  /** ISO date to millionths of the currency. */
  days(): Readonly<Record<string, number>>;
  add(day: string, cost: Cost): void;
}

export interface SpendingGuardOptions {
  readonly limits: SpendingLimits;
  /** Default: kept in memory, empty. */
  readonly ledger?: SpendingLedger;
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
  /** Counts what was spent without having been reserved: the results of a batch that another process sent. */
  spend(cost: Cost): void;
}

/** @throws {FieldkitError} `INVALID_OPTION` when the currencies differ. */
export function createSpendingGuard(options: SpendingGuardOptions): SpendingGuard {
  const { limits, ledger = memoryLedger(), clock = systemClock } = options;
  const currencies = [limits.day?.currency, limits.project?.currency].filter((one) => one !== undefined);
  if (new Set(currencies).size > 1) {
    throw new FieldkitError('INVALID_OPTION', `spending limits are in different currencies: ${currencies.join(', ')}`);
  }
  let currency = currencies[0];
  let reserved = 0;
  const today = () => new Date(clock.now()).toISOString().slice(0, 10);
  const spend = (cost: Cost) => {
    if (cost.microUnits > 0) ledger.add(today(), cost);
  };
  return {
    spend,
    reserve(estimate, model) {
      currency ??= estimate.currency;
      if (estimate.currency !== currency) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `${model} is priced in ${estimate.currency} but the limits are in ${currency}`,
        );
      }
      const days = ledger.days();
      const bounds = [
        { name: 'day', limit: limits.day, spent: days[today()] ?? 0 },
        { name: 'project', limit: limits.project, spent: Object.values(days).reduce((sum, one) => sum + one, 0) },
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
          if (cost !== undefined) spend(cost);
        },
      };
    },
  };
}

function memoryLedger(): SpendingLedger {
  const days = new Map<string, number>();
  return {
    days: () => Object.fromEntries(days),
    add: (day, cost) => days.set(day, (days.get(day) ?? 0) + cost.microUnits),
  };
}

/** A call with its booking: what it may cost is reserved before, what it did cost is counted after, and nothing when it failed. */
export async function booked<T>(
  guard: SpendingGuard | undefined,
  estimate: Cost | undefined,
  model: string,
  call: () => Promise<{ result: T; cost: Cost | undefined }>,
): Promise<T> {
  const booking = estimate === undefined ? undefined : guard?.reserve(estimate, model);
  let spent: Cost | undefined;
  try {
    const { result, cost } = await call();
    spent = cost;
    return result;
  } finally {
    booking?.settle(spent);
  }
}
