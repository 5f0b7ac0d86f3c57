import type { Caller, Passage, Retriever } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { chunksOf } from '../testing/sample-chunks.ts';
import { diffEvaluations, evaluateRetriever, type RetrievalQuestion, scorePassages } from './evaluate-retriever.ts';
import { candidateSettings, splitQuestions, tuneRetrieval } from './tune-retrieval.ts';

const caller: Caller = { tenant: 'default', subject: 'test', groups: [] };
const span = (documentId: string, start: number, end: number) => ({ documentId, start, end });

/** A retriever that knows the answer of some questions and puts it at a rank. */
const knowing = (rankOf: (id: string) => number): Retriever => {
  return async (query) => {
    const passages: Passage[] = chunksOf('other.txt', ['a', 'b', 'c', 'd', 'e']).map((chunk) => ({
      ...chunk,
      score: 1,
      ranks: {},
    }));
    const rank = rankOf(query);
    const [gold] = chunksOf('gold.txt', ['gold']);
    if (rank >= 0 && gold !== undefined) passages.splice(rank, 0, { ...gold, documentId: query, score: 1, ranks: {} });
    return passages;
  };
};
const questions: RetrievalQuestion[] = Array.from({ length: 40 }, (_, number) => ({
  id: `q${number}`,
  text: `d${number}`,
  kind: number % 4 === 0 ? 'table' : 'fact',
  gold: [{ documentId: `d${number}` }],
}));

describe('scorePassages', () => {
  it('counts a gold place once and only where the spans overlap', () => {
    const passages = [span('a', 0, 10), span('b', 0, 10), span('a', 20, 30), span('a', 8, 25)];
    const quality = scorePassages(passages, [span('a', 22, 24), span('b', 10, 12)]);
    expect(quality).toMatchObject({ 'recall@5': 0.5, 'mrr@10': 1 / 3, 'hit@1': 0, 'hit@5': 1, map: 1 / 3 / 2 });
    expect(quality['ndcg@10']).toBeCloseTo(0.5 / (1 + 1 / Math.log2(3)), 12);
  });

  it('takes any place that says the same', () => {
    const gold = [{ ...span('a', 0, 5), alternatives: [span('b', 50, 60)] }];
    expect(scorePassages([span('c', 0, 9), span('b', 55, 70)], gold)).toMatchObject({ 'recall@5': 1, 'mrr@10': 0.5 });
    expect(scorePassages([span('b', 0, 9)], gold)['recall@5']).toBe(0);
  });

  it('is perfect when one passage shows all places', () => {
    const quality = scorePassages([span('a', 0, 100)], [span('a', 0, 5), span('a', 50, 60), { documentId: 'a' }]);
    expect(Object.values(quality)).toEqual(Object.values(quality).map(() => 1));
  });
});

describe('evaluateRetriever', () => {
  it('gives means, intervals, kinds and times', async () => {
    const retrieve = knowing((id) => (Number(id.slice(1)) % 4 === 0 ? -1 : 0));
    let time = 0;
    const now = () => {
      time += 1;
      return time;
    };
    const evaluation = await evaluateRetriever({ retrieve, questions, caller, now });
    expect(evaluation.mean['hit@1']).toBe(0.75);
    expect(evaluation.byKind).toMatchObject({
      fact: { questions: 30, mean: { 'hit@1': 1 } },
      table: { mean: { 'hit@1': 0 } },
    });
    expect(evaluation.intervals['hit@1'].low).toBeLessThan(0.75);
    expect(evaluation.latencyMs).toEqual({ p50: 1, p95: 1 });
  });

  it('tells which questions changed and whether that is chance', async () => {
    const before = await evaluateRetriever({ retrieve: knowing(() => 2), questions, caller });
    const after = await evaluateRetriever({ retrieve: knowing((id) => (id === 'd3' ? -1 : 0)), questions, caller });
    const difference = diffEvaluations(before, after);
    expect(difference.real).toBe(true);
    expect(difference.better).toHaveLength(39);
    expect(difference.worse).toEqual([{ id: 'q3', before: 0.5, after: 0 }]);
    expect(diffEvaluations(before, before)).toMatchObject({ real: false, better: [], worse: [] });
    expect(() => diffEvaluations(before, { questions: after.questions.slice(1) })).toThrow('same questions');
  });
});

describe('tuneRetrieval', () => {
  const candidate = (name: string, rankOf: (id: string) => number) => ({
    name,
    settings: { name },
    open: async () => ({ retrieve: knowing(rankOf) }),
  });

  it('recommends what is better on the other half, with the evidence', async () => {
    const candidates = [candidate('now', () => 2), candidate('good', () => 0), candidate('bad', () => 4)];
    const report = await tuneRetrieval({ candidates, questions, caller });
    expect(report).toMatchObject({ recommended: 'good', settings: { name: 'good' }, reportedOn: { best: 'good' } });
    expect(report.reason).toContain('+0.500');
    expect(report.reportedOn?.difference.comparison.equal).toBe(0);
    expect(
      (report.candidates[0]?.chosenOn.questions.length ?? 0) + (report.reportedOn?.after.questions.length ?? 0),
    ).toBe(40);
  });

  it('says what a candidate costs, and how many passages are enough', async () => {
    let searches = 0;
    const open = async () => {
      const retrieve: Retriever = (...args) => {
        searches += 1;
        return knowing((id) => (Number(id.slice(1)) % 2 === 0 ? 0 : 3))(...args);
      };
      return { retrieve, spent: () => ({ building: 700, searching: searches * 9 }) };
    };
    const report = await tuneRetrieval({ candidates: [{ name: 'now', settings: {}, open }], questions, caller });
    expect(report.candidates[0]?.cost).toMatchObject({ building: 700, search: 9, passages: expect.any(Number) });
    expect(report.candidates[0]?.cost.passages).toBeGreaterThan(0);
    expect(report.depths.map(({ limit, recall }) => [limit, recall.toFixed(2)])).toEqual([
      [1, '0.45'],
      [3, '0.45'],
      [5, '1.00'],
      [8, '1.00'],
      [12, '1.00'],
      [20, '1.00'],
    ]);
    expect(report.limit).toBe(5);
  });

  it('keeps what is in use when nothing is better, or when a gain is not confirmed', async () => {
    const [choosing] = splitQuestions(questions, 1);
    const chosen = new Set(choosing.map(({ text }) => text));
    const lucky = candidate('lucky', (id) => (chosen.has(id) ? 0 : 4));
    const report = await tuneRetrieval({ candidates: [candidate('now', () => 2), lucky], questions, caller });
    expect(report.recommended).toBe('now');
    expect(report.reason).toContain('not confirmed');
    const none = await tuneRetrieval({ candidates: [candidate('now', () => 0), lucky], questions, caller });
    expect(none).toMatchObject({ recommended: 'now' });
    expect(none.reportedOn).toBeUndefined();
    await expect(tuneRetrieval({ candidates: [], questions, caller })).rejects.toMatchObject({
      code: 'INVALID_OPTION',
    });
  });

  it('spreads kinds over both halves', () => {
    const [a, b] = splitQuestions(questions, 5);
    expect([a, b].map((half) => half.filter(({ kind }) => kind === 'table').length)).toEqual([5, 5]);
    expect(new Set([...a, ...b]).size).toBe(40);
  });

  it('proposes only what the project has', () => {
    expect(candidateSettings({}, { dense: false, rerank: false }).map(({ name }) => name)).toEqual([
      'in use',
      'one passage a document',
      'two passages a document',
    ]);
    expect(candidateSettings({}, { dense: true, rerank: true }).length).toBeGreaterThan(10);
  });
});
