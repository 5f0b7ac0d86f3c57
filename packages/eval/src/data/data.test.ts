import { expect, it } from 'vitest';
import { textAnswer } from '../target.ts';
import { caseOf, passageCitation } from '../testing/values.ts';
import type { Case } from './case.ts';
import { caseFromRun } from './case-from-run.ts';
import { findDisagreements } from './disagreements.ts';
import { inspectCases } from './inspect-cases.ts';
import { casesFromList, casesFromTable, tableTemplate } from './table-cases.ts';

async function readTable(rows: unknown[][], onInvalid?: (error: Error, row: number) => void): Promise<Case[]> {
  const cases: Case[] = [];
  for await (const item of casesFromTable(rows, {
    name: 'sheet.xlsx',
    ...(onInvalid === undefined ? {} : { onInvalid }),
  }))
    cases.push(item);
  return cases;
}

it('writes a sheet in two languages and reads its own cases back', async () => {
  const item = caseOf({
    id: 'q1',
    question: '保修多久？',
    references: ['24 个月', '两年'],
    gold: [
      { document: 'a.pdf', page: 3, headings: ['1 保修', '期限'], quote: '保修期为 24 个月。' },
      { document: 'b.txt', page: 1, quote: 'x y' },
    ],
    kind: 'two-documents',
    language: 'zh',
    tags: ['demo', 'x'],
    tools: [{ name: 'get_order', arguments: { id: 'SO-1' } }],
    history: ['前一个问题'],
  });
  const rows = tableTemplate([item]);
  expect(rows[0]?.slice(0, 3)).toEqual(['id / 编号', 'question / 问题', 'reference answers / 参考答案']);
  const [back] = await readTable(rows);
  expect(back).toEqual({
    ...item,
    caller: undefined,
    gold: [item.gold[0], { document: 'b.txt', page: 1, quote: 'x y' }],
  });
});

it('reads headers in either language, numbers cells, and gives a row without id its number', async () => {
  const rows = [
    [],
    ['问题', '参考答案', '页码', '依据文档', '期望'],
    ['保修多久？', 24, 3, 'a.pdf', '可答'],
    ['x', '', '', '', '拒答'],
  ];
  expect(
    (await readTable(rows)).map(({ id, references, gold, expect: expected }) => [id, references, gold, expected]),
  ).toEqual([
    ['row-3', ['24'], [{ document: 'a.pdf', page: 3 }], 'answered'],
    ['row-4', [], [], 'refused'],
  ]);
});

it.each([
  [[['qestion']], /sheet\.xlsx:1: unknown column "qestion" \(did you mean "question"\?\)/],
  [[['id']], /no column "question"/],
  [
    [
      ['question', 'page', 'document'],
      ['x', 'three', 'a.pdf'],
    ],
    /sheet\.xlsx:2: page: "three" is no number/,
  ],
  [
    [
      ['question', 'tools'],
      ['x', 'get it'],
    ],
    /sheet\.xlsx:2: tools: not JSON/,
  ],
  [
    [
      ['id', 'question'],
      ['a', 'x'],
      ['a', 'y'],
    ],
    /sheet\.xlsx:3: id "a" is already used in row 2/,
  ],
])('names row and column of %j', async (rows, message) => {
  await expect(readTable(rows)).rejects.toThrow(message);
});

it('reads what Chinese experts write, and says what it does not know', async () => {
  const header = ['问题', '依据文档', '页码', '题型', '期望'];
  expect(await readTable([header, ['保修多久？', 'a.pdf', '第3页', '事实', '可回答']])).toMatchObject([
    { gold: [{ document: 'a.pdf', page: 3 }], kind: 'fact', expect: 'answered' },
  ]);
  expect(await readTable([header, ['保修多久？', '', '', '安全题', '']])).toMatchObject([{ kind: '安全题' }]);
  await expect(readTable([header, ['', 'a.pdf', '', '', '也许']])).rejects.toThrow(
    /sheet\.xlsx:2: question: is empty; expect: "也许" is none of answered, insufficient, refused/,
  );
});

it('keeps the good rows when told to', async () => {
  const bad: number[] = [];
  expect(
    await readTable(
      [
        ['question', 'expect'],
        ['x', 'perhaps'],
        ['y', ''],
      ],
      (_error, row) => bad.push(row),
    ),
  ).toHaveLength(1);
  expect(bad).toEqual([2]);
});

it('reads a list, as YAML gives it', () => {
  expect([...casesFromList([{ id: 'a', question: 'x' }], 'q.yaml')]).toHaveLength(1);
  expect(() => [...casesFromList({ id: 'a' }, 'q.yaml')]).toThrow(/write a list/);
  expect(() => [...casesFromList([{ id: 'a' }], 'q.yaml')]).toThrow(/q\.yaml: item 1: question/);
});

it('reports where experts differ', () => {
  const a = [caseOf({ id: '1', references: ['24 months'] }), caseOf({ id: '2', expect: 'insufficient' })];
  const b = [caseOf({ id: '1', references: ['three years'] }), caseOf({ id: '2' })];
  expect(findDisagreements({ li: a, wang: b }).map(({ id, field, values }) => [id, field, values.wang])).toEqual([
    ['1', 'references', 'three years'],
    ['2', 'expect', 'answered'],
  ]);
});

it('tells other amounts in the same words apart, and lets a fuller answer stand', () => {
  const differ = (one: string, other: string) =>
    findDisagreements({
      li: [caseOf({ id: '1', references: [one] })],
      wang: [caseOf({ id: '1', references: [other] })],
    }).length > 0;
  expect(differ('24 months', '36 months')).toBe(true);
  expect(differ('保修期为24个月', '保修期为36个月')).toBe(true);
  expect(differ('24 months', '24 months from delivery')).toBe(false);
  expect(differ('1,200 euros', '1200 euros')).toBe(false);
  expect(differ('6 bar', '600 kPa')).toBe(false);
  expect(differ('24个月', '两年')).toBe(false);
  expect(differ('6 bar', '0.5 MPa')).toBe(true);
  expect(differ('3.5 hours at 62 euros', '3.5 hours at 65 euros')).toBe(true);
});

it('reports size, slices, leaks between splits and questions without a label', async () => {
  const question = 'How many hours may the booster pump run before its filter must be changed by the operator?';
  const inspection = await inspectCases([
    caseOf({ id: 'a', question, references: ['9'] }),
    caseOf({ id: 'b', question: question.replace('operator', 'worker'), split: 'unseen', references: ['9'] }),
    caseOf({ id: 'c', question: question.toUpperCase(), references: ['9'] }),
    caseOf({ id: 'd', question: '完全不同的问题', kind: 'fakt' }),
  ]);
  expect(inspection).toMatchObject({
    items: 4,
    bySplit: { dev: 3, unseen: 1 },
    byLanguage: { en: 3, zh: 1 },
    withReferences: 3,
  });
  expect(inspection.findings.map(({ code }) => code)).toEqual([
    'no-label',
    'split-leak',
    'repeated-question',
    'unknown-kind',
  ]);
  const again = await inspectCases([caseOf({ id: 'a', question, references: ['9'] })]);
  expect(again.hash).not.toBe(inspection.hash);
});

it('turns a run into a case, never its answer into the reference', () => {
  const answer = textAnswer('It lasts 12 months [1].', {
    citations: [passageCitation('24 months', { headings: ['Warranty'] })],
  });
  const run = {
    id: 'run-1',
    kind: 'answer' as const,
    caller: { tenant: 't', subject: 's', groups: ['g'] },
    startedAt: '',
    durationMs: 1,
    input: { question: 'How long?', history: [{ question: 'Which?', answer: 'x' }] },
    output: answer,
    steps: [],
    usage: { inputTokens: 0, outputTokens: 0, calls: 0 },
  };
  const item = caseFromRun(run, { references: ['24 months'], citationsAreRight: true });
  expect(item).toMatchObject({
    id: 'run-1',
    question: 'How long?',
    history: ['Which?'],
    references: ['24 months'],
    caller: { groups: ['g'] },
    tags: ['from-run'],
  });
  expect(item.gold).toEqual([{ document: 'knowledge/warranty.docx', quote: '24 months', headings: ['Warranty'] }]);
  expect(() => caseFromRun(run)).toThrow(/say what is right/);
  expect(caseFromRun(run, { expect: 'insufficient' }).expect).toBe('insufficient');
  expect(() => caseFromRun({ ...run, input: {} })).toThrow(/holds no question/);
});
