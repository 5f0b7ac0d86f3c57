import { type Answer, answerSchema, type Caller, callerKey, FieldkitError, type Run, runSchema } from '@fieldkit/core';
import { z } from 'zod';
import type { Store } from './store.ts';

/** What a run needs to go on after the process that began it is gone. */
export const runRequestSchema = z.object({
  question: z.string(),
  history: z.array(z.object({ question: z.string(), answer: z.string() })),
  sessionId: z.string().optional(),
  marker: z.string(),
  /** A saved run that is run again. */
  replayed: z.boolean().optional(),
});
export type RunRequest = Readonly<z.infer<typeof runRequestSchema>>;

export interface RunResult {
  readonly answer: Answer;
  readonly run: Run;
}

const resultSchema = z.object({ answer: answerSchema, run: runSchema.optional() });

/** Where the records of runs are kept for good. */
export interface RunArchive {
  /** Resolves when the record outlives the process. */
  put(run: Run): Promise<void>;
  get(runId: string): Run | undefined;
}

/** Runs that have not ended, and the results of the last ones that have. */
export interface RunRecords {
  begin(runId: string, caller: Caller, request: RunRequest, at: number): void;
  /** @throws {FieldkitError} `RUN_NOT_FOUND` when it is not there or another caller's. */
  find(runId: string, caller: Caller): Promise<{ readonly request: RunRequest; readonly result?: RunResult }>;
  unfinished(
    caller: Caller,
  ): Promise<{ readonly runId: string; readonly question: string; readonly startedAt: string }[]>;
  finish(runId: string, result: RunResult): void;
}

/** A row of an unfinished run. */
export function openRun(row: Record<string, unknown>): { runId: string; question: string; startedAt: string } {
  return {
    runId: String(row.run_id),
    question: runRequestSchema.parse(JSON.parse(String(row.request))).question,
    startedAt: new Date(Number(row.started_at)).toISOString(),
  };
}

/** Results kept, so that a process that ended right after its run can still be asked for it. */
const KEPT_RESULTS = 20;
/** Older ones go with every so many runs. */
const TIDY_EVERY = 20;

/** With an archive, which has the records already, only the answers are kept here. */
export function createRunRecords(store: Store, archive?: RunArchive): RunRecords {
  let finished = 0;
  return {
    begin(runId, caller, request, at) {
      store.write(
        `INSERT INTO runs (run_id, started_at, caller, state, request, result) VALUES (?, ?, ?, 'open', ?, NULL)
         ON CONFLICT (run_id) DO UPDATE SET started_at = excluded.started_at, caller = excluded.caller, state = 'open',
           request = excluded.request, result = NULL`,
        runId,
        at,
        callerKey(caller),
        JSON.stringify(request),
      );
    },
    async find(runId, caller) {
      const [row] = await store.all(
        'SELECT request, result FROM runs WHERE run_id = ? AND caller = ?',
        runId,
        callerKey(caller),
      );
      if (row === undefined) {
        throw new FieldkitError(
          'RUN_NOT_FOUND',
          `there is no run ${runId} of this caller that could go on; finished runs are kept by \`fieldkit runs\``,
        );
      }
      const request = runRequestSchema.parse(JSON.parse(String(row.request)));
      if (row.result === null) return { request };
      const { answer, run = archive?.get(runId) } = resultSchema.parse(JSON.parse(String(row.result)));
      if (run !== undefined) return { request, result: { answer, run } };
      throw new FieldkitError('RUN_NOT_FOUND', `the run ${runId} has ended, and its record is no longer kept`);
    },
    async unfinished(caller) {
      const rows = await store.all(
        `SELECT run_id, started_at, request FROM runs WHERE caller = ? AND state = 'open' ORDER BY started_at`,
        callerKey(caller),
      );
      return rows.map(openRun);
    },
    finish(runId, result) {
      const kept = archive === undefined ? result : { answer: result.answer };
      store.write(`UPDATE runs SET state = 'done', result = ? WHERE run_id = ?`, JSON.stringify(kept), runId);
      finished += 1;
      if (finished % TIDY_EVERY !== 1) return;
      store.write(
        `DELETE FROM runs WHERE state = 'done' AND run_id NOT IN
         (SELECT run_id FROM runs WHERE state = 'done' ORDER BY started_at DESC, run_id DESC LIMIT ?)`,
        KEPT_RESULTS,
      );
    },
  };
}
