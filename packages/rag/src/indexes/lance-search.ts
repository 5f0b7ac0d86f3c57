import type { Chunk } from '@fieldkit/core';
import { BooleanQuery, type FullTextQuery, MatchQuery, Occur, type Table } from '@lancedb/lancedb';
import { inverseFrequency, scoreTerms } from '../exact-bm25.ts';
import { byScore, fuseRankings } from '../fuse-rankings.ts';
import type { IndexHit, IndexQuery } from '../index-contract.ts';
import { CHUNK_COLUMNS, type ColumnReader, columnReader, toChunk, toTerms } from './lance-columns.ts';
import type { LanceSettings } from './lance-optimize.ts';
import { filterSql } from './lance-sql.ts';
import type { WordCounts } from './word-counts.ts';
import type { WordsInMemory } from './words-in-memory.ts';

/** Fetched beyond what is asked for, so that equal scores at the edge are cut by id and not by chance. */
const TIE_MARGIN = 16;
/** Words of which one is this much rarer for the tenant than for all are searched each by its own weight. */
const SAME_RARITY = 1.01;
/** Candidates of the approximate structure that are compared by their full vectors, times the number asked for. */
const REFINE_FACTOR = 10;

type Answer = Awaited<ReturnType<ReturnType<Table['query']>['toArrow']>>;

export interface WordSearch {
  readonly counts: WordCounts;
  readonly idf: LanceSettings['idf'];
  readonly inMemory: WordsInMemory | undefined;
}

/** `chunks` is needed for dense search, and for words that are not in memory. */
export async function search(
  chunks: Table | undefined,
  query: IndexQuery,
  { counts, idf, inMemory }: WordSearch,
): Promise<IndexHit[]> {
  const { dense, lexical, filter, limit, depth = Math.max(50, limit * 4), fusion, signal } = query;
  const where = filterSql(filter);
  const fetched = (dense !== undefined && lexical !== undefined ? depth : limit) + TIE_MARGIN;
  // read when it is known which hits are returned
  const found = new Map<string, () => Chunk>();

  const take = (answer: Answer, score: (read: ColumnReader, row: number) => number) => {
    const read = columnReader(answer);
    const ranked = Array.from({ length: answer.numRows }, (_, row) => {
      const id = String(read('id', row));
      found.set(id, () => toChunk(read, row));
      return { id, score: score(read, row) };
    });
    return ranked.sort(byScore).slice(0, fetched - TIE_MARGIN);
  };
  const words = async () => {
    const terms = (lexical?.terms ?? []).filter((term) => term !== '' && !/\s/.test(term));
    if (terms.length === 0) return [];
    const rarity = rarityOf(terms, counts, filter.access.tenant, idf);
    if (inMemory !== undefined && rarity !== undefined) {
      const ranked = inMemory.search(terms, filter, fetched - TIE_MARGIN, rarity.own);
      for (const { chunk } of ranked) found.set(chunk.id, () => chunk);
      return ranked.map(({ chunk, score }) => ({ id: chunk.id, score }));
    }
    if (chunks === undefined) return [];
    const { asked, score } = weighTerms(terms, rarity);
    const answer = await chunks
      .query()
      .fullTextSearch(asked)
      .where(where)
      .select([...CHUNK_COLUMNS, 'terms', '_score'])
      .limit(fetched)
      .toArrow();
    return take(answer, (read, row) => score?.(toTerms(read, row)) ?? Number(read('_score', row)));
  };
  const meaning = async () => {
    if (dense === undefined || chunks === undefined) return [];
    // Every partition: under a filter, fewer of them lose most of what is there.
    const answer = await chunks
      .query()
      .nearestTo(dense.vector)
      .distanceType('cosine')
      .where(where)
      .nprobes(100_000)
      .refineFactor(REFINE_FACTOR)
      .select([...CHUNK_COLUMNS, '_distance'])
      .limit(fetched)
      .toArrow();
    return take(answer, (read, row) => 1 - Number(read('_distance', row)));
  };
  signal?.throwIfAborted();
  const [denseList, lexicalList] = await Promise.all([meaning(), words()]);
  signal?.throwIfAborted();

  const fused =
    dense !== undefined && lexical !== undefined
      ? fuseRankings(denseList, lexicalList, fusion)
      : [...denseList, ...lexicalList].map(({ id, score }, index) => {
          const list = dense === undefined ? 'lexical' : 'dense';
          return { id, score, ranks: { [list]: index + 1 }, scores: { [list]: score } };
        });
  return fused.slice(0, limit).flatMap(({ id, ...rest }) => {
    const chunk = found.get(id)?.();
    return chunk === undefined ? [] : [{ chunk, ...rest }];
  });
}

interface Rarity {
  /** For the one who asks. */
  readonly own: (term: string) => number;
  /** For LanceDB. */
  readonly all: (term: string) => number;
  /** Whether any chunk has the term. */
  readonly known: (term: string) => boolean;
  readonly averageLength: number;
}

/** How rare terms are; undefined while the words of the index were never counted. */
function rarityOf(
  terms: readonly string[],
  counts: WordCounts,
  tenant: string,
  idf: LanceSettings['idf'],
): Rarity | undefined {
  const statistics = counts.statistics(tenant, [...new Set(terms)]);
  if (statistics === undefined) return undefined;
  const { chunks, containing, averageLength } = statistics;
  const among = (whose: 'tenant' | 'all') => (term: string) =>
    inverseFrequency(chunks[whose], containing.get(term)?.[whose] ?? 0);
  return {
    own: among(idf === 'tenant' ? 'tenant' : 'all'),
    all: among('all'),
    known: (term) => containing.has(term),
    averageLength,
  };
}

/**
 * What LanceDB is asked for, and the score that a chunk with such terms gets. LanceDB finds the candidates; where words are rarer for the
 * tenant than for all, each is asked for with a weight that makes up for it.
 */
function weighTerms(
  terms: readonly string[],
  rarity: Rarity | undefined,
): { asked: FullTextQuery; score?: (terms: readonly string[]) => number } {
  const plain = new MatchQuery(terms.join(' '), 'terms');
  if (rarity === undefined) return { asked: plain };
  const { own, all, known, averageLength } = rarity;
  const said = Array.from(
    Map.groupBy(terms, (term) => term),
    ([term, times]) => ({ term, times: times.length }),
  );
  const weights = new Map(said.map(({ term, times }) => [term, times * own(term)]));
  const boosts = said.filter(({ term }) => known(term)).map(({ term }) => own(term) / all(term));
  const same = Math.max(...boosts) <= SAME_RARITY * Math.min(...boosts);
  const weighted = () =>
    new BooleanQuery(
      said.map(({ term, times }) => [
        Occur.Should,
        new MatchQuery(term, 'terms', { boost: (times * own(term)) / all(term) }),
      ]),
    );
  return {
    asked: same ? plain : weighted(),
    score: (ofChunk) => scoreTerms(ofChunk, weights, averageLength),
  };
}
