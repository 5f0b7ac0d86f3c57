import { existsSync } from 'node:fs';
import type { Caller } from '@fieldkit/core';
import { z } from 'zod';
import { openRun } from './run-records.ts';
import { openStore } from './store.ts';

/** A run that has not ended: it is going on in some process, was killed, failed, or waits for approval. */
export interface OpenRun {
  readonly runId: string;
  readonly question: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly caller: Caller;
}

/** Runs of all callers in a checkpoint file that have not ended, newest first; none when there is no file. */
export async function openRuns(checkpoints: string): Promise<OpenRun[]> {
  if (!existsSync(checkpoints)) return [];
  const store = openStore(checkpoints);
  try {
    const rows = await store.all(
      `SELECT run_id, started_at, request, caller FROM runs WHERE state = 'open' ORDER BY started_at DESC`,
    );
    return rows.map((row) => {
      const [tenant, subject, groups] = callerKeySchema.parse(JSON.parse(String(row.caller)));
      return { ...openRun(row), caller: { tenant, subject, groups } };
    });
  } finally {
    await store.close();
  }
}

/** As `callerKey` writes it. */
const callerKeySchema = z.tuple([z.string(), z.string(), z.array(z.string())]);
