import { type Chunk, sha256 } from '@fieldkit/core';
import { createRandom } from '../evaluation/statistics.ts';
import type { Index } from '../index-contract.ts';
import { type SyncResult, syncIndex } from '../sync-index.ts';
import { chunksOf, createHashEmbedder } from './sample-chunks.ts';

/** A corpus that depends on its version only: each version adds, removes, renames and edits some documents of the one before. */
export function madeUpCorpus(version: number): ReadonlyMap<string, readonly Chunk[]> {
  const corpus = new Map<string, readonly Chunk[]>();
  for (let number = 0; number < 120; number += 1) {
    const random = createRandom(number * 1000 + version);
    const fate = random();
    if (fate < 0.15) continue;
    const edited = fate < 0.4 ? version : 0;
    const uri = fate > 0.9 ? `moved-${version}/d${number}.txt` : `d${number}.txt`;
    const texts = Array.from(
      { length: 1 + (number % 5) },
      (_, part) =>
        `document ${number} part ${part} ${part === 1 ? `edition ${edited}` : 'stays'} topic${(number * 7 + part) % 13}`,
    );
    const chunks = chunksOf(uri, texts, { groups: number % 4 === 0 ? [`g${number % 3}`] : [] });
    corpus.set(chunks[0]?.documentId ?? '', chunks);
  }
  return corpus;
}

/** A version with its first documents as they are in another one. */
export interface MixedVersion {
  readonly of: number;
  readonly changed: { readonly by: number; readonly documents: number };
}

export function syncMadeUpCorpus(index: Index, version: number | MixedVersion): Promise<SyncResult> {
  const corpus = typeof version === 'number' ? madeUpCorpus(version) : mixedCorpus(version);
  return syncIndex({
    index,
    embedder: createHashEmbedder(16),
    documents: Array.from(corpus, ([id, chunks]) => ({ id, contentStamp: sha256(JSON.stringify(chunks)) })),
    chunksOf: async (id) => corpus.get(id) ?? [],
    stamp: { segmenter: 's1' },
    writeRows: 20,
  });
}

function mixedCorpus({ of, changed: { by, documents } }: MixedVersion): ReadonlyMap<string, readonly Chunk[]> {
  return new Map([
    ...Array.from(madeUpCorpus(by)).slice(0, documents),
    ...Array.from(madeUpCorpus(of)).slice(documents),
  ]);
}

/** Everything that can be seen of an index, in a comparable form. */
export async function contentsOf(index: Index) {
  const rows = (await Array.fromAsync(index.scan())).flat();
  const plain = rows.map((row) => ({ ...row, vector: Array.from(row.vector ?? []) }));
  const documents = Array.from((await index.documents()).values());
  const answers = await Promise.all(
    Array.from({ length: 13 }, async (_, topic) => {
      const filter = { access: { tenant: 'default', groups: ['g0'] } };
      const hits = await index.query({ lexical: { terms: [`topic${topic}`] }, filter, limit: 10 });
      return hits.map(({ chunk, score }) => `${chunk.id} ${score.toFixed(4)}`);
    }),
  );
  return {
    rows: plain.sort((a, b) => (a.chunk.id < b.chunk.id ? -1 : 1)),
    documents: documents.sort((a, b) => (a.id < b.id ? -1 : 1)),
    answers,
  };
}
