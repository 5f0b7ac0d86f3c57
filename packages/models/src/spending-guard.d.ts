import { type Clock, type Cost } from '@fieldkit/core';
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
export declare function createSpendingGuard(options: SpendingGuardOptions): SpendingGuard;
