import type { SpendingLedger } from '@fieldkit/models';
import { closeDatabase, openDatabase } from './document-store.ts';

const SCHEMA = `CREATE TABLE IF NOT EXISTS spending (day TEXT NOT NULL, currency TEXT NOT NULL, micro_units INTEGER NOT NULL, PRIMARY KEY (day, currency)) STRICT`;

/** What a project's calls have cost, by day: shared by all its processes, kept when the index is built anew. */
export function openSpendingLedger(path: string, currency: string): SpendingLedger & { close(): void } {
  const database = openDatabase(path, SCHEMA);
  const days = database.prepare('SELECT day, micro_units FROM spending WHERE currency = ?');
  const add = database.prepare(
    `INSERT INTO spending (day, currency, micro_units) VALUES (?, ?, ?)
     ON CONFLICT (day, currency) DO UPDATE SET micro_units = micro_units + excluded.micro_units`,
  );
  return {
    days: () =>
      Object.fromEntries(days.all(currency).map(({ day, micro_units: amount }) => [String(day), Number(amount)])),
    add: (day, cost) => void add.run(day, cost.currency, cost.microUnits),
    close: () => closeDatabase(database),
  };
}
