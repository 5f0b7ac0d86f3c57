import type { Caller, Passage } from '@fieldkit/core';
import { RunnableLambda } from '@langchain/core/runnables';
import { expect, it } from 'vitest';
import { createLangChainRetriever } from './langchain.ts';
import { chunksOf } from './testing/sample-chunks.ts';

const caller: Caller = { tenant: 'acme', subject: 'test', groups: ['staff'] };

it('is a LangChain retriever that passes on who asks and gives what citing needs', async () => {
  const asked: unknown[] = [];
  const [chunk] = chunksOf('a.txt', ['The pump needs oil.'], { headings: ['Care'] });
  const retriever = createLangChainRetriever({
    caller,
    filter: { year: 2026 },
    limit: 3,
    async retrieve(query, by, options) {
      asked.push([query, by, options]);
      return chunk === undefined ? [] : [{ ...chunk, score: 2, ranks: { lexical: 1 } } satisfies Passage];
    },
  });
  const chain = retriever.pipe(RunnableLambda.from((documents) => documents.map(({ pageContent }) => pageContent)));
  expect(await chain.invoke('oil?')).toEqual(['The pump needs oil.']);
  const [document] = await retriever.invoke('oil?');
  expect(document).toMatchObject({
    id: chunk?.id,
    metadata: { documentId: chunk?.documentId, start: 0, end: 19, headings: ['Care'], score: 2, title: 'a.txt' },
  });
  expect(asked[0]).toEqual(['oil?', caller, { filter: { year: 2026 }, limit: 3 }]);
});
