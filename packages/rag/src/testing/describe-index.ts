import { analyzeText, FieldkitError } from '@fieldkit/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRandom } from '../evaluation/statistics.ts';
import { exactBm25, inverseFrequency, scoreTerms } from '../exact-bm25.ts';
import { byScore } from '../fuse-rankings.ts';
import type { Index, IndexFilter, IndexRow, IndexStamp } from '../index-contract.ts';
import { indexRow } from '../index-row.ts';
import { chunksOf, unitVector } from './sample-chunks.ts';

const LEXICAL: IndexStamp = { analyzer: 'a1', segmenter: 's1' };
const DENSE: IndexStamp = { ...LEXICAL, embedding: { model: 'm', dimensions: 16 } };
const EVERYBODY: IndexFilter = { access: { tenant: 'default', groups: [] } };

/** Texts as they come: without words, twice the same, very long, part numbers, other scripts, marks, emoji, words of any length. */
const VARIED: readonly string[] = [
  '',
  '… — !!',
  'Seal kit SK-204/B fits the XP-200 pump, part no. 0000-17.',
  'Seal kit SK-204/B fits the XP-200 pump, part no. 0000-17.',
  'Seal kit SK-205/B fits the XP-300 pump.',
  `The manual. ${'Oil the pump every week and check the seal. '.repeat(400)}`,
  '設備保固期為二十四個月，自驗收合格之日起計算。',
  '设备保修期为二十四个月，自设备验收合格之日起计算。',
  '請於三十日內提交報銷單據；逾期不予受理。零件編號：ＡＢ－１２３。',
  'ポンプの保証期間は24か月です。ﾎﾟﾝﾌﾟ',
  'Größe, naïve, Straße and cafe\u0301 — the pump’s “seal”',
  'ضمان المضخة أربعة وعشرون شهرا',
  'насос гарантия 24 месяца',
  '펌프 보증 기간은 24개월입니다',
  'pump 🛠️👩‍🔧 seal 𠮷野家 \u0000 end',
  `blob ${'x'.repeat(3000)} seal`,
  "pump' OR '1'='1 -- seal",
];
const VARIED_QUERIES = [
  'seal kit SK-204/B',
  'XP-200',
  '保固期',
  '保修期 二十四个月',
  'ＡＢ-123 零件編號',
  'ポンプ 保証',
  'größe café',
  'المضخة',
  'насос гарантия',
  '펌프',
  '𠮷野家 🛠️',
  'oil oil seal pump',
  "' OR '1'='1",
  '0000-17',
  '？',
];

const TENANTS = ['pumps', 'offices', 'both'];
const TENANT_QUESTIONS = [
  'oil seal invoice',
  'invoice travel',
  'oil',
  'filter invoice number seven',
  'seal travel oil',
];

/** Words that are everywhere with one tenant and rare with another, in texts of different length. */
function severalTenants(): IndexRow[] {
  const random = createRandom(11);
  const common = {
    pumps: ['oil', 'seal', 'pump', 'filter'],
    offices: ['invoice', 'travel', 'form'],
    both: ['oil', 'form', 'number'],
  };
  return Object.entries(common).flatMap(([tenant, often], which) =>
    Array.from({ length: 60 * (which + 1) ** 2 }, (_, number) => {
      const rare = ['oil', 'seal', 'filter', 'invoice', 'travel', 'seven', 'number'];
      const words = Array.from({ length: 4 + Math.floor(random() * 30) }, () => {
        const from = random() < 0.6 ? often : random() < 0.1 ? rare : ['one', 'two', 'three', 'four', 'five'];
        return from[Math.floor(random() * from.length)];
      });
      const [chunk] = chunksOf(`d${number}.txt`, [words.join(' ')], { tenant });
      if (chunk === undefined) throw new Error('no chunk');
      return indexRow(chunk);
    }),
  );
}

export interface IndexUnderTest {
  /** A second handle on the same storage, as another process would have. */
  readonly reopen: () => Promise<Index>;
  readonly index: Index;
  readonly cleanUp: () => Promise<void>;
}

/** The promises of every index engine. */
export function describeIndex(name: string, create: () => Promise<IndexUnderTest>): void {
  describe(`index contract: ${name}`, () => {
    let under: IndexUnderTest;
    let index: Index;
    beforeEach(async () => {
      under = await create();
      index = under.index;
    });
    afterEach(() => under.cleanUp());

    const rowsOf = (...args: Parameters<typeof chunksOf>) =>
      chunksOf(...args).map((chunk) => ({ ...indexRow(chunk), vector: unitVector(chunk.text, 16) }));
    const find = async (words: string, filter = EVERYBODY, limit = 10) => {
      const hits = await index.query({ lexical: { terms: analyzeText(words) }, filter, limit });
      return hits.map(({ chunk }) => chunk.text);
    };

    it('says INDEX_NOT_FOUND before anything was built', async () => {
      expect(await index.stamp()).toBeUndefined();
      await expect(index.query({ lexical: { terms: ['x'] }, filter: EVERYBODY, limit: 1 })).rejects.toMatchObject({
        code: 'INDEX_NOT_FOUND',
      });
      expect(await index.stats()).toMatchObject({ chunks: 0, documents: 0, dense: 'none' });
    });

    it('keeps its stamp and refuses another one with the remedy', async () => {
      await index.open(DENSE);
      await index.open(DENSE);
      expect(await (await under.reopen()).stamp()).toEqual(DENSE);
      const refused = await index.open({ ...DENSE, segmenter: 's2' }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(FieldkitError);
      expect(refused).toMatchObject({
        code: 'INDEX_MISMATCH',
        message: expect.stringContaining('fieldkit index rebuild'),
      });
    });

    it('finds by words, best first, and gives the chunk back as it was', async () => {
      await index.open(DENSE);
      const rows = rowsOf('a.txt', ['The pump needs oil.', 'The valve needs a seal, and oil, and a seal.', 'Nothing.']);
      await index.upsert(rows, { fresh: true });
      await index.optimize();
      expect(await find('seals')).toEqual([rows[1]?.chunk.text]);
      const [hit] = await index.query({ lexical: { terms: ['pump'] }, filter: EVERYBODY, limit: 3 });
      expect(hit?.chunk).toEqual(rows[0]?.chunk);
      expect(hit?.ranks).toEqual({ lexical: 1 });
    });

    it('ranks words as BM25 says, whatever is in the texts', async () => {
      await index.open(LEXICAL);
      const rows = VARIED.flatMap((text, number) => chunksOf(`d${number}.txt`, [text]).map((chunk) => indexRow(chunk)));
      await index.upsert(rows, { fresh: true });
      await index.optimize();
      const reference = exactBm25(rows.map(({ chunk, terms }) => ({ id: chunk.id, terms })));
      for (const query of VARIED_QUERIES) {
        const terms = analyzeText(query);
        const hits = await index.query({ lexical: { terms }, filter: EVERYBODY, limit: 10 });
        const expected = reference(terms, 10);
        const plain = (found: readonly { id: string; score: number }[]) =>
          found.map(({ id, score }) => `${score.toFixed(3)} ${id}`).sort();
        expect([query, plain(hits.map(({ chunk, score }) => ({ id: chunk.id, score })))]).toEqual([
          query,
          plain(expected),
        ]);
        for (const { chunk } of hits) expect(VARIED).toContain(chunk.text);
      }
    });

    it('ranks words by how rare they are in the tenant that asks, in every build', async () => {
      await index.open(LEXICAL);
      const rows = severalTenants();
      for (let at = 0; at < rows.length; at += 100) await index.upsert(rows.slice(at, at + 100), { fresh: true });
      await index.optimize();
      const averageLength = rows.reduce((sum, { terms }) => sum + terms.length, 0) / rows.length;
      for (const tenant of TENANTS) {
        const own = rows.filter(({ chunk }) => chunk.tenant === tenant);
        for (const question of TENANT_QUESTIONS) {
          const terms = analyzeText(question);
          const rarity = (term: string) =>
            inverseFrequency(own.length, own.filter((row) => row.terms.includes(term)).length);
          const weights = new Map(terms.map((term) => [term, rarity(term)]));
          const expected = own
            .map(({ chunk, terms: has }) => ({ id: chunk.id, score: scoreTerms(has, weights, averageLength) }))
            .filter(({ score }) => score > 0)
            .sort(byScore)
            .slice(0, 10);
          const filter = { access: { tenant, groups: [] } };
          const hits = await index.query({ lexical: { terms }, filter, limit: 10 });
          const plain = (list: readonly { id: string; score: number }[]) =>
            list.map(({ id, score }) => `${id} ${score.toFixed(3)}`);
          const found = plain(hits.map(({ chunk, score }) => ({ id: chunk.id, score })));
          expect([tenant, question, found]).toEqual([tenant, question, plain(expected)]);
        }
      }
    });

    it('finds by meaning with cosine scores', async () => {
      await index.open(DENSE);
      const rows = rowsOf('a.txt', ['alpha beta', 'gamma delta', 'epsilon zeta']);
      await index.upsert(rows, { fresh: true });
      await index.optimize();
      const hits = await index.query({ dense: { vector: unitVector('gamma delta', 16) }, filter: EVERYBODY, limit: 2 });
      expect(hits[0]?.chunk.text).toBe('gamma delta');
      expect(hits[0]?.score).toBeCloseTo(1, 4);
      expect(hits).toHaveLength(2);
    });

    it('fuses both lists', async () => {
      await index.open(DENSE);
      await index.upsert(rowsOf('a.txt', ['alpha beta', 'gamma delta', 'epsilon zeta', 'alpha gamma']), {
        fresh: true,
      });
      await index.optimize();
      for (const method of ['minmax', 'rrf'] as const) {
        const hits = await index.query({
          dense: { vector: unitVector('alpha beta', 16) },
          lexical: { terms: ['alpha'] },
          filter: EVERYBODY,
          limit: 2,
          fusion: { method },
        });
        expect(hits[0]?.chunk.text).toBe('alpha beta');
        expect(hits).toHaveLength(2);
      }
    });

    it('shows nothing of another tenant, and groups only to their members', async () => {
      await index.open(LEXICAL);
      const plain = (...args: Parameters<typeof chunksOf>) => chunksOf(...args).map((chunk) => indexRow(chunk));
      await index.upsert(
        [
          ...plain('open.txt', ['oil for all']),
          ...plain('secret.txt', ['oil for staff'], { groups: ['staff', "o'hara"] }),
          ...plain('other.txt', ['oil for others'], { tenant: 'other' }),
          ...plain('odd.txt', ['oil for odd'], { tenant: 'other', groups: ['staff'] }),
        ],
        { fresh: true },
      );
      await index.optimize();
      const as = async (tenant: string, ...groups: string[]) =>
        (await find('oil', { access: { tenant, groups } })).sort();
      expect(await as('default')).toEqual(['oil for all']);
      expect(await as('default', 'staff')).toEqual(['oil for all', 'oil for staff']);
      expect(await as('default', "o'hara", 'x')).toEqual(['oil for all', 'oil for staff']);
      expect(await as('other')).toEqual(['oil for others']);
      expect(await as('nobody', 'staff')).toEqual([]);
      expect(await as('default","staff')).toEqual([]);
    });

    it('filters by metadata before it ranks', async () => {
      await index.open(LEXICAL);
      const texts = Array.from({ length: 60 }, (_, number) => `oil ${'oil '.repeat(60 - number)}filler${number}`);
      const rows = texts.flatMap((text, number) =>
        chunksOf(`d${number}.txt`, [text], {
          metadata: { year: number === 59 ? 2026 : 2020, draft: number === 58, tags: [`t${number}`, "it's"] },
        }).map((chunk) => indexRow(chunk)),
      );
      await index.upsert(rows, { fresh: true });
      await index.optimize();
      const by = (metadata: NonNullable<IndexFilter['metadata']>) => find('oil', { ...EVERYBODY, metadata }, 5);
      expect(await by({ year: 2026 })).toEqual([texts[59]]);
      expect(await by({ draft: true })).toEqual([texts[58]]);
      expect((await by({ tags: ['t3', 't57'] })).sort()).toEqual([texts[3], texts[57]].sort());
      expect(await by({ tags: "it's", uri: 'd7.txt' })).toEqual([texts[7]]);
      expect(await by({ documentId: rows[9]?.chunk.documentId ?? '' })).toEqual([texts[9]]);
      expect(await by({ year: '2026' })).toEqual([]);
      expect(await by({ tags: [] })).toEqual([]);
      expect(await by({ unknown: 'x' })).toEqual([]);
    });

    it('replaces, deletes and notes documents', async () => {
      await index.open(DENSE);
      const rows = rowsOf('a.txt', ['first words', 'second words', 'third words']);
      const id = rows[0]?.chunk.documentId ?? '';
      await index.upsert(rows, { fresh: true });
      await index.markDocuments([{ id, contentStamp: 'v1', chunks: 3 }]);
      await index.upsert(
        rows
          .slice(0, 1)
          .map((row) => ({ ...row, terms: ['zebra'], stamp: 'x', chunk: { ...row.chunk, groups: ['g'] } })),
      );
      await index.delete({ chunkIds: [rows[1]?.chunk.id ?? '', 'unknown'] });
      await index.optimize();
      expect(await find('words')).toEqual(['third words']);
      expect(await find('zebra')).toEqual([]);
      expect(await find('zebra', { access: { tenant: 'default', groups: ['g'] } })).toEqual(['first words']);
      expect((await index.rows([id])).map(({ stamp }) => stamp).sort()).toEqual([rows[2]?.stamp, 'x'].sort());
      expect((await index.documents()).get(id)).toEqual({ id, contentStamp: 'v1', chunks: 3 });
      await index.delete({ documentIds: [id] });
      expect(await index.rows([id])).toEqual([]);
      expect((await index.documents()).size).toBe(0);
      expect(await index.stats()).toMatchObject({ chunks: 0, documents: 0 });
    });

    it('gives neighbours, vectors and all rows back', async () => {
      await index.open(DENSE);
      const rows = rowsOf('a.txt', ['one', 'two', 'three', 'four']);
      await index.upsert(rows, { fresh: true });
      const id = rows[0]?.chunk.documentId ?? '';
      expect((await index.neighbours(id, 1, 2, EVERYBODY)).map(({ text }) => text)).toEqual(['two', 'three']);
      expect(await index.neighbours(id, 0, 9, { access: { tenant: 'other', groups: [] } })).toEqual([]);
      const vectors = await index.vectors([rows[2]?.content ?? '', 'unknown']);
      expect([...vectors.keys()]).toEqual([rows[2]?.content]);
      expect(Array.from(vectors.get(rows[2]?.content ?? '') ?? [])).toEqual(Array.from(rows[2]?.vector ?? []));
      const scanned = (await Array.fromAsync(index.scan())).flat();
      expect(scanned.sort((a, b) => a.chunk.index - b.chunk.index)).toEqual(rows);
    });

    it('rebuilds beside and swaps; a failed rebuild changes nothing', async () => {
      await index.open(LEXICAL);
      const old = chunksOf('a.txt', ['old words']).map((chunk) => indexRow(chunk));
      await index.upsert(old, { fresh: true });
      await index.optimize();
      const other = await under.reopen();
      const next: IndexStamp = { ...LEXICAL, segmenter: 's2' };
      const failing = index.rebuild(async (fresh) => {
        await fresh.open(next);
        throw new FieldkitError('CANCELLED', 'stopped');
      });
      await expect(failing).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(await find('words')).toEqual(['old words']);
      await index.rebuild(async (fresh) => {
        await fresh.open(next);
        await fresh.upsert(
          chunksOf('b.txt', ['new words']).map((chunk) => indexRow(chunk)),
          { fresh: true },
        );
        expect(await find('words')).toEqual(['old words']);
      });
      expect(await find('words')).toEqual(['new words']);
      expect(await other.stamp()).toEqual(next);
      await other.close();
    });

    it('refuses vectors of a wrong length and writes nothing of the batch', async () => {
      await index.open(DENSE);
      const [good, bad] = rowsOf('a.txt', ['one', 'two']);
      if (good === undefined || bad === undefined) throw new Error('no rows');
      const written = index.upsert([good, { ...bad, vector: new Float32Array(3) }], { fresh: true });
      await expect(written).rejects.toMatchObject({ code: 'EMBEDDING_INVALID' });
      expect(await index.rows([good.chunk.documentId])).toEqual([]);
    });
  });
}
