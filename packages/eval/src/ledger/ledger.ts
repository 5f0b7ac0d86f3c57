import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, FieldkitError, runSchema, systemClock } from '@fieldkit/core';
import { type Case, caseSchema } from '../data/case.ts';
import { isInfrastructure } from '../infrastructure.ts';
import type { Score } from '../scorer.ts';
import type { Outcome } from '../target.ts';
import { canonicalJson, caseIdentity, shortHash } from './identity.ts';
import { openStore, sqliteError } from './sqlite.ts';
import { packOutcome, unpackOutcome } from './stored-outcome.ts';
import { openTraceStore, type TraceStore } from './trace-store.ts';

/** A target as the ledger knows it. */
export interface LedgerTarget {
  readonly key: number;
  readonly name: string;
}

/** Where a row stands in the ledger. */
export interface RowKey {
  readonly target: number;
  /** 1-based. */
  readonly round: number;
  readonly item: number;
}

/** One stored outcome with its scores. */
export interface LedgerRow {
  readonly key: RowKey;
  readonly target: string;
  /** 1-based. */
  readonly round: number;
  readonly item: Case;
  readonly outcome: Outcome;
  readonly scores: Readonly<Record<string, Score>>;
}

export interface RowFilter {
  readonly target?: LedgerTarget;
  readonly round?: number;
  /** Whether to load traces. Default false. */
  readonly traces?: boolean;
}

/**
 * Outcomes on disk, each written once: keyed by what the target was given (case), what it is (its identity: prompt, model, settings) and
 * the round. Killed at any moment, it holds every outcome whose `record` had returned. Totals are always counted from the rows.
 */
export interface Ledger {
  /** Saves the configuration of a run beside its results: as it was written, and as it was in effect. */
  saveConfiguration(original: unknown, effective: unknown): void;
  configurations(): { at: string; original: unknown; effective: unknown }[];
  /** The target with this identity; another identity under the same name is another target. */
  target(name: string, identity: unknown): LedgerTarget;
  targets(): (LedgerTarget & { identity: unknown; rounds: number })[];
  /** Starts a set of cases: rows are shown for the cases that are put after the last call. Without it, sets add up. */
  beginSet(): void;
  /** Makes the labels of a case current; returns the key of what a target is given of it. */
  putCase(item: Case): number;
  has(caseKey: number, target: LedgerTarget, round: number): boolean;
  /** The stored outcome, without its trace. */
  outcome(caseKey: number, target: LedgerTarget, round: number): Outcome | undefined;
  /** Appends. A second record of the same key is ignored; an infrastructure failure goes to `failures` and leaves the key open. */
  record(
    caseKey: number,
    target: LedgerTarget,
    round: number,
    outcome: Outcome,
    scores: Readonly<Record<string, Score>>,
  ): void;
  /** Replaces the scores of a row; outcomes stay. */
  rescore(key: RowKey, scores: Readonly<Record<string, Score>>): void;
  /** Remembers that cases were sent as a batch, in this order, before anything is waited for. */
  noteBatch(target: LedgerTarget, round: number, id: string, items: readonly number[]): void;
  /** Batches that were sent and not collected, oldest first. */
  batches(target: LedgerTarget, round: number): { id: string; items: readonly number[] }[];
  closeBatch(target: LedgerTarget, round: number, id: string): void;
  /** In order of target, round and case. An infrastructure failure that no later try mended is a row with `outcome.error`. */
  rows(filter?: RowFilter): Iterable<LedgerRow>;
  count(): { outcomes: number; openFailures: number; failures: number };
  /** Runs `work` as one transaction. */
  batch<T>(work: () => T): T;
  close(): void;
}

export interface OpenLedgerOptions {
  /** The database file; its folder is made. Traces go beside it, to `NAME.traces.sqlite`. */
  readonly path: string;
  readonly clock?: Clock;
}

const VERSION = 1;
const SCHEMA = `
CREATE TABLE IF NOT EXISTS configurations(id INTEGER PRIMARY KEY, at TEXT NOT NULL, original TEXT NOT NULL, effective TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS targets(key INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, identity TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cases(key INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, id TEXT NOT NULL, labels TEXT NOT NULL,
  generation INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS generation(current INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS outcomes(id INTEGER PRIMARY KEY, target INTEGER NOT NULL, round INTEGER NOT NULL, item INTEGER NOT NULL,
  outcome TEXT NOT NULL, UNIQUE(target, round, item));
CREATE TABLE IF NOT EXISTS failures(id INTEGER PRIMARY KEY, at TEXT NOT NULL, target INTEGER NOT NULL, round INTEGER NOT NULL,
  item INTEGER NOT NULL, outcome TEXT NOT NULL, scores TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS failures_key ON failures(target, round, item);
CREATE TABLE IF NOT EXISTS scores(target INTEGER NOT NULL, round INTEGER NOT NULL, item INTEGER NOT NULL, scores TEXT NOT NULL,
  PRIMARY KEY(target, round, item)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches(number INTEGER PRIMARY KEY, id TEXT NOT NULL, at TEXT NOT NULL, target INTEGER NOT NULL,
  round INTEGER NOT NULL, items TEXT NOT NULL, collected INTEGER NOT NULL DEFAULT 0);
CREATE TRIGGER IF NOT EXISTS outcomes_stay BEFORE UPDATE ON outcomes BEGIN SELECT RAISE(ABORT, 'outcomes are never changed'); END;
CREATE TRIGGER IF NOT EXISTS outcomes_last BEFORE DELETE ON outcomes BEGIN SELECT RAISE(ABORT, 'outcomes are never deleted'); END;
`;

/**
 * Opens or makes a ledger.
 *
 * @throws {FieldkitError} `STORE_DAMAGED` when the file is something else or of a newer version, `STORE_LOCKED`, `FILE_UNREADABLE`.
 */
export function openLedger({ path, clock = systemClock }: OpenLedgerOptions): Ledger {
  mkdirSync(dirname(path), { recursive: true });
  const store = openStore(path, SCHEMA, VERSION);
  let traces: TraceStore | undefined;
  const traceStore = () => {
    traces ??= openTraceStore(`${path.replace(/\.sqlite$/, '')}.traces.sqlite`);
    return traces;
  };
  const now = () => new Date(clock.now()).toISOString();
  const sql = {
    findTarget: store.prepare('SELECT key FROM targets WHERE hash = ?'),
    addTarget: store.prepare('INSERT OR IGNORE INTO targets(hash, name, identity) VALUES(?, ?, ?)'),
    findCase: store.prepare('SELECT key, labels, generation FROM cases WHERE hash = ?'),
    addCase: store.prepare('INSERT OR IGNORE INTO cases(hash, id, labels, generation) VALUES(?, ?, ?, ?)'),
    relabel: store.prepare('UPDATE cases SET labels = ?, generation = ? WHERE key = ?'),
    has: store.prepare('SELECT 1 FROM outcomes WHERE target = ? AND round = ? AND item = ?'),
    getOutcome: store.prepare('SELECT outcome FROM outcomes WHERE target = ? AND round = ? AND item = ?'),
    addOutcome: store.prepare('INSERT OR IGNORE INTO outcomes(target, round, item, outcome) VALUES(?, ?, ?, ?)'),
    addFailure: store.prepare(
      'INSERT INTO failures(at, target, round, item, outcome, scores) VALUES(?, ?, ?, ?, ?, ?)',
    ),
    putScores: store.prepare('INSERT OR REPLACE INTO scores(target, round, item, scores) VALUES(?, ?, ?, ?)'),
  };
  let generation = Number(store.prepare('SELECT MAX(current) AS n FROM generation').get()?.n ?? 0);
  let depth = 0;
  const batch = <T>(work: () => T): T => {
    if (depth > 0) return work();
    depth += 1;
    store.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      store.exec('COMMIT');
      return result;
    } catch (error) {
      if (store.isTransaction) store.exec('ROLLBACK'); // SQLite ends it itself when the disk is full
      throw error instanceof Error && 'errcode' in error ? sqliteError(error, path) : error;
    } finally {
      depth -= 1;
    }
  };
  const keyOf = (found: Record<string, unknown> | undefined) => (found === undefined ? undefined : Number(found.key));

  return {
    saveConfiguration(original, effective) {
      store
        .prepare('INSERT INTO configurations(at, original, effective) VALUES(?, ?, ?)')
        .run(now(), canonicalJson(original), canonicalJson(effective));
    },
    configurations: () =>
      store
        .prepare('SELECT at, original, effective FROM configurations ORDER BY id')
        .all()
        .map(({ at, original, effective }) => ({
          at: String(at),
          original: JSON.parse(String(original)),
          effective: JSON.parse(String(effective)),
        })),
    target(name, identity) {
      const text = canonicalJson(identity);
      const hash = shortHash(canonicalJson([name, identity]));
      sql.addTarget.run(hash, name, text);
      return { key: keyOf(sql.findTarget.get(hash)) ?? missing('a target'), name };
    },
    targets: () =>
      store
        .prepare(
          'SELECT key, name, identity, (SELECT COALESCE(MAX(round), 0) FROM outcomes WHERE target = targets.key) AS rounds FROM targets ORDER BY key',
        )
        .all()
        .map(({ key, name, identity, rounds }) => ({
          key: Number(key),
          name: String(name),
          identity: JSON.parse(String(identity)),
          rounds: Number(rounds),
        })),
    beginSet() {
      generation += 1;
      store.prepare('INSERT INTO generation(current) VALUES(?)').run(generation);
    },
    putCase(item) {
      const hash = caseIdentity(item);
      const labels = JSON.stringify(item);
      const found = sql.findCase.get(hash);
      if (found === undefined) {
        sql.addCase.run(hash, item.id, labels, generation);
        return keyOf(sql.findCase.get(hash)) ?? missing('a case');
      }
      if (found.labels !== labels || Number(found.generation) !== generation) {
        sql.relabel.run(labels, generation, Number(found.key));
      }
      return Number(found.key);
    },
    has: (caseKey, target, round) => sql.has.get(target.key, round, caseKey) !== undefined,
    outcome(caseKey, target, round) {
      const found = sql.getOutcome.get(target.key, round, caseKey);
      return found === undefined ? undefined : unpackOutcome(String(found.outcome), path);
    },
    record(caseKey, target, round, outcome, scores) {
      batch(() => {
        const text = packOutcome(outcome);
        if (outcome.error !== undefined && isInfrastructure(outcome.error.code)) {
          sql.addFailure.run(now(), target.key, round, caseKey, text, packScores(scores));
          return;
        }
        if (Number(sql.addOutcome.run(target.key, round, caseKey, text).changes) === 0) return;
        sql.putScores.run(target.key, round, caseKey, packScores(scores));
        if (outcome.run !== undefined) traceStore().put(target.key, round, caseKey, outcome.run);
      });
    },
    rescore({ target, round, item }, scores) {
      if (sql.has.get(target, round, item) !== undefined) sql.putScores.run(target, round, item, packScores(scores));
    },
    noteBatch(target, round, id, items) {
      store
        .prepare('INSERT INTO batches(id, at, target, round, items) VALUES(?, ?, ?, ?, ?)')
        .run(id, now(), target.key, round, JSON.stringify(items));
    },
    batches: (target, round) =>
      store
        .prepare('SELECT id, items FROM batches WHERE target = ? AND round = ? AND collected = 0 ORDER BY number')
        .all(target.key, round)
        .map(({ id, items }) => ({ id: String(id), items: JSON.parse(String(items)) })),
    closeBatch(target, round, id) {
      store
        .prepare('UPDATE batches SET collected = 1 WHERE target = ? AND round = ? AND id = ?')
        .run(target.key, round, id);
    },
    *rows({ target, round, traces: withTraces = false } = {}) {
      const where = 'WHERE c.generation = ?1 AND (?2 IS NULL OR o.target = ?2) AND (?3 IS NULL OR o.round = ?3)';
      const columns =
        't.key AS target_key, t.name AS name, o.round AS round, c.key AS item_key, c.labels AS labels, o.outcome AS outcome';
      const statement = store.prepare(
        `SELECT ${columns}, s.scores AS scores FROM outcomes o JOIN targets t ON t.key = o.target JOIN cases c ON c.key = o.item
           LEFT JOIN scores s ON s.target = o.target AND s.round = o.round AND s.item = o.item ${where}
         UNION ALL
         SELECT ${columns}, o.scores AS scores FROM failures o JOIN targets t ON t.key = o.target JOIN cases c ON c.key = o.item ${where}
           AND o.id = (SELECT MAX(id) FROM failures f WHERE f.target = o.target AND f.round = o.round AND f.item = o.item)
           AND NOT EXISTS (SELECT 1 FROM outcomes x WHERE x.target = o.target AND x.round = o.round AND x.item = o.item)`,
      );
      for (const found of statement.iterate(generation, target?.key ?? null, round ?? null)) {
        const item = caseSchema.parse(JSON.parse(String(found.labels)));
        const outcome = unpackOutcome(String(found.outcome), path);
        const key = { target: Number(found.target_key), round: Number(found.round), item: Number(found.item_key) };
        const run = withTraces ? traceStore().get(key.target, key.round, key.item) : undefined;
        yield {
          key,
          target: String(found.name),
          round: Number(found.round),
          item,
          outcome: run === undefined ? outcome : { ...outcome, run: runSchema.parse(run) },
          scores: found.scores === null ? {} : unpackScores(String(found.scores)),
        };
      }
    },
    count() {
      const one = (query: string) => Number(store.prepare(query).get()?.n);
      return {
        outcomes: one('SELECT COUNT(*) AS n FROM outcomes'),
        failures: one('SELECT COUNT(*) AS n FROM failures'),
        openFailures: one(
          `SELECT COUNT(*) AS n FROM (SELECT DISTINCT target, round, item FROM failures f WHERE NOT EXISTS
             (SELECT 1 FROM outcomes o WHERE o.target = f.target AND o.round = f.round AND o.item = f.item))`,
        ),
      };
    },
    batch,
    close() {
      traces?.close();
      store.close();
    },
  };
}

function missing(what: string): never {
  throw new FieldkitError('STORE_DAMAGED', `${what} that was just written is not there; is the disk full?`);
}

/** `{ name: [value, reason] }`, reasons cut at 200 code units. */
function packScores(scores: Readonly<Record<string, Score>>): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(scores).map(([name, { value, reason }]) => [
        name,
        [value === 'unavailable' ? null : Math.round(value * 1e6) / 1e6, reason.slice(0, 200)],
      ]),
    ),
  );
}

function unpackScores(text: string): Record<string, Score> {
  const packed: Record<string, [number | null, string]> = JSON.parse(text);
  return Object.fromEntries(
    Object.entries(packed).map(([name, [value, reason]]) => [name, { value: value ?? 'unavailable', reason }]),
  );
}
