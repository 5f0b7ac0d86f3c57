import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Caller, type Chunk, DEFAULT_TENANT, type Reranker, type RetrievalStep } from '@fieldkit/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRetriever, type RetrievalSettings, type RetrieverParts } from './create-retriever.ts';
import type { Index } from './index-contract.ts';
import { createLanceIndex } from './indexes/lance-index.ts';
import { syncIndex } from './sync-index.ts';
import { chunksOf, createHashEmbedder } from './testing/sample-chunks.ts';

const caller: Caller = { tenant: DEFAULT_TENANT, subject: 'test', groups: [] };
const embedder = createHashEmbedder();

describe('createRetriever', () => {
  let directory: string;
  let index: Index;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fieldkit-retriever-'));
    index = await createLanceIndex({ directory });
  });
  afterEach(async () => {
    await index.close();
    await rm(directory, { recursive: true, force: true });
  });

  const fill = (documents: readonly (readonly Chunk[])[], dense = false) => {
    const corpus = new Map(documents.map((chunks) => [chunks[0]?.documentId ?? '', chunks]));
    return syncIndex({
      index,
      ...(dense ? { embedder } : {}),
      documents: Array.from(corpus.keys(), (id) => ({ id, contentStamp: 'v1' })),
      chunksOf: async (id) => corpus.get(id) ?? [],
      stamp: { segmenter: 's1' },
    });
  };
  const ask = async (query: string, defaults: RetrievalSettings = {}, parts: Partial<RetrieverParts> = {}) => {
    const steps: RetrievalStep[] = [];
    const retrieve = createRetriever({ index, defaults, ...parts });
    const passages = await retrieve(query, caller, { onStep: (step) => steps.push(step) });
    return { texts: passages.map(({ text }) => text), passages, steps };
  };

  it('is lexical without an embedder, also when the index has vectors', async () => {
    await fill([chunksOf('a.txt', ['The pump needs oil', 'unrelated'])], true);
    const { passages, steps } = await ask('pump');
    expect(passages.map(({ ranks }) => ranks)).toEqual([{ lexical: 1 }]);
    expect(steps.map(({ name, after }) => [name, after])).toEqual([
      ['lexical', 1],
      ['versions', 1],
      ['duplicates', 1],
    ]);
  });

  it('is hybrid with a semantic embedder, and stays lexical with one that is not', async () => {
    await fill([chunksOf('a.txt', ['pump oil', 'valve seal'])], true);
    const both = await ask('pump oil', {}, { embedder });
    expect(both.passages[0]?.ranks).toEqual({ dense: 1, lexical: 1 });
    const senseless = await ask('pump oil', {}, { embedder: createHashEmbedder(8, { semantic: false }) });
    expect(senseless.passages[0]?.ranks).toEqual({ lexical: 1 });
  });

  it('refuses another embedding model or text analysis than the index has', async () => {
    await fill([chunksOf('a.txt', ['pump'])], true);
    const other = createHashEmbedder(32, { model: 'other' });
    await expect(ask('pump', {}, { embedder: other })).rejects.toMatchObject({ code: 'INDEX_MISMATCH' });
    await expect(ask('pump', {}, { analyzer: { han: 'bigrams' } })).rejects.toMatchObject({ code: 'INDEX_MISMATCH' });
    await expect(ask('pump', { mode: 'dense' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  it('finds nothing for blank or unknown words and refuses a limit of 0', async () => {
    await fill([chunksOf('a.txt', ['pump'])]);
    expect((await ask('')).texts).toEqual([]);
    expect((await ask('the of … ？')).texts).toEqual([]);
    expect((await ask('zebra')).texts).toEqual([]);
    await expect(createRetriever({ index })('pump', caller, { limit: 0 })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('drops near duplicates but keeps texts that differ in a number', async () => {
    const rule = (days: number) =>
      `Travel must be approved by the head of the department within ${days} days of return`;
    await fill([chunksOf('a.txt', [rule(5)]), chunksOf('b.txt', [rule(5)]), chunksOf('c.txt', [rule(7)])]);
    expect((await ask('travel approved')).texts.sort()).toEqual([rule(5), rule(7)]);
    expect((await ask('travel approved', { sameFrom: 1 })).texts).toHaveLength(3);
  });

  it('prefers the newest version of a document that says it is one', async () => {
    const bulletin = (version: string, text: string, series = 'SB-1') =>
      chunksOf(`${series}-${version}.txt`, [text], { metadata: { series, version } });
    await fill([
      bulletin('9', 'torque is old'),
      bulletin('10', 'torque is new'),
      bulletin('1', 'torque elsewhere', 'SB-2'),
      chunksOf('plain.txt', ['torque in general']),
    ]);
    expect((await ask('torque')).texts.sort()).toEqual(['torque elsewhere', 'torque in general', 'torque is new']);
    expect((await ask('torque', { versions: false })).texts).toHaveLength(4);
  });

  it('caps a document, adds neighbours behind and keeps within the tokens', async () => {
    await fill([
      chunksOf('a.txt', ['alpha one', 'alpha two', 'beta', 'alpha three']),
      chunksOf('b.txt', ['alpha other']),
    ]);
    const capped = await ask('alpha', { perDocument: 1 });
    expect(new Set(capped.passages.map(({ documentId }) => documentId)).size).toBe(2);
    const near = await ask('beta', { neighbours: 1 });
    expect(near.texts).toEqual(['beta', 'alpha two', 'alpha three']);
    expect((await ask('beta', { neighbours: 1, tokens: 4 })).texts).toEqual(['beta', 'alpha two']);
  });

  it('leaves out what is below the floor', async () => {
    await fill([chunksOf('a.txt', ['pump oil', 'pump and many other words that have nothing to do with it'])], true);
    const scores = (await ask('pump oil')).passages.map(({ score }) => score);
    const floor = { lexical: ((scores[0] ?? 0) + (scores[1] ?? 0)) / 2 };
    expect((await ask('pump oil', { floor })).texts).toEqual(['pump oil']);
    expect((await ask('pump oil', { floor: { dense: 0.9 } }, { embedder })).texts).toEqual(['pump oil']);
  });

  it('reorders with a reranker and shows each step', async () => {
    await fill([chunksOf('a.txt', ['pump oil', 'pump', 'pump seal'])]);
    const reranker: Reranker = {
      model: 'last-first',
      rerank: async (_, texts) => texts.map((_text, at) => ({ index: texts.length - 1 - at, score: 1 / (at + 1) })),
    };
    const plain = await ask('pump');
    const { texts, passages, steps } = await ask('pump', { floor: { rerank: 0.4 } }, { reranker });
    expect(texts).toEqual(plain.texts.toReversed().slice(0, 2));
    expect(passages[0]?.ranks).toEqual({ lexical: 3, rerank: 1 });
    expect(steps.map(({ name, before, after }) => [name, before, after])).toEqual([
      ['lexical', 0, 3],
      ['versions', 3, 3],
      ['duplicates', 3, 3],
      ['rerank', 3, 2],
    ]);
  });

  it('tells of each list, of their fusion and of what every later step left out', async () => {
    const far = Array.from({ length: 4 }, (_, at) => `pump far away in a text about something else ${at}`);
    await fill(
      [chunksOf('a.txt', ['pump oil', 'pump oil leak', 'oil', ...far]), chunksOf('b.txt', ['pump oil'])],
      true,
    );
    const settings: RetrievalSettings = { depth: 4, floor: { dense: 0.6 }, perDocument: 2, tokens: 6, limit: 3 };
    const { steps, passages } = await ask('pump oil', settings, { embedder });
    expect(steps.map(({ name }) => name)).toEqual([
      'embed',
      'dense',
      'lexical',
      'fusion',
      'floor',
      'versions',
      'duplicates',
      'cap',
      'tokens',
    ]);
    const step = (name: string) => steps.find((one) => one.name === name);
    expect(step('embed')?.details).toEqual({ model: 'hash', dimensions: 32 });
    expect(step('dense')).toMatchObject({ before: 0, after: 4, details: { depth: 4 } });
    expect(step('dense')?.kept[0]).toMatchObject({
      title: expect.stringMatching(/^[ab]\.txt$/),
      score: expect.closeTo(1, 4),
    });
    expect(step('lexical')).toMatchObject({ after: 4, details: { terms: ['pump', 'oil'] } });
    const { before = 0, after = 0, dropped = [], details } = step('fusion') ?? {};
    expect([before - dropped.length, after]).toEqual([4, 4]);
    expect(details).toMatchObject({ method: 'minmax' });
    expect(step('duplicates')).toMatchObject({ dropped: [{ title: expect.stringMatching(/^[ab]\.txt$/) }] });
    for (const [at, { before: came, after: went, kept, dropped: left }] of steps.slice(4).entries()) {
      expect(came).toBe(steps[at + 3]?.after);
      expect([kept.length, left.length]).toEqual([went, came - went]);
    }
    expect(steps.at(-1)?.kept.map(({ id }) => id)).toEqual(passages.map(({ id }) => id));
  });

  it('finds a part by its own words and gives the whole that it was cut from, once', async () => {
    const document = 'Seals leak when dry. Oil them weekly. Bolts are torqued to 20 Nm.';
    const parts = ['Seals leak when dry.', 'Oil them weekly.', 'Bolts are torqued to 20 Nm.'];
    const chunks = chunksOf('a.txt', parts).map((chunk, at) => {
      const start = document.indexOf(parts[at] ?? '');
      const parent = at < 2 ? '0-37' : '38-65';
      const metadata = { ...chunk.metadata, parent };
      return { ...chunk, start, end: start + (parts[at]?.length ?? 0), metadata };
    });
    await fill([chunks]);
    const textOf = (_: string, start: number, end: number) => document.slice(start, end);
    const whole = await ask('seals oil', {}, { textOf });
    expect(whole.texts).toEqual(['Seals leak when dry. Oil them weekly.']);
    expect(whole.passages[0]).toMatchObject({ start: 0, end: 37, text: document.slice(0, 37) });
    expect(whole.steps.find(({ name }) => name === 'parents')).toMatchObject({ before: 2, after: 1 });
    // a document that is no longer what it was, or not stored, leaves the part
    const moved = (_: string, start: number, end: number) => `x${document}`.slice(start, end);
    expect((await ask('bolts', {}, { textOf: moved })).texts).toEqual([parts[2]]);
    expect((await ask('bolts', {}, { textOf: () => undefined })).texts).toEqual([parts[2]]);
    expect((await ask('bolts')).texts).toEqual([parts[2]]);
  });

  it('works in Chinese', async () => {
    await fill([chunksOf('a.txt', ['差旅费报销须在返回后三十日内提交。', '设备保修期为二十四个月。'])]);
    expect((await ask('报销多少日内提交')).texts[0]).toBe('差旅费报销须在返回后三十日内提交。');
  });
});
