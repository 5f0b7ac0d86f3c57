import { join } from 'node:path';
import { callerSchema } from '@fieldkit/core';
import { z } from 'zod';
import { openDatabase } from './open-database.ts';

export const feedbackSchema = z.object({
  id: z.string(),
  runId: z.string(),
  verdict: z.enum(['up', 'down']),
  comment: z.string(),
  /** What would have been right, when the person said so. */
  expected: z.string().optional(),
  caller: callerSchema,
  /** ISO 8601. */
  at: z.string(),
  /** The evaluation case that was made of it. */
  caseId: z.string().optional(),
});
/** What somebody thought of an answer. */
export type Feedback = Readonly<z.infer<typeof feedbackSchema>>;

/** An answer kept for its idempotency key. */
export interface KeptAnswer {
  /** Of the request's body: the same key with another body is a mistake. */
  readonly bodyHash: string;
  readonly value: unknown;
}

/** What the server remembers between restarts: feedback, what keys have used today, answers by idempotency key. */
export interface ServerStore {
  addFeedback(feedback: Feedback): void;
  getFeedback(id: string): Feedback | undefined;
  /** Newest first, of one tenant. */
  listFeedback(tenant: string, limit: number): Feedback[];
  setCase(id: string, caseId: string): void;
  /** What a principal has used on the UTC day of `at`. */
  used(id: string, at: Date): { readonly answers: number; readonly tokens: number };
  use(id: string, at: Date, amount: { readonly answers: number; readonly tokens: number }): void;
  keep(key: string, answer: KeptAnswer, expiresAt: Date): void;
  kept(key: string, now: Date): KeptAnswer | undefined;
  close(): void;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS feedback (id TEXT PRIMARY KEY, tenant TEXT NOT NULL, at TEXT NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS feedback_by_time ON feedback (tenant, at);
  CREATE TABLE IF NOT EXISTS usage (principal TEXT NOT NULL, day TEXT NOT NULL, answers INTEGER NOT NULL, tokens INTEGER NOT NULL,
    PRIMARY KEY (principal, day)) STRICT;
  CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, value TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS kept_by_expiry ON kept (expires)`;

/** @param work The project's `.fieldkit` folder. */
export function openServerStore(work: string): ServerStore {
  const database = openDatabase(join(work, 'server.db'), SCHEMA);
  const statements = {
    addFeedback: database.prepare('INSERT INTO feedback (id, tenant, at, body) VALUES (?, ?, ?, ?)'),
    getFeedback: database.prepare('SELECT body FROM feedback WHERE id = ?'),
    listFeedback: database.prepare('SELECT body FROM feedback WHERE tenant = ? ORDER BY at DESC, id DESC LIMIT ?'),
    setBody: database.prepare('UPDATE feedback SET body = ? WHERE id = ?'),
    used: database.prepare('SELECT answers, tokens FROM usage WHERE principal = ? AND day = ?'),
    use: database.prepare(
      'INSERT INTO usage (principal, day, answers, tokens) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET answers = answers + excluded.answers, tokens = tokens + excluded.tokens',
    ),
    expire: database.prepare('DELETE FROM kept WHERE expires <= ?'),
    keep: database.prepare('INSERT OR REPLACE INTO kept (key, body_hash, value, expires) VALUES (?, ?, ?, ?)'),
    kept: database.prepare('SELECT body_hash, value FROM kept WHERE key = ? AND expires > ?'),
  };
  const feedbackOf = (row: Record<string, unknown>) => feedbackSchema.parse(JSON.parse(String(row.body)));
  const getFeedback = (id: string) => {
    const row = statements.getFeedback.get(id);
    return row === undefined ? undefined : feedbackOf(row);
  };
  return {
    addFeedback(feedback) {
      const { id, caller, at } = feedback;
      statements.addFeedback.run(id, caller.tenant, at, JSON.stringify(feedback));
    },
    getFeedback,
    listFeedback: (tenant, limit) => statements.listFeedback.all(tenant, limit).map(feedbackOf),
    setCase(id, caseId) {
      const feedback = getFeedback(id);
      if (feedback !== undefined) statements.setBody.run(JSON.stringify({ ...feedback, caseId }), id);
    },
    used(id, at) {
      const row = statements.used.get(id, dayOf(at));
      return { answers: Number(row?.answers ?? 0), tokens: Number(row?.tokens ?? 0) };
    },
    use(id, at, { answers, tokens }) {
      statements.use.run(id, dayOf(at), answers, tokens);
    },
    keep(key, { bodyHash, value }, expiresAt) {
      statements.expire.run(Date.now());
      statements.keep.run(key, bodyHash, JSON.stringify(value), expiresAt.getTime());
    },
    kept(key, now) {
      const row = statements.kept.get(key, now.getTime());
      return row === undefined
        ? undefined
        : { bodyHash: String(row.body_hash), value: JSON.parse(String(row.value)) as unknown };
    },
    close: () => {
      if (database.isOpen) database.close();
    },
  };
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
