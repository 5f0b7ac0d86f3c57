import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, FieldkitError, isFieldkitError, systemClock, toFieldkitError } from '@fieldkit/core';
import { copyRows } from '../copy-index.ts';
import type { Index, IndexStamp } from '../index-contract.ts';
import { type LanceGeneration, notFound, openLanceGeneration } from './lance-generation.ts';
import { tryLock } from './lance-manifest.ts';
import type { LanceSettings } from './lance-optimize.ts';

export interface LanceIndexOptions {
  /** Folder of the index, made when absent: `.fieldkit/index`. */
  readonly directory: string;
  /** Chunks from which dense search is approximate. Default 20,000. */
  readonly approximateFrom?: number;
  /** Chunks from which filters use scalar indexes. Default 5,000. */
  readonly scalarIndexesFrom?: number;
  /**
   * From this search on the words of a collection of at most 10,000 chunks are held in memory, with the same scores; 0: from the first, which
   * waits for it. Default 20.
   */
  readonly inMemoryFromQuery?: number;
  /** How long old versions stay readable. Default 600,000 ms. */
  readonly keepVersionsMs?: number;
  /**
   * Written chunks that searches may read one by one before they are indexed; more make searching words slower, fewer make small changes
   * dearer. The larger of both counts; of less than 20,000 chunks a tenth. Default 2,000 and 0.015 of all.
   */
  readonly unindexedRows?: number;
  readonly unindexedShare?: number;
  /** Whose texts decide how rare a word is. Default `tenant`. */
  readonly idf?: 'tenant' | 'collection';
  readonly clock?: Clock;
}

const POINTER = 'current';

/**
 * An index in a folder, without a server. Safe after a kill; one process writes at a time, any number read.
 *
 * The folder holds generations (`g1`, `g2`, …) and `current`, which names the one in use; a rebuild writes the next one and swaps.
 */
export async function createLanceIndex(options: LanceIndexOptions): Promise<Index> {
  const {
    directory,
    approximateFrom = 20_000,
    scalarIndexesFrom = 5_000,
    inMemoryFromQuery = 20,
    keepVersionsMs = 600_000,
    unindexedRows = 2000,
    unindexedShare = 0.015,
    idf = 'tenant',
    clock = systemClock,
  } = options;
  const limits = { approximateFrom, scalarIndexesFrom, inMemoryFromQuery, unindexedRows, unindexedShare };
  const settings = { ...limits, keepVersionsMs, idf, now: clock.now };
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw toFieldkitError(error, 'INDEX_UNAVAILABLE', `cannot make the index folder ${directory}`);
  }
  return lanceIndex(directory, settings);
}

function lanceIndex(directory: string, settings: LanceSettings): Index {
  let held: LanceGeneration | undefined;
  let writing = false;
  let closed = false;

  /** The generation in use; another process may have swapped it since the last call. */
  function current(): LanceGeneration {
    if (closed) throw new FieldkitError('INDEX_UNAVAILABLE', 'the index was closed');
    const name = readPointer(directory);
    if (name === undefined) throw notFound(directory);
    if (held?.name !== name) {
      held?.close();
      held = openLanceGeneration(directory, name, settings);
    }
    return held;
  }

  async function swap<T>(fn: (fresh: Index) => Promise<T>): Promise<T> {
    const old = readPointer(directory);
    const name = `g${Number(old?.slice(1) ?? 0) + 1}`;
    const fresh = openFresh(directory, name, settings, old === undefined ? undefined : current());
    try {
      const result = await fn(fresh.index);
      await fresh.index.optimize();
      writePointer(directory, name);
      return result;
    } finally {
      fresh.close();
      if (readPointer(directory) === name) await removeGenerations(directory, name);
    }
  }

  const index = generationIndex(current, {
    directory,
    async open(stamp) {
      if (readPointer(directory) === undefined) writePointer(directory, 'g1');
      await current().open(stamp);
    },
    async exclusive(fn) {
      const release = writing ? undefined : tryLock(join(directory, 'writer.lock'));
      if (release === undefined) {
        throw new FieldkitError(
          'STORE_LOCKED',
          `another process is writing to the index in ${directory}; try again later`,
        );
      }
      writing = true;
      try {
        return await fn();
      } finally {
        writing = false;
        release();
      }
    },
    rebuild: (fn) => index.exclusive(() => swap(fn)),
    async erase(documentIds) {
      // Deleted rows stay in LanceDB's files until their fragment is compacted: only a copy is sure to be without them.
      // So is an interrupted rebuild.
      await removeGenerations(directory, current().name);
      await swap(async (fresh) => {
        await copyRows(index, fresh, { skip: new Set(documentIds) });
      });
    },
    async close() {
      closed = true;
      held?.close();
      held = undefined;
    },
  });
  return index;
}

type Frame = Pick<Index, 'open' | 'exclusive' | 'rebuild' | 'erase' | 'close'> & { readonly directory: string };

/** The contract over whichever generation is current, with what differs between the index in use and one that is being built. */
function generationIndex(current: () => LanceGeneration, frame: Frame): Index {
  const { directory, open, exclusive, rebuild, erase, close } = frame;

  /** A search that was under way while another process swapped generations runs once more on the new one. */
  async function reading<T>(fn: (generation: LanceGeneration) => Promise<T>): Promise<T> {
    const generation = current();
    try {
      return await fn(generation);
    } catch (error) {
      const now = current();
      if (now === generation || isFieldkitError(error, 'CANCELLED')) throw error;
      return await fn(now);
    }
  }
  async function stamp(): Promise<IndexStamp | undefined> {
    try {
      return current().manifest.stamp();
    } catch (error) {
      if (isFieldkitError(error, 'INDEX_NOT_FOUND')) return undefined;
      throw error;
    }
  }

  return {
    engine: 'lance',
    open,
    exclusive,
    rebuild,
    erase,
    close,
    stamp,
    documents: async () => current().manifest.documents(),
    markDocuments: async (documents) => current().manifest.mark(documents),
    rows: (documentIds) => current().rows(documentIds),
    vectors: (contents) => current().vectors(contents),
    upsert: (rows, { fresh = false } = {}) => current().upsert(rows, fresh),
    delete: (what) => current().delete(what),
    query: async (query) => reading((generation) => generation.query(query)),
    neighbours: async (...args) => reading((generation) => generation.neighbours(...args)),
    note: async (key) => current().manifest.note(key),
    setNote: async (key, value) => current().manifest.setNote(key, value),
    scan: () => current().scan(),
    optimize: () => current().optimize(),
    async stats() {
      const built = await stamp();
      if (built === undefined) return { engine: 'lance', documents: 0, chunks: 0, stamp: built, dense: 'none' };
      const generation = current();
      const { chunks, unindexed, approximate } = await generation.count();
      const dense = built.embedding === undefined ? 'none' : approximate ? 'approximate' : 'exact';
      const bytes = await folderSize(join(directory, generation.name));
      const documents = generation.manifest.count();
      return { engine: 'lance', documents, chunks, stamp: built, dense, unindexed, bytes };
    },
  };
}

/** The index that a rebuild fills. What an interrupted rebuild with the same stamp left is used; vectors are taken from the old index. */
function openFresh(directory: string, name: string, settings: LanceSettings, old: LanceGeneration | undefined) {
  let generation = openLanceGeneration(directory, name, settings);
  const refuse = () => {
    throw new FieldkitError('INVALID_OPTION', 'an index that is being rebuilt cannot be rebuilt');
  };
  const index = generationIndex(() => generation, {
    directory,
    async open(stamp) {
      const stored = generation.manifest.stamp();
      if (stored !== undefined && JSON.stringify(stored) !== JSON.stringify(stamp)) {
        generation.close();
        await rm(join(directory, name), { recursive: true, force: true });
        generation = openLanceGeneration(directory, name, settings);
      }
      await generation.open(stamp);
    },
    exclusive: (fn) => fn(),
    rebuild: async () => refuse(),
    erase: async () => refuse(),
    close: async () => undefined,
  });
  const withOldVectors: Index = {
    ...index,
    async vectors(contents) {
      const found = await generation.vectors(contents);
      const same =
        JSON.stringify(old?.manifest.stamp()?.embedding) === JSON.stringify(generation.manifest.stamp()?.embedding);
      if (old === undefined || !same) return found;
      const missing = contents.filter((content) => !found.has(content));
      return new Map([...found, ...(await old.vectors(missing))]);
    },
  };
  return { index: withOldVectors, close: () => generation.close() };
}

/** Deletes every generation but `keep`. What cannot be deleted now (files open elsewhere on Windows) goes with the next rebuild. */
async function removeGenerations(directory: string, keep: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => /^g\d+$/.test(name) && name !== keep);
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true }).catch(() => undefined);
}

function readPointer(directory: string): string | undefined {
  const path = join(directory, POINTER);
  if (!existsSync(path)) return undefined;
  const name = readFileSync(path, 'utf8').trim();
  if (/^g\d+$/.test(name)) return name;
  throw new FieldkitError('INDEX_DAMAGED', `${path} is damaged: delete ${directory} and run \`fieldkit ingest\``);
}

function writePointer(directory: string, name: string): void {
  const path = join(directory, POINTER);
  try {
    const file = openSync(`${path}.new`, 'w');
    writeSync(file, `${name}\n`);
    fsyncSync(file);
    closeSync(file);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw toFieldkitError(error, 'INDEX_UNAVAILABLE', `cannot write ${path}`);
  }
}

async function folderSize(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) =>
      stat(join(parentPath, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
