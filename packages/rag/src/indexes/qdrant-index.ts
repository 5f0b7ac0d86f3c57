import { FieldkitError } from '@fieldkit/core';
import { QdrantClient } from '@qdrant/js-client-rest';
import type { Index } from '../index-contract.ts';
import { requireSameStamp } from '../index-stamp.ts';
import { type QdrantCall, qdrantCollections } from './qdrant-collections.ts';
import { qdrantError } from './qdrant-errors.ts';
import type { QdrantCollectionOptions } from './qdrant-requests.ts';

export interface QdrantIndexOptions extends QdrantCollectionOptions {
  /** `https://qdrant.example:6333`. */
  readonly url: string;
  readonly apiKey?: string;
  /** Name of the index: an alias of the collection in use. Letters, digits, `-` and `_`. */
  readonly name: string;
  /** Whose texts decide how rare a word is. Default `tenant`: needs Qdrant 1.19. */
  readonly idf?: 'tenant' | 'collection';
  /** Default 30,000 ms. */
  readonly timeoutMs?: number;
}

export interface QdrantIndex extends Index {
  /** Makes a snapshot of the collections on the server; gives their names. */
  snapshot(): Promise<string[]>;
  /** Deletes the index with its aliases from the server. */
  destroy(): Promise<void>;
}

/**
 * An index on a Qdrant server or cluster (1.19 or later). `NAME` and `NAME-documents` are aliases of the collections of one generation;
 * a rebuild fills the next one and moves both aliases in one call. Only one process may write at a time: see to it that one does.
 */
export async function createQdrantIndex(options: QdrantIndexOptions): Promise<QdrantIndex> {
  const { url, apiKey, name, timeoutMs = 30_000 } = options;
  if (!/^[A-Za-z0-9_-]{1,200}$/.test(name)) {
    throw new FieldkitError('INVALID_OPTION', `an index name has letters, digits, - and _ only: "${name}"`);
  }
  if (!URL.canParse(url)) throw new FieldkitError('INVALID_OPTION', `the URL of Qdrant is no URL: "${url}"`);
  const host = new URL(url).host;
  const { port, protocol, pathname } = new URL(url);
  const client = new QdrantClient({
    url: `${protocol}//${new URL(url).hostname}`,
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    ...(pathname === '/' ? {} : { prefix: pathname }),
    ...(apiKey === undefined ? {} : { apiKey }),
    timeout: timeoutMs,
    checkCompatibility: false,
  });
  const call: QdrantCall = async (doing, fn) => {
    try {
      return await fn(client);
    } catch (error) {
      throw qdrantError(error, doing, host);
    }
  };
  return qdrantIndex(call, { ...options, name });
}

function qdrantIndex(call: QdrantCall, options: QdrantIndexOptions): QdrantIndex {
  const { name } = options;
  let writing = false;
  const { drop: _, ...inUse } = qdrantCollections(call, name, options);

  async function generation(): Promise<number | undefined> {
    const { aliases } = await call('cannot read the aliases', (client) => client.getAliases());
    const found = aliases.find(({ alias_name }) => alias_name === name)?.collection_name;
    return found === undefined ? undefined : Number(found.slice(name.length + 2));
  }

  async function pointTo(next: number, old: number | undefined): Promise<void> {
    const parts = ['', '-documents'];
    const actions = parts.flatMap((part) => [
      ...(old === undefined ? [] : [{ delete_alias: { alias_name: `${name}${part}` } }]),
      { create_alias: { alias_name: `${name}${part}`, collection_name: `${name}-g${next}${part}` } },
    ]);
    await call('cannot switch the index', (client) => client.updateCollectionAliases({ actions }));
  }

  const index: QdrantIndex = {
    ...inUse,
    async open(stamp) {
      if ((await generation()) === undefined) {
        await qdrantCollections(call, `${name}-g1`, options).open(stamp);
        await pointTo(1, undefined);
      }
      const stored = await inUse.stamp();
      if (stored !== undefined) requireSameStamp(stored, stamp);
    },
    async exclusive(fn) {
      if (writing) throw new FieldkitError('STORE_LOCKED', `this process is already writing to index ${name}`);
      writing = true;
      try {
        return await fn();
      } finally {
        writing = false;
      }
    },
    async destroy() {
      const number = await generation();
      if (number !== undefined) await qdrantCollections(call, `${name}-g${number}`, options).drop();
    },
    rebuild: (fn) =>
      index.exclusive(async () => {
        const old = await generation();
        const next = (old ?? 0) + 1;
        const fresh = qdrantCollections(call, `${name}-g${next}`, options);
        const before = old === undefined ? undefined : await inUse.stamp();
        const result = await fn({
          ...fresh,
          async vectors(contents) {
            const found = await fresh.vectors(contents);
            const same = JSON.stringify(before?.embedding) === JSON.stringify((await fresh.stamp())?.embedding);
            if (before === undefined || !same) return found;
            return new Map([...found, ...(await inUse.vectors(contents.filter((content) => !found.has(content))))]);
          },
        });
        await fresh.optimize();
        await pointTo(next, old);
        if (old !== undefined) await qdrantCollections(call, `${name}-g${old}`, options).drop();
        return result;
      }),
  };
  return index;
}
