import type { Step } from '@fieldkit/core';
import type { Store } from './store.ts';

/** What is known of a step from before: nothing, that it began, or its result. */
export type Recalled<T> =
  | { readonly state: 'new' }
  /** It began `attempts` times and no end is known. */
  | { readonly state: 'started'; readonly attempts: number }
  | { readonly state: 'done'; readonly value: T };

/**
 * Remembers the model and tool steps of unfinished runs: what a step came to is written when it ends, so that a step that ended is never
 * done again; that one began is written where it may not be repeated.
 */
export interface Journal {
  /** A run that begins here: nothing of it was remembered before. */
  begin(runId: string): void;
  /** The run stopped on the way: the traces of its steps go to the store. */
  leave(runId: string): void;
  /** `T` is what `finish` was given for the same step. */
  recall<T>(runId: string, stepId: string): Promise<Recalled<T>>;
  /** The step begins; said of those that may not be repeated. */
  start(runId: string, stepId: string): void;
  finish(runId: string, stepId: string, value: unknown): void;
  /** The step failed without an effect and may be tried anew. */
  forgetStep(runId: string, stepId: string): void;
  /**
   * Keeps the trace of a step that ended, until the run leaves or is forgotten. After a kill there is none: the run begins anew, and every
   * step that ended gives its result, and its trace, again.
   */
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
  /** Of the runs of this process that go on, by step. */
  const traces = new Map<string, Map<string, Step>>();
  return {
    begin: (runId) => void begun.set(runId, new Map()),
    leave(runId) {
      begun.delete(runId);
      for (const step of traces.get(runId)?.values() ?? []) {
        store.write(
          `INSERT INTO journal_steps (run_id, step_id, step) VALUES (?, ?, ?)
           ON CONFLICT (run_id, step_id) DO UPDATE SET step = excluded.step`,
          runId,
          step.id,
          JSON.stringify(step),
        );
      }
      traces.delete(runId);
    },
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
        `INSERT INTO journal (run_id, step_id, state, attempts, value) VALUES (?, ?, 'done', 1, ?)
         ON CONFLICT (run_id, step_id) DO UPDATE SET state = 'done', value = excluded.value`,
        runId,
        stepId,
        JSON.stringify(value ?? null),
      );
    },
    forgetStep(runId, stepId) {
      const known = begun.get(runId);
      if (known !== undefined && !known.delete(stepId)) return; // nothing was written
      store.write('DELETE FROM journal WHERE run_id = ? AND step_id = ?', runId, stepId);
    },
    keep(runId, step) {
      const kept = traces.get(runId);
      if (kept === undefined) traces.set(runId, new Map([[step.id, step]]));
      else kept.set(step.id, step);
    },
    settled: () => store.settled(),
    async kept(runId) {
      const rows = await store.all('SELECT step FROM journal_steps WHERE run_id = ?', runId);
      // Written by `keep` above; in the order in which they began.
      const steps = rows.map(({ step }) => JSON.parse(String(step)) as Step);
      return steps.sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : byId(a.id, b.id)));
    },
    forgetRun(runId) {
      const whole = begun.delete(runId); // it began here and has not left: no traces were written
      traces.delete(runId);
      store.write('DELETE FROM journal WHERE run_id = ?', runId);
      if (!whole) store.write('DELETE FROM journal_steps WHERE run_id = ?', runId);
    },
  };
}

/** A node's own step before what it did; `t2` before `t10`. */
function byId(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
