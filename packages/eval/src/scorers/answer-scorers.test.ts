import { expect, it } from 'vitest';
import { describeScorer } from '../testing/describe-scorer.ts';
import { outcomeOf } from '../testing/values.ts';
import { choice } from './choice.ts';
import { contains } from './contains.ts';
import { exactMatch } from './exact-match.ts';
import { finalAnswer } from './final-answer.ts';
import { createJsonSchemaScorer, jsonFields } from './json-output.ts';
import { listMatch, setMatch } from './list-match.ts';
import { createNumberScorer, numberMatch } from './number-match.ts';
import { parseHan } from './number-words.ts';
import { createPatternScorer } from './pattern.ts';
import { quantitiesIn } from './quantities.ts';
import { rougeLScorer } from './rouge-l.ts';

it.each([
  ['So we add. The answer is 42.', '42'],
  ['Step one.\nFinal answer: **Paris**\nThanks.', 'Paris'],
  ['A: 18', '18'],
  ['因此答案是：二十四个月。', '二十四个月'],
  ['First the answer is 3, no: the answer is 4.', '4'],
  ['24 months [1: "24 months"].', '24 months'],
])('finds the answer proper of %j', (text, expected) => expect(finalAnswer(text)).toBe(expected));

describeScorer(exactMatch, [
  { when: 'there is no reference', outcome: outcomeOf('x'), value: 'none' },
  {
    when: 'case, article and full stop differ',
    item: { references: ['the Red Pump'] },
    outcome: outcomeOf('Red pump.'),
    value: 1,
  },
  {
    when: 'the announced answer is right',
    item: { references: ['False', 'No'] },
    outcome: outcomeOf('not ( True ) is False. So the answer is False.'),
    value: 1,
  },
  { when: 'the width differs', item: { references: ['ＡＢＣ公司'] }, outcome: outcomeOf('ABC公司。'), value: 1 },
  { when: 'more is said', item: { references: ['24'] }, outcome: outcomeOf('24 months'), value: 0 },
]);

describeScorer(choice, [
  { when: 'the reference is no letter', item: { references: ['blue'] }, outcome: outcomeOf('(A)'), value: 'none' },
  { when: 'the letter comes first', item: { references: ['B'] }, outcome: outcomeOf('B. Because it rains.'), value: 1 },
  {
    when: 'the letter is announced after reasons that name others',
    item: { references: ['(B)'] },
    outcome: outcomeOf('Not (A), nor (C). So the answer is (B).'),
    value: 1,
  },
  {
    when: 'a Chinese answer chooses in full width',
    item: { references: ['C'] },
    outcome: outcomeOf('经分析，正确答案是（Ｃ）。'),
    value: 1,
  },
  { when: 'the words say 选', item: { references: ['D'] }, outcome: outcomeOf('综上所述，应选D。'), value: 1 },
  {
    when: 'it begins with the article A',
    item: { references: ['A'] },
    outcome: outcomeOf('A dog is an animal.'),
    value: 0,
  },
  { when: 'nothing is chosen', item: { references: ['A'] }, outcome: outcomeOf('I do not know.'), value: 0 },
]);

it.each([
  ['二十四', 24],
  ['三万五千', 35_000],
  ['一亿二千万', 120_000_000],
  ['三万亿', 3e12],
  ['二〇二六', 2026],
  ['十', 10],
  ['两百', 200],
  ['三点五', 3.5],
  ['一百零八', 108],
])('reads %s', (text, value) => expect(parseHan(text)).toBe(value));

it.each([
  ['３，５００ 元', [[3500, 'cny']]],
  ['1.2亿美元', [[1.2e8, 'usd']]],
  ['百分之五', [[0.05, 'percent']]],
  [
    '2 years, 24 months, 5 men',
    [
      [24, 'months'],
      [24, 'months'],
      [5, undefined],
    ],
  ],
  [
    '$1,234.50 and -3 °C',
    [
      [1234.5, 'usd'],
      [-3, 'celsius'],
    ],
  ],
  [
    'XP-200 at 3.5 bar',
    [
      [200, undefined],
      [350_000, 'pressure'],
    ],
  ],
  ['二十四个月', [[24, 'months']]],
])('reads the quantities of %j', (text, expected) => {
  expect(quantitiesIn(text).map(({ value, dimension }) => [value, dimension])).toEqual(expected);
});

describeScorer(numberMatch, [
  { when: 'the reference has no number', item: { references: ['blue'] }, outcome: outcomeOf('3'), value: 'none' },
  { when: 'the notation differs', item: { references: ['30000元'] }, outcome: outcomeOf('共计３万元。'), value: 1 },
  {
    when: 'the unit differs by a factor',
    item: { references: ['1.5 km'] },
    outcome: outcomeOf('It is 1,500 m long.'),
    value: 1,
  },
  { when: 'the unit is of another kind', item: { references: ['30 kg'] }, outcome: outcomeOf('30 m'), value: 0 },
  { when: 'the reference has no unit', item: { references: ['24'] }, outcome: outcomeOf('24 months'), value: 1 },
  { when: 'years are months', item: { references: ['24 months'] }, outcome: outcomeOf('两年'), value: 1 },
  {
    when: 'the last number counts without an announcement',
    item: { references: ['18'] },
    outcome: outcomeOf('9 eggs at $2 make $18'),
    value: 1,
  },
  {
    when: 'the announced number counts',
    item: { references: ['18'] },
    outcome: outcomeOf('The answer is 18, from 9 times 2.'),
    value: 1,
  },
  { when: 'there is none', item: { references: ['18'] }, outcome: outcomeOf('none'), value: 0 },
]);

describeScorer(createNumberScorer({ where: 'anywhere', tolerance: 0.01 }), [
  {
    when: 'any number is near enough',
    item: { references: ['100'] },
    outcome: outcomeOf('About 100.5 of 300'),
    value: 1,
  },
  { when: 'none is', item: { references: ['100'] }, outcome: outcomeOf('About 102 of 300'), value: 0 },
]);

describeScorer(rougeLScorer, [
  {
    when: 'half of the words are in order',
    item: { references: ['police killed the gunman'] },
    outcome: outcomeOf('police kill the gunman'),
    value: 0.75,
  },
  {
    when: 'Chinese is compared by character',
    item: { references: ['今天天气很好'] },
    outcome: outcomeOf('今天天气好'),
    value: 10 / 11,
  },
  { when: 'nothing is shared', item: { references: ['a'] }, outcome: outcomeOf('b'), value: 0 },
]);

describeScorer(setMatch, [
  {
    when: 'the order differs',
    item: { references: ['red, green and blue'] },
    outcome: outcomeOf('- Blue\n- red\n- Green'),
    value: 1,
  },
  { when: 'one of two is missing', item: { references: ['泵、阀门'] }, outcome: outcomeOf('泵'), value: 2 / 3 },
  { when: 'it is a JSON array', item: { references: ['["a1","b2"]'] }, outcome: outcomeOf('b2; a1'), value: 1 },
]);
describeScorer(listMatch, [
  {
    when: 'the order differs',
    item: { references: ['one, two, three'] },
    outcome: outcomeOf('two, one, three'),
    value: 2 / 3,
  },
]);

describeScorer(contains, [
  {
    when: 'the reference stands in the answer',
    item: { references: ['3.5 BAR'] },
    outcome: outcomeOf('It runs at 3.5  bar.'),
    value: 1,
  },
  { when: 'it does not', item: { references: ['4 bar'] }, outcome: outcomeOf('3.5 bar'), value: 0 },
]);

describeScorer(createPatternScorer({ pattern: '^\\d{4}-\\d{2}$' }), [
  { when: 'it matches', outcome: outcomeOf('2026-03'), value: 1 },
  { when: 'it does not', outcome: outcomeOf('March'), value: 0 },
]);
describeScorer(createPatternScorer({ pattern: 'sorry', negate: true, name: 'no-apology' }), [
  { when: 'the pattern occurs', outcome: outcomeOf('Sorry!'), value: 0 },
]);
it('refuses a pattern that is none', () =>
  expect(() => createPatternScorer({ pattern: '(' })).toThrow(/Invalid regular/));

const schema = {
  type: 'object',
  properties: { order: { type: 'string' }, days: { type: 'integer' } },
  required: ['order'],
};
describeScorer(createJsonSchemaScorer(schema), [
  { when: 'it fits, in a code fence', outcome: outcomeOf('```json\n{"order":"SO-1"}\n```'), value: 1 },
  { when: 'a field has the wrong type', outcome: outcomeOf('{"order":"SO-1","days":"three"}'), value: 0 },
  { when: 'it is prose', outcome: outcomeOf('SO-1'), value: 0 },
]);
describeScorer(jsonFields, [
  { when: 'the reference is prose', item: { references: ['x'] }, outcome: outcomeOf('{}'), value: 'none' },
  {
    when: 'one of two fields is right',
    item: { references: ['{"a":1,"b":{"c":"x"}}'] },
    outcome: outcomeOf('{"a":1,"b":{"c":"y"},"d":0}'),
    value: 0.5,
  },
  { when: 'the answer is prose', item: { references: ['{"a":1}'] }, outcome: outcomeOf('a is 1'), value: 0 },
]);
