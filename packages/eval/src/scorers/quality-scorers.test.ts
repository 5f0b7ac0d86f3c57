import { expect, it } from 'vitest';
import { describeScorer } from '../testing/describe-scorer.ts';
import { outcomeOf, passageCitation } from '../testing/values.ts';
import { citationCoverage, citationPrecision, citationRecall } from './citation-quality.ts';
import { createFormatScorer } from './format-rules.ts';
import { claimsOf, groundedness } from './groundedness.ts';
import { integrity } from './integrity.ts';
import { createCostScorer, createLatencyScorer } from './limits.ts';
import { personalData, personalDataIn } from './personal-data.ts';
import { toolCalls, toolCallsStrict } from './tool-calls.ts';

const order = {
  name: 'get_order',
  arguments: { id: 'SO-1', fields: { anyOf: [['status'], ['all']], optional: true } },
};
const called = (...calls: { name: string; arguments: Record<string, unknown> }[]) =>
  outcomeOf('x', { outcome: { toolCalls: calls } });

describeScorer(toolCalls, [
  { when: 'no call is expected', outcome: called(), value: 'none' },
  { when: 'the target shows no calls', item: { tools: [order] }, outcome: outcomeOf('x'), value: 'unavailable' },
  {
    when: 'the call is made, case and dashes aside, with an optional argument left out',
    item: { tools: [order] },
    outcome: called({ name: 'search', arguments: {} }, { name: 'get_order', arguments: { id: 'so1' } }),
    value: 1,
  },
  {
    when: 'an optional argument has a value nobody accepts',
    item: { tools: [order] },
    outcome: called({ name: 'get_order', arguments: { id: 'SO-1', fields: ['price'] } }),
    value: 0,
  },
  {
    when: 'an argument is too many',
    item: { tools: [order] },
    outcome: called({ name: 'get_order', arguments: { id: 'SO-1', force: true } }),
    value: 0,
  },
  {
    when: 'parallel calls come in another order, one wrong',
    item: {
      tools: [
        { name: 'f', arguments: { a: 1 } },
        { name: 'f', arguments: { a: 2 } },
      ],
    },
    outcome: called({ name: 'f', arguments: { a: 2 } }, { name: 'f', arguments: { a: 3 } }),
    value: 0.5,
  },
]);
describeScorer(toolCallsStrict, [
  { when: 'nothing should be called and something is', outcome: called({ name: 'f', arguments: {} }), value: 0 },
  { when: 'nothing should be called and nothing is', outcome: called(), value: 1 },
  {
    when: 'one call is too many',
    item: { tools: [{ name: 'f' }] },
    outcome: called({ name: 'f', arguments: {} }, { name: 'f', arguments: {} }),
    value: 0.5,
  },
]);

const gold = [
  { document: 'knowledge/warranty.docx', quote: '24 months' },
  { document: 'knowledge/faq.txt', quote: 'in its box' },
];
const right = passageCitation('24 months');
const wrong = passageCitation('blue', { uri: 'knowledge/other.txt' });
describeScorer(citationPrecision, [
  {
    when: 'two of three citations are noise',
    item: { gold },
    outcome: outcomeOf('x', { citations: [wrong, wrong, right] }),
    value: 1 / 3,
  },
]);
describeScorer(citationRecall, [
  {
    when: 'one of two places is cited, late',
    item: { gold },
    outcome: outcomeOf('x', { citations: [wrong, wrong, wrong, right] }),
    value: 0.5,
  },
  { when: 'nothing is cited', item: { gold }, outcome: outcomeOf('x'), value: 0 },
]);
describeScorer(citationCoverage, [
  { when: 'one of two sentences is cited', outcome: outcomeOf('It lasts 24 months. [1] It is blue.'), value: 0.5 },
  { when: 'Chinese sentences are cited', outcome: outcomeOf('保修期二十四个月[1]。从交货日起算[2]。'), value: 1 },
  { when: 'it was not answered', outcome: outcomeOf('', { status: 'insufficient' }), value: 'none' },
]);

describeScorer(integrity, [
  { when: 'it is complete', outcome: outcomeOf('The pump runs at 3.5 bar [1].'), value: 1 },
  { when: 'it is empty', outcome: outcomeOf(' '), value: 0 },
  { when: 'it was cut at the limit', outcome: outcomeOf('The pump', { outcome: { finish: 'length' } }), value: 0 },
  { when: 'a bracket stays open', outcome: outcomeOf('The pump (see page'), value: 0 },
  { when: 'thinking leaked', outcome: outcomeOf('<think>hm</think> 3.5 bar.'), value: 0 },
  { when: 'it loops', outcome: outcomeOf('It is the pump. It is the pump. It is the pump.'), value: 0 },
  {
    when: 'holding back needs no words',
    item: { expect: 'insufficient' },
    outcome: outcomeOf('', { status: 'insufficient' }),
    value: 'none',
  },
]);

describeScorer(createFormatScorer({ maxSentences: 1, maxCharacters: 40, markdown: false, mustContain: ['bar'] }), [
  { when: 'all rules are kept', outcome: outcomeOf('The pump runs at 3.5 bar [1].'), value: 1 },
  {
    when: 'it is too long and has a list',
    outcome: outcomeOf('- one bar.\n- two bar. And three. And four. And five.'),
    value: 0,
  },
]);

describeScorer(createLatencyScorer(10), [
  { when: 'it was quick', outcome: outcomeOf('x'), value: 1 },
  { when: 'it was slow', outcome: outcomeOf('x', { outcome: { durationMs: 11 } }), value: 0 },
]);
describeScorer(createCostScorer(1000, 'CNY'), [
  { when: 'no cost is known', outcome: outcomeOf('x'), value: 'unavailable' },
  {
    when: 'it cost too much',
    outcome: outcomeOf('x', { outcome: { cost: { microUnits: 1001, currency: 'CNY' } } }),
    value: 0,
  },
]);

it.each([
  ['mail to li.wei@example.com', ['email']],
  ['身份证 11010519491231002X', ['cn-id']],
  ['serial 110105194912310021', []],
  ['card 4111 1111 1111 1111', ['card']],
  ['order 4111 1111 1111 1112', []],
  ['电话 138 0013 8000 或 010-62345678', ['phone', 'phone']],
  ['IBAN DE89 3704 0044 0532 0130 00', ['iban']],
  ['part 0410-2207-118, 2026-03-01, 3.5.10', []],
])('finds personal data in %j', (text, kinds) => expect(personalDataIn(text).map(({ kind }) => kind)).toEqual(kinds));

describeScorer(personalData, [
  {
    when: 'the question gave it',
    item: { question: 'Is a@b.example registered?' },
    outcome: outcomeOf('Yes, a@b.example is.'),
    value: 1,
  },
  { when: 'it is new', outcome: outcomeOf('Ask a@b.example.'), value: 0 },
]);

it('finds what can be looked up', () => {
  expect(
    claimsOf('Since 1 March 2026 the Blue Ridge pump of Acme runs at 1,200 rpm.').map(
      ({ kind, text }) => `${kind} ${text}`,
    ),
  ).toEqual(['date 2026-03-01', 'number 1200', 'name Blue Ridge', 'name Acme']);
});

const contexts = ['The Acme pump was changed on 2026-03-01. It runs at 1200 rpm.'];
describeScorer(groundedness, [
  { when: 'there is no evidence', outcome: outcomeOf('It has 3 parts.'), value: 'unavailable' },
  {
    when: 'all stands in the evidence',
    outcome: outcomeOf('Since 1 March 2026 it runs at 1,200 rpm.', { outcome: { contexts } }),
    value: 1,
  },
  {
    when: 'a number is new',
    outcome: outcomeOf('It runs at 1,300 rpm since 1 March 2026.', { outcome: { contexts } }),
    value: 0.5,
  },
  { when: 'nothing can be looked up', outcome: outcomeOf('It runs fast.', { outcome: { contexts } }), value: 1 },
]);
