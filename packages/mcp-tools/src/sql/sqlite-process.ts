/** The child that reads a SQLite file: `node:sqlite` blocks its process, so a slow statement must be somewhere that can be ended. */
import { DatabaseSync } from 'node:sqlite';

interface Ask {
  readonly id: number;
  readonly sql: string;
  readonly parameters: readonly (string | number | null)[];
  readonly maxRows: number;
}

const [path = ''] = process.argv.slice(2);
let database: DatabaseSync | undefined;

process.on('message', ({ id, sql, parameters, maxRows }: Ask) => {
  try {
    database ??= new DatabaseSync(path, { readOnly: true });
    const rows: unknown[] = [];
    for (const row of database.prepare(sql).iterate(...parameters)) {
      rows.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])));
      if (rows.length >= maxRows) break;
    }
    process.send?.({ id, rows });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
process.on('disconnect', () => process.exit(0));

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value instanceof Uint8Array ? `[${value.length} bytes]` : value;
}
