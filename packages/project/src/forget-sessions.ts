import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { DocumentStore } from '@fieldkit/rag';

/** Where the agent's file may hold passages of a document: table, the column that names the run, the column that holds them. */
const HOLDING = [
  ['journal', 'run_id', 'value'],
  ['journal_steps', 'run_id', 'step'],
  ['runs', 'run_id', 'result'],
  ['checkpoint_values', 'thread_id', 'value'],
  ['checkpoint_writes', 'thread_id', 'value'],
] as const;
/** Everything of a run, so that none goes on with half of its memory and repeats what it did. */
const OF_A_RUN = [
  ...HOLDING.map(([table, run]) => [table, run] as const),
  ['checkpoints', 'thread_id'],
  ['approvals', 'run_id'],
] as const;

/**
 * Runs of the agent's file that had seen a document: those that have not ended, which can then no longer be resumed, and the results kept
 * of the last ones. What was said in conversations stays, and so do stored runs: both are evidence.
 */
export function sessionsStore(path: string): DocumentStore {
  const withDatabase = <T>(absent: T, work: (database: DatabaseSync, tables: ReadonlySet<string>) => T): T => {
    if (!existsSync(path)) return absent;
    const database = new DatabaseSync(path);
    try {
      database.exec('PRAGMA busy_timeout = 10000; PRAGMA secure_delete = ON');
      const rows = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      return work(database, new Set(rows.map(({ name }) => String(name))));
    } finally {
      database.close();
    }
  };
  const runsWith = (database: DatabaseSync, tables: ReadonlySet<string>, documentId: string): Set<string> =>
    new Set(
      HOLDING.filter(([table]) => tables.has(table)).flatMap(([table, run, column]) =>
        database
          .prepare(`SELECT DISTINCT ${run} AS run FROM ${table} WHERE instr(CAST(${column} AS TEXT), ?) > 0`)
          .all(documentId)
          .map((row) => String(row.run)),
      ),
    );
  return {
    name: 'unfinished runs',
    forget: async (documentId) =>
      withDatabase(undefined, (database, tables) => {
        const runs = runsWith(database, tables, documentId);
        for (const [table, column] of OF_A_RUN) {
          if (!tables.has(table)) continue;
          const remove = database.prepare(`DELETE FROM ${table} WHERE ${column} = ?`);
          for (const run of runs) remove.run(run);
        }
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      }),
    holds: async (documentId) =>
      withDatabase(false, (database, tables) => runsWith(database, tables, documentId).size > 0),
  };
}
