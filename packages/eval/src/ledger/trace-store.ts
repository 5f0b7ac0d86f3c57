import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Run } from '@fieldkit/core';
import { openStore } from './sqlite.ts';

/** Traces in a store of their own, compressed (zstd), so that the ledger stays small and can be handed over without them. */
export interface TraceStore {
  put(target: number, round: number, item: number, run: Run): void;
  /** Plain JSON, or undefined when the outcome came without a trace. */
  get(target: number, round: number, item: number): unknown;
  close(): void;
}

export function openTraceStore(path: string): TraceStore {
  const store = openStore(
    path,
    'CREATE TABLE IF NOT EXISTS traces(target INTEGER, round INTEGER, item INTEGER, run BLOB NOT NULL, PRIMARY KEY(target, round, item));',
    1,
  );
  const put = store.prepare('INSERT OR REPLACE INTO traces(target, round, item, run) VALUES(?, ?, ?, ?)');
  const get = store.prepare('SELECT run FROM traces WHERE target = ? AND round = ? AND item = ?');
  return {
    put(target, round, item, run) {
      put.run(target, round, item, zstdCompressSync(JSON.stringify(run)));
    },
    get(target, round, item) {
      const found = get.get(target, round, item)?.run;
      return found instanceof Uint8Array ? JSON.parse(zstdDecompressSync(found).toString('utf8')) : undefined;
    },
    close: () => store.close(),
  };
}
