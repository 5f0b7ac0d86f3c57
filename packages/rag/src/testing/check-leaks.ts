import { type Caller, type Chunk, maySee, type Passage, type RetrievalFilter } from '@fieldkit/core';
import fc from 'fast-check';
import { createRetriever } from '../create-retriever.ts';
import { createRandom } from '../evaluation/statistics.ts';
import type { Index } from '../index-contract.ts';
import { syncIndex } from '../sync-index.ts';
import { chunksOf, createHashEmbedder } from './sample-chunks.ts';

const TENANTS = ['default', 'acme', "o'hara", 'a","b', '["acme"]', '*', "x' OR '1'='1", '租户'];
const GROUPS = ['staff', "it's", '*', 'acme', 'a","b', '\\', '管理', "') OR true --"];
const WORDS = ['oil', 'seal', 'pump', 'valve', '阀门', 'xp200', 'filter', 'motor'];
const YEARS = [2024, 2025, 2026];

/** Documents of all tenants and mixtures of groups, the same each time. */
function mixedCorpus(): Map<string, Chunk[]> {
  const random = createRandom(7);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)] as T; // items are never empty
  const corpus = new Map<string, Chunk[]>();
  for (let number = 0; number < 300; number += 1) {
    const texts = Array.from(
      { length: 3 },
      (_, part) => `${pick(WORDS)} ${pick(WORDS)} ${pick(WORDS)} d${number} p${part}`,
    );
    const groups = Array.from({ length: Math.floor(random() * 3) }, () => pick(GROUPS));
    const metadata = { year: pick(YEARS), tags: [pick(WORDS), pick(GROUPS)], draft: random() < 0.5 };
    const chunks = chunksOf(`d${number}.txt`, texts, { tenant: pick(TENANTS), groups, metadata });
    corpus.set(chunks[0]?.documentId ?? '', chunks);
  }
  return corpus;
}

const callers: fc.Arbitrary<Caller> = fc.record({
  tenant: fc.constantFrom(...TENANTS, 'unknown'),
  subject: fc.constant('somebody'),
  groups: fc.uniqueArray(fc.constantFrom(...GROUPS, 'unknown'), { maxLength: 4 }),
});
const filters: fc.Arbitrary<RetrievalFilter> = fc.oneof(
  fc.constant({}),
  fc.record({ year: fc.constantFrom(...YEARS, 1999) }),
  fc.record({ draft: fc.boolean(), tags: fc.uniqueArray(fc.constantFrom(...WORDS, ...GROUPS), { maxLength: 3 }) }),
  fc.record({ uri: fc.integer({ min: 0, max: 299 }).map((number) => `d${number}.txt`) }),
);
const queries = fc
  .array(fc.constantFrom(...WORDS, ...GROUPS), { minLength: 1, maxLength: 4 })
  .map((words) => words.join(' '));

/** Fills an empty index, then asks it `runs` random questions: every passage may be seen, and nothing that should be found is missing. */
export async function checkLeaks(index: Index, runs: number): Promise<void> {
  const corpus = mixedCorpus();
  const embedder = createHashEmbedder(32);
  await syncIndex({
    index,
    embedder,
    documents: Array.from(corpus.keys(), (id) => ({ id, contentStamp: 'v1' })),
    chunksOf: async (id) => corpus.get(id) ?? [],
    stamp: { segmenter: 's1' },
  });
  const chunks = [...corpus.values()].flat();
  const defaults = { sameFrom: 1, versions: false as const, depth: 1000 };
  const lexical = createRetriever({ index, defaults: { ...defaults, neighbours: 1, mode: 'lexical' } });
  const hybrid = createRetriever({ index, embedder, defaults });
  await fc.assert(
    fc.asyncProperty(queries, callers, filters, async (query, caller, filter) => {
      const visible = chunks.filter((chunk) => maySee(caller, chunk) && matches(chunk, filter));
      const byWords = await lexical(query, caller, { filter, limit: 5 });
      const byBoth = await hybrid(query, caller, { filter, limit: 1000 });
      requireSubset(byWords, visible, 'lexical');
      requireSubset(byBoth, visible, 'hybrid');
      if (byBoth.length !== visible.length) {
        throw new Error(`found ${byBoth.length} of ${visible.length} that may be seen`);
      }
    }),
    { numRuns: runs, seed: 20261122 },
  );
}

function matches({ metadata }: Chunk, filter: RetrievalFilter): boolean {
  return Object.entries(filter).every(([key, wanted]) => {
    const value = metadata[key];
    const has: unknown[] = Array.isArray(value) ? value : [value];
    return (Array.isArray(wanted) ? wanted : [wanted]).some((item) => has.includes(item));
  });
}

function requireSubset(found: readonly Passage[], visible: readonly Chunk[], how: string): void {
  const allowed = new Set(visible.map(({ id }) => id));
  const leak = found.find(({ id }) => !allowed.has(id));
  if (leak !== undefined) throw new Error(`${how} retrieval showed ${leak.tenant} ${JSON.stringify(leak.groups)}`);
}
