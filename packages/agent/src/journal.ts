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
  /** A run that begins here: nothing of it was remembered before. */
  begin(runId: string): void;
  /** The run stopped on the way; what is known of it is in the store. */
  leave(runId: string): void;
  /** `T` is what `finish` was given for the same step. */
  recall<T>(runId: string, stepId: string): Promise<Recalled<T>>;
  start(runId: string, stepId: string): void;
  finish(runId: string, stepId: string, value: unknown): void;
  /** The step failed without an effect and may be tried anew. */
  forgetStep(runId: string, stepId: string): void;
  /** Keeps the trace of a step that ended. */
  keep(runId: string, step: Step): void;
  /** Resolves when what was said so far outlives the process. */
  settled(): Promise<void>;
  /** Traces kept of a run. */
  kept(runId: string): Promise<Step[]>;
  forgetRun(runId: string): void;
}

export function createJournal(store: Store): Journal {
  /** Steps of the runs that began in this process: what is known of them need not be read. */
  const begun = new Map<string, Map<string, Recalled<unknown>>>();
  return {
    begin: (runId) => void begun.set(runId, new Map()),
    leave: (runId) => void begun.delete(runId),
    async recall<T>(runId: string, stepId: string): Promise<Recalled<T>> {
      const known = begun.get(runId);
      if (known !== undefined) return (known.get(stepId) as Recalled<T> | undefined) ?? { state: 'new' }; // as `finish` was given it
      const [row] = await store.all(
        'SELECT state, attempts, value FROM journal WHERE run_id = ? AND step_id = ?',
        runId,
        stepId,
      );
      if (row === undefined) return { state: 'new' };
      if (row.state === 'done') return { state: 'done', value: JSON.parse(String(row.value)) as T }; // as `finish` stored it
      return { state: 'started', attempts: Number(row.attempts) };
    },
    start(runId, stepId) {
      const known = begun.get(runId);
      const before = known?.get(stepId);
      known?.set(stepId, { state: 'started', attempts: before?.state === 'started' ? before.attempts + 1 : 1 });
      store.write(
        `INSERT INTO journal (run_id, step_id, state, attempts, value) VALUES (?, ?, 'started', 1, NULL)
         ON CONFLICT (run_id, step_id) DO UPDATE SET state = 'started', attempts = journal.attempts + 1`,
        runId,
        stepId,
      );
    },
    finish(runId, stepId, value) {
      begun.get(runId)?.set(stepId, { state: 'done', value });
      store.write(
        `UPDATE journal SET state = 'done', value = ? WHERE run_id = ? AND step_id = ?`,
        JSON.stringify(value ?? null),
        runId,
        stepId,
      );
    },
    forgetStep(runId, stepId) {
      begun.get(runId)?.delete(stepId);
      store.write('DELETE FROM journal WHERE run_id = ? AND step_id = ?', runId, stepId);
    },
    keep(runId, step) {
      store.write(
        `INSERT INTO journal_steps (run_id, step_id, step) VALUES (?, ?, ?)
         ON CONFLICT (run_id, step_id) DO UPDATE SET step = excluded.step`,
        runId,
        step.id,
        JSON.stringify(step),
      );
    },
    settled: () => store.settled(),
    async kept(runId) {
      const rows = await store.all('SELECT step FROM journal_steps WHERE run_id = ?', runId);
      // Written by `keep` above; in the order in which they began.
      const steps = rows.map(({ step }) => JSON.parse(String(step)) as Step);
      return steps.sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : byId(a.id, b.id)));
    },
    forgetRun(runId) {
      begun.delete(runId);
      store.write('DELETE FROM journal WHERE run_id = ?', runId);
      store.write('DELETE FROM journal_steps WHERE run_id = ?', runId);
    },
  };
}

/** A node's own step before what it did; `t2` before `t10`. */
function byId(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
