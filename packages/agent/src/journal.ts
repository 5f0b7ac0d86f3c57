import type { Step } from '@fieldkit/core';
import type { Store } from './store.ts';

/** What is known of a step from before: nothing, that it began, or its result. */
export type Recalled<T> =
  | { readonly state: 'new' }
  /** It began `attempts` times and no end is known. */
  | { readonly state: 'started'; readonly attempts: number }
  | { readonly state: 'done'; readonly value: T };

/**
 * Remembers the model and tool steps of unfinished runs: written before a step begins and after it ends, so that a step that ended is
 * never done again.
 */
export interface Journal {
  /** `T` is what `finish` was given for the same step. */
  recall<T>(runId: string, stepId: string): Recalled<T>;
  start(runId: string, stepId: string): void;
  finish(runId: string, stepId: string, value: unknown): void;
  /** The step failed without an effect and may be tried anew. */
  forgetStep(runId: string, stepId: string): void;
  /** Keeps the trace of a step that ended. */
  keep(runId: string, step: Step): void;
  /** Traces kept of a run. */
  kept(runId: string): Step[];
  forgetRun(runId: string): void;
}

export function createJournal(store: Store): Journal {
  return {
    recall<T>(runId: string, stepId: string): Recalled<T> {
      const row = store
        .prepare('SELECT state, attempts, value FROM journal WHERE run_id = ? AND step_id = ?')
        .get(runId, stepId);
      if (row === undefined) return { state: 'new' };
      if (row.state === 'done') return { state: 'done', value: JSON.parse(String(row.value)) as T }; // as `finish` stored it
      return { state: 'started', attempts: Number(row.attempts) };
    },
    start(runId, stepId) {
      store
        .prepare(
          `INSERT INTO journal VALUES (?, ?, 'started', 1, NULL)
           ON CONFLICT (run_id, step_id) DO UPDATE SET state = 'started', attempts = attempts + 1`,
        )
        .run(runId, stepId);
    },
    finish(runId, stepId, value) {
      store
        .prepare(`UPDATE journal SET state = 'done', value = ? WHERE run_id = ? AND step_id = ?`)
        .run(JSON.stringify(value ?? null), runId, stepId);
    },
    forgetStep(runId, stepId) {
      store.prepare('DELETE FROM journal WHERE run_id = ? AND step_id = ?').run(runId, stepId);
    },
    keep(runId, step) {
      store.prepare('INSERT OR REPLACE INTO journal_steps VALUES (?, ?, ?)').run(runId, step.id, JSON.stringify(step));
    },
    kept(runId) {
      const rows = store.prepare('SELECT step FROM journal_steps WHERE run_id = ?').all(runId);
      // Written by `keep` above; in the order in which they began.
      const steps = rows.map(({ step }) => JSON.parse(String(step)) as Step);
      return steps.sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : byId(a.id, b.id)));
    },
    forgetRun(runId) {
      store.prepare('DELETE FROM journal WHERE run_id = ?').run(runId);
      store.prepare('DELETE FROM journal_steps WHERE run_id = ?').run(runId);
    },
  };
}

/** A node's own step before what it did; `t2` before `t10`. */
function byId(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
