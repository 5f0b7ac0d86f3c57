import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Citation } from '@fieldkit/core';
import { agentScorers, caseSchema, evaluateToLedger, openLedger, textAnswer } from '@fieldkit/eval';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestProject, type TestProject, testServer } from '../testing/test-project.ts';

let ferry: TestProject;
beforeAll(async () => {
  ferry = await openTestProject();
});
afterAll(() => ferry.close());

const json = async (response: Response) => JSON.parse(await response.text());

const CASES = [
  {
    id: 'luggage',
    question: 'How many suitcases may I bring?',
    gold: [{ document: 'knowledge/ferry.md', quote: 'two suitcases' }],
  },
  {
    id: 'bicycle',
    question: 'What does a bicycle cost?',
    gold: [{ document: 'knowledge/ferry.md', quote: '12 euros' }],
  },
  {
    id: 'wages',
    question: 'What does a deckhand earn?',
    caller: { groups: ['crew'] },
    references: ['21.30 euros per hour'],
  },
].map((item) => caseSchema.parse(item));

/** Two runs: one cites nothing, the other cites the gold place of one question. */
async function fillLedger(): Promise<void> {
  const ledger = openLedger({ path: ferry.project.paths.evaluations });
  const file = ferry.project.documents.list().find(({ uri }) => uri === 'knowledge/ferry.md');
  const text = ferry.project.documents.get(file?.id ?? '')?.text ?? '';
  const start = text.indexOf('two suitcases');
  const cited: Citation = {
    marker: 1,
    quote: 'two suitcases',
    source: {
      kind: 'passage',
      chunkId: 'c',
      documentId: file?.id ?? '',
      title: 'Ferry',
      uri: 'knowledge/ferry.md',
      start,
      end: start + 13,
      places: [],
      headings: ['Luggage'],
    },
  };
  await evaluateToLedger({
    ledger,
    cases: () => CASES,
    total: CASES.length,
    scorers: agentScorers,
    targets: [
      { name: 'before', identity: 1, ask: async () => ({ answer: textAnswer('No idea.'), durationMs: 5 }) },
      {
        name: 'after',
        identity: 2,
        ask: async ({ id }) => ({
          answer: { ...textAnswer('You may bring two suitcases [1].'), citations: id === 'luggage' ? [cited] : [] },
          durationMs: 5,
        }),
      },
    ],
  });
  ledger.close();
}

it('runs of the ledger are shown with intervals and causes, compared item by item, and only answers that the operator may see', async () => {
  const { send, server, key } = testServer(ferry);
  const [operator, crew, rival] = [
    key({ role: 'operator' }),
    key({ name: 'crew', role: 'operator', groups: ['crew'] }),
    key({ name: 'rival', role: 'operator', tenant: 'rival' }),
  ];
  expect(await json(await send('/api/evals/runs', { key: operator }))).toMatchObject({ runs: [] });
  await fillLedger();

  const { runs, headline } = await json(await send('/api/evals/runs', { key: operator }));
  expect(headline).toBe('gold-place-first-3');
  expect(runs.map(({ name, rounds, summary }: never) => [name, rounds, Reflect.get(summary, 'cases')])).toEqual([
    ['before', 1, 3],
    ['after', 1, 3],
  ]);
  expect(runs[1].errors[headline]).toMatchObject({
    items: 2,
    interval: { low: expect.any(Number), high: expect.any(Number) },
  });
  const causes = await json(await send('/api/evals/causes?run=before', { key: operator }));
  expect(causes).toMatchObject({ items: 3, failed: 3 });
  expect(causes.counts.reduce((sum: number, { items: hit }: { items: number }) => sum + hit, 0)).toBe(3);
  expect(runs[0]).not.toHaveProperty('identity');
  expect((await send('/api/evals/runs', { key: rival })).status).toBe(404);

  const compared = await json(await send('/api/evals/compare?a=before&b=after', { key: operator }));
  expect(compared).toMatchObject({
    comparison: { a: 'before', b: 'after', n: 2, onlyB: 1, onlyA: 0, significant: false },
    items: [{ id: 'luggage', a: 0, b: 1 }],
  });
  expect((await send('/api/evals/compare?a=before&b=before', { key: operator })).status).toBe(400);
  expect((await send('/api/evals/compare?a=before&b=none', { key: operator })).status).toBe(404);

  const idsFor = async (who: string, show: string) => {
    const { items } = await json(await send(`/api/evals/items?run=before&show=${show}`, { key: who }));
    return items.map(({ id }: { id: string }) => id);
  };
  expect(await idsFor(operator, 'all')).toEqual(['luggage', 'bicycle']);
  expect(await idsFor(crew, 'all')).toEqual(['luggage', 'bicycle', 'wages']);
  const { items } = await json(await send('/api/evals/items?run=before&show=failed&limit=1', { key: operator }));
  expect(items).toMatchObject([
    { id: 'luggage', attribution: { cause: expect.any(String), evidence: expect.any(String) } },
  ]);
  await server.close();
});

it('the questions of a set are listed, but none of a file outside evals', async () => {
  const { send, server, key } = testServer(ferry);
  const [operator, crew] = [key({ role: 'operator' }), key({ name: 'crew', role: 'operator', groups: ['crew'] })];
  mkdirSync(join(ferry.root, 'evals'), { recursive: true });
  writeFileSync(join(ferry.root, 'evals/questions.jsonl'), CASES.map((item) => `${JSON.stringify(item)}\n`).join(''));
  writeFileSync(join(ferry.root, 'secret.jsonl'), `${JSON.stringify(CASES[0])}\n`);
  const ask = async (set: string, who = operator) =>
    send(`/api/evals/cases?limit=2&set=${encodeURIComponent(set)}`, { key: who });
  expect(await json(await ask('evals/questions.jsonl'))).toMatchObject({
    total: 2,
    cases: [{ id: 'luggage' }, { id: 'bicycle' }],
  });
  expect(await json(await ask('evals/questions.jsonl', crew))).toMatchObject({ total: 3 });
  for (const set of ['secret.jsonl', 'evals/../secret.jsonl', 'evals/none.jsonl', '']) {
    expect((await ask(set)).status, set).toBe(404);
  }
  await server.close();
});
