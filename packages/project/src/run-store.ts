import { createWriteBatch, type Run, runSchema, waitsForPerson } from '@fieldkit/core';
import { closeDatabase, guarded, openDatabase } from './document-store.ts';

export interface RunSummary {
  readonly id: string;
  readonly kind: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly question: string;
  readonly status: string;
  readonly steps: number;
}

/** The runs of a project, newest first; each is written once, when it has ended. */
export interface RunStore {
  /** Resolves when it is written. @throws {FieldkitError} `DISK_FULL`, `STORE_LOCKED`. */
  put(run: Run): Promise<void>;
  get(id: string): Run | undefined;
  /** @param limit Rows at most. */
  list(limit: number): RunSummary[];
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, started_at TEXT NOT NULL, duration_ms REAL NOT NULL, question TEXT NOT NULL, status TEXT NOT NULL,
    steps INTEGER NOT NULL, run TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS runs_by_time ON runs (started_at)`;

type Row = readonly (string | number)[];

/** A commit costs about as much as what is in it: under load the runs of a moment share one. */
const COMMIT_GAP_MS = 4;

export function openRunStore(path: string): RunStore {
  const database = openDatabase(path, SCHEMA);
  const insert = database.prepare(
    'INSERT OR REPLACE INTO runs (id, kind, started_at, duration_ms, question, status, steps, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const batch = createWriteBatch<Row>(
    (rows) =>
      guarded(path, () => {
        database.exec('BEGIN IMMEDIATE');
        try {
          for (const row of rows) insert.run(...row);
          database.exec('COMMIT');
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK');
          throw error;
        }
      }),
    { gapMs: COMMIT_GAP_MS },
  );
  return {
    put(run) {
      const { id, kind, startedAt, durationMs, input, output, steps } = run;
      const facts = [
        fieldOf(input, 'question'),
        waitsForPerson(run) ? 'waiting' : fieldOf(output, 'status'),
        steps.length,
      ];
      batch.write([id, kind, startedAt, durationMs, ...facts, JSON.stringify(run)]);
      return batch.settled();
    },
    get(id) {
      batch.flush();
      const row = database.prepare('SELECT run FROM runs WHERE id = ?').get(id);
      return row === undefined ? undefined : runSchema.parse(JSON.parse(String(row.run)));
    },
    list(limit) {
      batch.flush();
      return database
        .prepare(
          'SELECT id, kind, started_at, duration_ms, question, status, steps FROM runs ORDER BY started_at DESC, id DESC LIMIT ?',
        )
        .all(limit)
        .map((row) => ({
          id: String(row.id),
          kind: String(row.kind),
          startedAt: String(row.started_at),
          durationMs: Number(row.duration_ms),
          question: String(row.question),
          status: String(row.status),
          steps: Number(row.steps),
        }));
    },
    close() {
      if (database.isOpen) batch.flush();
      closeDatabase(database);
    },
  };
}

function fieldOf(value: unknown, key: string): string {
  const field = value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
  return typeof field === 'string' ? field : '';
}
