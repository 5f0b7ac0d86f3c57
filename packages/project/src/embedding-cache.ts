import { type Embedder, sha256 } from '@fieldkit/core';
import { closeDatabase, openDatabase } from './document-store.ts';

const SCHEMA = 'CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID';

/** An embedder that makes no vector twice: what was embedded before, by the same model and for the same use, comes from a file. */
export function cachedEmbedder(embedder: Embedder, path: string): Embedder & { close(): void } {
  const database = openDatabase(path, SCHEMA);
  const find = database.prepare('SELECT vector FROM vectors WHERE key = ?');
  const keep = database.prepare('INSERT OR REPLACE INTO vectors (key, vector) VALUES (?, ?)');
  return {
    ...embedder,
    async embed(texts, options = {}) {
      const keys = texts.map((text) => sha256(JSON.stringify([embedder.model, options.use ?? '', text])));
      const vectors: (Float32Array | undefined)[] = keys.map((key) => {
        const bytes = find.get(key)?.vector;
        return bytes instanceof Uint8Array ? new Float32Array(bytes.slice().buffer) : undefined;
      });
      const missing = keys.flatMap((_, index) => (vectors[index] === undefined ? [index] : []));
      const made = await embedder.embed(
        missing.map((index) => texts[index] ?? ''),
        options,
      );
      database.exec('BEGIN IMMEDIATE');
      for (const [place, index] of missing.entries()) {
        const vector = made[place] ?? new Float32Array();
        vectors[index] = vector;
        keep.run(keys[index] ?? '', new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      }
      database.exec('COMMIT');
      return vectors.map((vector) => vector ?? new Float32Array());
    },
    close: () => closeDatabase(database),
  };
}
