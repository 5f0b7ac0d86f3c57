import type { DatabaseSync } from 'node:sqlite';

/** What the frequencies of words are counted from. */
export interface CountedRow {
  readonly tenant: string;
  readonly terms: readonly string[];
}

export interface WordStatistics {
  /** Terms of an average chunk with words, of all tenants. */
  readonly averageLength: number;
  /** Chunks with words. */
  readonly chunks: { readonly tenant: number; readonly all: number };
  /** Chunks that contain a term; absent terms are in none. */
  readonly containing: ReadonlyMap<string, { readonly tenant: number; readonly all: number }>;
}

/**
 * How many chunks contain a word, for each tenant, exact after every write. LanceDB's own figures belong to all tenants, still count what
 * was deleted, and know of rows that are not indexed yet only in part.
 */
export interface WordCounts {
  /** Undefined until the rows were counted once. */
  statistics(tenant: string, terms: readonly string[]): WordStatistics | undefined;
  /** Whether nothing was interrupted between a write and its count. */
  exact(): boolean;
  /** Runs a write and counts what it adds and removes. */
  counting(
    change: { added?: readonly CountedRow[]; removed?: readonly CountedRow[] },
    write: () => Promise<void>,
  ): Promise<void>;
  /** Counts all rows from the beginning. */
  recount(rows: AsyncIterable<readonly CountedRow[]>): Promise<void>;
  /** Frees what words that no chunk has any more take. */
  dropUnused(): void;
}

type Tally = Map<string, { chunks: number; length: number; terms: Map<string, number> }>;
type State = 'exact' | 'changing';

export const WORD_TABLES = `
  CREATE TABLE IF NOT EXISTS words (term TEXT, tenant TEXT, chunks INTEGER NOT NULL, PRIMARY KEY (term, tenant)) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS sizes (tenant TEXT PRIMARY KEY, chunks INTEGER NOT NULL, terms INTEGER NOT NULL) STRICT;`;

export function createWordCounts(
  database: DatabaseSync,
  state: { read(): string | undefined; write(state: State): void },
  transaction: (fn: () => void) => void,
): WordCounts {
  const addTerm = database.prepare(
    'INSERT INTO words VALUES (?, ?, ?) ON CONFLICT (term, tenant) DO UPDATE SET chunks = chunks + excluded.chunks',
  );
  const addSize = database.prepare(
    'INSERT INTO sizes VALUES (?, ?, ?) ON CONFLICT (tenant) DO UPDATE SET chunks = chunks + excluded.chunks, terms = terms + excluded.terms',
  );
  const selectSizes = database.prepare(
    'SELECT sum(chunks) AS chunks, sum(terms) AS terms, sum(chunks) FILTER (WHERE tenant = ?) AS own FROM sizes',
  );
  const selectTerms = database.prepare(
    `SELECT term, sum(chunks) AS chunks, sum(chunks) FILTER (WHERE tenant = ?) AS own
     FROM words WHERE term IN (SELECT value FROM json_each(?)) GROUP BY term`,
  );

  function apply(tally: Tally): void {
    for (const [tenant, { chunks, length, terms }] of tally) {
      addSize.run(tenant, chunks, length);
      for (const [term, count] of terms) {
        if (count !== 0) addTerm.run(term, tenant, count);
      }
    }
  }

  return {
    statistics(tenant, terms) {
      if (state.read() === undefined) return undefined;
      const sizes = selectSizes.get(tenant);
      const chunks = { tenant: Number(sizes?.own ?? 0), all: Number(sizes?.chunks ?? 0) };
      const rows = selectTerms.all(tenant, JSON.stringify(terms));
      return {
        averageLength: chunks.all === 0 ? 0 : Number(sizes?.terms ?? 0) / chunks.all,
        chunks,
        containing: new Map(
          rows.map(({ term, chunks: all, own }) => [String(term), { tenant: Number(own ?? 0), all: Number(all) }]),
        ),
      };
    },
    exact: () => state.read() === 'exact',
    async counting({ added = [], removed = [] }, write) {
      const exact = state.read() === 'exact';
      state.write('changing'); // stays when the process is killed before the count
      await write();
      const tally: Tally = new Map();
      addTo(tally, added, 1);
      addTo(tally, removed, -1);
      transaction(() => {
        apply(tally);
        if (exact) state.write('exact');
      });
    },
    async recount(rows) {
      const tally: Tally = new Map();
      for await (const batch of rows) addTo(tally, batch, 1);
      transaction(() => {
        database.exec('DELETE FROM words; DELETE FROM sizes');
        apply(tally);
        state.write('exact');
      });
    },
    dropUnused: () => database.exec('DELETE FROM words WHERE chunks <= 0; DELETE FROM sizes WHERE chunks <= 0'),
  };
}

function addTo(tally: Tally, rows: readonly CountedRow[], sign: 1 | -1): void {
  for (const { tenant, terms } of rows) {
    if (terms.length === 0) continue; // as in Lucene, a text without words is not counted
    let entry = tally.get(tenant);
    if (entry === undefined) {
      entry = { chunks: 0, length: 0, terms: new Map() };
      tally.set(tenant, entry);
    }
    entry.chunks += sign;
    entry.length += sign * terms.length;
    for (const term of new Set(terms)) entry.terms.set(term, (entry.terms.get(term) ?? 0) + sign);
  }
}
