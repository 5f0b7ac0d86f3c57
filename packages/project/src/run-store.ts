import { type Run, runSchema } from '@fieldkit/core';
import { closeDatabase, openDatabase } from './document-store.ts';

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
  put(run: Run): void;
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

export function openRunStore(path: string): RunStore {
  const database = openDatabase(path, SCHEMA);
  return {
    put(run) {
      database
        .prepare(
          'INSERT OR REPLACE INTO runs (id, kind, started_at, duration_ms, question, status, steps, run) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        )
        .run(
          run.id,
          run.kind,
          run.startedAt,
          run.durationMs,
          fieldOf(run.input, 'question'),
          fieldOf(run.output, 'status'),
          run.steps.length,
          JSON.stringify(run),
        );
    },
    get(id) {
      const row = database.prepare('SELECT run FROM runs WHERE id = ?').get(id);
      return row === undefined ? undefined : runSchema.parse(JSON.parse(String(row.run)));
    },
    list: (limit) =>
      database
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
        })),
    close: () => closeDatabase(database),
  };
}

function fieldOf(value: unknown, key: string): string {
  const field = value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
  return typeof field === 'string' ? field : '';
}
