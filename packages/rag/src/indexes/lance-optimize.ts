import { Index as LanceIndexConfig, type Table } from '@lancedb/lancedb';
import type { LanceManifest } from './lance-manifest.ts';

export interface LanceSettings {
  /** From this many chunks dense search is approximate (IVF_RQ, refined). */
  readonly approximateFrom: number;
  /** From this many chunks filters and lookups use scalar indexes. */
  readonly scalarIndexesFrom: number;
  /** From this search on the words of a small collection are held in memory: one question does not pay for reading them. */
  readonly inMemoryFromQuery: number;
  /** Old versions younger than this stay readable for searches that run meanwhile. */
  readonly keepVersionsMs: number;
  /** Rows that searches may have to read one by one, and as a share of all, before they are indexed. */
  readonly unindexedRows: number;
  readonly unindexedShare: number;
  /** Whose texts decide how rare a word is. */
  readonly idf: 'tenant' | 'collection';
  readonly now: () => number;
}

/** Our analyser did the work: the tokenizer only splits at the blanks we put in. */
export const wordIndex = () =>
  LanceIndexConfig.fts({
    withPosition: false,
    baseTokenizer: 'whitespace',
    lowercase: false,
    stem: false,
    removeStopWords: false,
    asciiFolding: false,
    maxTokenLength: 4000,
  });
const KEY_COLUMNS = ['id', 'document_id', 'content'];
const LIST_COLUMNS = ['access', 'tags'];
/** Rows written and removed, as a share of all, from which words and vectors are indexed as a whole again: parts pile up, removed rows stay. */
const REINDEX_SHARE = 0.4;
/** Of a small index this share is indexed without waiting for `unindexedRows`: it costs little. */
const SMALL_SHARE = 0.1;
/** Share of removed rows, and writes, after which the table is tidied although little of it is unindexed. */
const REMOVED_SHARE = 0.1;
const PARTS = 64;

/**
 * Indexes what was written, when it is worth it, and frees what nobody reads any more. Scores are exact before and after; what is left
 * unindexed costs searches time.
 */
export async function optimize(chunks: Table, manifest: LanceManifest, settings: LanceSettings): Promise<void> {
  const cleanupOlderThan = new Date(settings.now() - settings.keepVersionsMs);
  // what the last optimize had to leave, because searches might still have been reading it
  const left = manifest.counter('left at');
  const idle = manifest.counter('unseen') === 0;
  const mayTidy = idle && left !== 0 && left <= cleanupOlderThan.getTime();
  if (manifest.counter('unoptimized') === 0) {
    if (!mayTidy) return;
    await chunks.optimize({ cleanupOlderThan });
    manifest.setCounters({ 'left at': 0 });
    return;
  }
  const count = await chunks.countRows();
  if (!mayTidy && !isDue(manifest, count, settings)) {
    manifest.setCounters({ unseen: 0 });
    return;
  }
  const present = async () => new Set((await chunks.listIndices()).flatMap(({ columns }) => columns));
  const before = await present();
  // merged, they cost several times what making them anew does
  for (const column of LIST_COLUMNS) if (before.has(column)) await chunks.dropIndex(`${column}_idx`);
  await chunks.optimize({ cleanupOlderThan });
  const changed = manifest.counter('changed');
  const firstTime = manifest.counter('fresh') >= count;
  const anew = changed > count * REINDEX_SHARE && !firstTime;
  if (anew) await chunks.createIndex('terms', { config: wordIndex(), replace: true });
  const indexed = await present();
  if (count >= settings.scalarIndexesFrom) {
    for (const column of KEY_COLUMNS) {
      if (!indexed.has(column)) await chunks.createIndex(column, { config: LanceIndexConfig.btree() });
    }
    for (const column of LIST_COLUMNS) await chunks.createIndex(column, { config: LanceIndexConfig.labelList() });
  }
  const approximate = count >= settings.approximateFrom && manifest.stamp()?.embedding !== undefined;
  if (approximate && (anew || !indexed.has('vector'))) {
    await chunks.createIndex('vector', { config: LanceIndexConfig.ivfRq({ distanceType: 'cosine' }), replace: true });
  }
  manifest.words.dropUnused();
  manifest.setCounters({
    'left at': settings.now(),
    changed: anew || firstTime ? 0 : changed,
    ...{ unoptimized: 0, unseen: 0, fresh: 0, removed: 0, parts: 0 },
  });
}

function isDue(manifest: LanceManifest, count: number, { unindexedRows, unindexedShare }: LanceSettings): boolean {
  const most = Math.max(Math.min(unindexedRows, count * SMALL_SHARE), count * unindexedShare);
  return (
    manifest.counter('fresh') > most ||
    manifest.counter('removed') > count * REMOVED_SHARE ||
    manifest.counter('parts') > PARTS
  );
}

/** Before the write, so that what a killed process wrote is counted. */
export function noteChanges(manifest: LanceManifest, { written, removed }: { written: number; removed: number }): void {
  const more = { fresh: written, removed, parts: 1, writes: 1 };
  const all = { changed: written + removed, unoptimized: written + removed, unseen: written + removed };
  const sums = Object.entries({ ...more, ...all }).map(([name, by]) => [name, manifest.counter(name) + by] as const);
  manifest.setCounters(Object.fromEntries(sums));
}
