import { type Chunk, FieldkitError } from '@fieldkit/core';
import { createScriptedModel, type ScriptedReply } from '@fieldkit/core/testing';
import { describe, expect, it } from 'vitest';
import { chunksOf } from '../testing/sample-chunks.ts';
import { type WriteQuestionsOptions, writeQuestions } from './write-questions.ts';

const TEXT =
  'Shrub roses are pruned in late March, before the first leaves open. Cut each shoot to five buds and burn what was cut, so that no spores stay in the bed.';
const chunkOf = (text: string, uri = 'roses.txt', more: Partial<Chunk> = {}) => chunksOf(uri, [text], more)[0] as Chunk;
const reply = (question: string, answer: string, quote: string) => JSON.stringify({ question, answer, quote });
const GOOD = reply('At what time of year should I trim the bushes by the fence?', 'late March', 'pruned in late March');

const write = (
  chunks: readonly Chunk[],
  replies: readonly ScriptedReply[],
  more: Partial<WriteQuestionsOptions> = {},
) => {
  const model = createScriptedModel(replies);
  return writeQuestions({ model, chunks, ...more }).then((written) => ({ ...written, model }));
};
const faultOf = async (text: string, said: string, more: Partial<Chunk> = {}) =>
  Object.keys((await write([chunkOf(text, 'roses.txt', more)], [said])).faults);

describe('writeQuestions', () => {
  it('asks about a chunk and labels the question with the place of its quote', async () => {
    const chunk = { ...chunkOf(TEXT, 'roses.txt', { groups: ['staff', 'x'] }), start: 100 };
    const { questions, faults, usage, model } = await write([chunk], [`Here it is: ${GOOD}`]);
    const start = 100 + TEXT.indexOf('pruned in late March');
    expect(questions).toEqual([
      {
        id: `synthetic-${chunk.id}`,
        text: 'At what time of year should I trim the bushes by the fence?',
        kind: 'synthetic',
        gold: [{ documentId: chunk.documentId, start, end: start + 20 }],
        caller: { tenant: 'default', subject: 'evaluation', groups: ['staff'] },
        synthetic: true,
        quote: 'pruned in late March',
        overlap: expect.any(Number),
      },
    ]);
    expect(faults).toEqual({});
    expect(usage.calls).toBe(1);
    expect(JSON.stringify(model.requests[0])).toContain('Shrub roses are pruned');
  });

  it.each([
    ['no-answer', 'I cannot think of one.'],
    ['no-answer', reply('', '', '')],
    ['not-proven', reply('When is it done?', 'May', 'pruned in early May')],
    ['points-at-text', reply('What does this passage say about spores?', 'nothing', 'no spores stay')],
    ['copied', reply('Do I cut each shoot to five buds and burn what was cut?', 'sure', 'Cut each shoot to five buds')],
    ['tells-answer', reply('Is it right that bushes are trimmed in late March?', 'late March', 'pruned in late March')],
    ['names-source', reply('When does roses2026 say that I trim?', 'late March', 'pruned in late March')],
    ['names-source', reply('When, by the Garden Care Handbook for Beginners, do I trim?', 'x', 'late March')],
  ])('leaves out what is %s', async (fault, said) => {
    const metadata = { title: 'Garden Care Handbook for Beginners', uri: 'knowledge/roses2026.txt' };
    expect(await faultOf(TEXT, said, { metadata })).toEqual([fault]);
  });

  it('checks Chinese in the same way', async () => {
    const text =
      '差旅费报销须在返回后三十日内提交，逾期不予受理。住宿费凭发票报销，每晚不得超过四百元，超出部分由本人承担。';
    const quote = '返回后三十日内提交';
    expect(await faultOf(text, reply('出差回来多久以内要交单据？', '三十日', quote))).toEqual([]);
    expect(await faultOf(text, reply('上述文件规定的期限是多久？', '三十日', quote))).toEqual(['points-at-text']);
    expect(await faultOf(text, reply('是否在三十日内交单据？', '三十日内', quote))).toEqual(['tells-answer']);
    expect(await faultOf(text, reply('差旅费报销须在返回后几日内提交？', '三十日', quote))).toEqual(['copied']);
  });

  it('takes no question twice, asks other chunks instead and lets documents take turns', async () => {
    const chunks = ['a', 'b', 'c'].flatMap((name) =>
      chunksOf(`${name}.txt`, [`${TEXT} ${name} one`, `${TEXT} ${name} two`, 'too short']),
    );
    const asked: string[] = [];
    const replies = Array.from(
      { length: 9 },
      (_, at) =>
        ({ messages }: { messages: readonly { content: string }[] }) => {
          asked.push(/([abc]) (?:one|two)/.exec(messages[1]?.content ?? '')?.[1] ?? '');
          const question = at === 1 ? 'At what time of the year should I trim bushes?' : `Subject${at} thing${at} when`;
          return at === 0 ? GOOD : reply(question, 'late March', 'late March');
        },
    );
    const { questions, faults } = await write(chunks, replies, { count: 3, concurrency: 1 });
    expect(questions).toHaveLength(3);
    expect(faults).toEqual({ repeated: 1 });
    expect(new Set(asked.slice(0, 3)).size).toBe(3);
    expect(asked).toHaveLength(4);
  });

  it('takes every place that says the same, of the same tenant', async () => {
    const copy = chunkOf(`${TEXT} Said again.`, 'copy.txt');
    const foreign = chunkOf('Roses: pruned in late March.', 'other.txt', { tenant: 'other' }); // too short to be asked about
    const { questions } = await write([chunkOf(TEXT), copy, foreign], [GOOD, GOOD], { concurrency: 1 });
    const [gold] = questions[0]?.gold ?? [];
    expect([gold, ...(gold?.alternatives ?? [])].map((place) => place?.documentId).sort()).toEqual(
      [chunkOf(TEXT).documentId, copy.documentId].sort(),
    );
  });

  it('counts a passage that the model refuses and fails when the endpoint does', async () => {
    const chunks = [chunkOf(TEXT), chunkOf(`${TEXT} Other.`, 'b.txt')];
    const refused = await write(chunks, [new FieldkitError('MODEL_CONTENT_REFUSED', 'no'), GOOD], {
      count: 1,
      concurrency: 1,
    });
    expect(refused).toMatchObject({ questions: [{ synthetic: true }], faults: { 'no-answer': 1 } });
    const down = new FieldkitError('MODEL_UNREACHABLE', 'down');
    await expect(write(chunks, [down], { concurrency: 1 })).rejects.toMatchObject({ code: 'MODEL_UNREACHABLE' });
  });
});
