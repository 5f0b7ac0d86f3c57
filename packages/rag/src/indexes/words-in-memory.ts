import type { Chunk } from '@fieldkit/core';
import { exactBm25 } from '../exact-bm25.ts';
import type { IndexFilter, IndexRow } from '../index-contract.ts';
import { accessTokens, callerTokens, filterTags, metadataTags } from './filter-tokens.ts';

/** Chunks of a small collection with the BM25 scores of their words: LanceDB's ranking without a plan, threads and decoding for each question. */
export interface WordsInMemory {
  /** Best first, ties by chunk id. `rarity` is a term's idf. */
  search(
    terms: readonly string[],
    filter: IndexFilter,
    limit: number,
    rarity: (term: string) => number,
  ): { chunk: Chunk; score: number }[];
}

/** Bounds beyond which a collection is not held. */
export interface MemoryBounds {
  readonly chunks: number;
  /** UTF-16 code units of their texts. */
  readonly units: number;
}

/** Rows looked at before others get their turn. */
const ROWS_AT_A_TIME = 500;

/** Reads a whole collection; undefined when it is larger than `most`. */
export async function readWords(
  scan: AsyncIterable<readonly IndexRow[]>,
  most: MemoryBounds,
): Promise<WordsInMemory | undefined> {
  const chunks = new Map<string, Chunk>();
  const documents: { readonly id: string; readonly terms: readonly string[] }[] = [];
  let units = 0;
  for await (const rows of scan) {
    for (const { chunk, terms } of rows) {
      units += chunk.text.length;
      if (documents.length >= most.chunks || units > most.units) return undefined;
      chunks.set(chunk.id, chunk);
      documents.push({ id: chunk.id, terms });
      if (documents.length % ROWS_AT_A_TIME === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const rank = exactBm25(documents);
  const access = new Map<string, readonly string[]>();
  const tags = new Map<string, ReadonlySet<string>>();
  const tagsOf = (chunk: Chunk): ReadonlySet<string> => {
    const known = tags.get(chunk.id);
    if (known !== undefined) return known;
    const own = new Set(metadataTags(chunk));
    tags.set(chunk.id, own);
    return own;
  };
  for (const chunk of chunks.values()) access.set(chunk.id, accessTokens(chunk));
  return {
    search(terms, filter, limit, rarity) {
      const opens = new Set(callerTokens(filter.access));
      const wanted = filterTags(filter.metadata ?? {});
      const admits = (id: string): boolean => {
        if (access.get(id)?.some((token) => opens.has(token)) !== true) return false;
        const chunk = chunks.get(id);
        return chunk !== undefined && wanted.every((any) => any.some((tag) => tagsOf(chunk).has(tag)));
      };
      return rank(terms, limit, admits, rarity).flatMap(({ id, score }) => {
        const chunk = chunks.get(id);
        return chunk === undefined ? [] : [{ chunk, score }];
      });
    },
  };
}
