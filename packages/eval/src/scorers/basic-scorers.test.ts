import { describeScorer } from '../testing/describe-scorer.ts';
import { outcomeOf, passageCitation } from '../testing/values.ts';
import { forbidden } from './forbidden.ts';
import { language } from './language.ts';
import { quotesVerbatim } from './quotes-verbatim.ts';
import { referenceOverlap, referenceRecall } from './reference-overlap.ts';
import { refusal } from './refusal.ts';

describeScorer(referenceOverlap, [
  { when: 'there is no reference', outcome: outcomeOf('24 months'), value: 'none' },
  {
    when: 'the words are the same but for stopwords and endings',
    item: { references: ['the warranty lasts'] },
    outcome: outcomeOf('Warranties last [1].'),
    value: 1,
  },
  {
    when: 'the better of two references matches half',
    item: { references: ['blue', '24 months'] },
    outcome: outcomeOf('24 weeks [1: "24 weeks"]'),
    value: 0.5,
  },
  {
    when: 'Chinese words are shared',
    item: { references: ['保修期二十四个月'] },
    outcome: outcomeOf('保修期二十四个月。[1]'),
    value: 1,
  },
  { when: 'nothing is shared', item: { references: ['blue'] }, outcome: outcomeOf('red'), value: 0 },
]);

describeScorer(referenceRecall, [
  {
    when: 'the answer says more',
    item: { references: ['24 months'] },
    outcome: outcomeOf('The warranty lasts 24 months, from delivery.'),
    value: 1,
  },
]);

describeScorer(refusal, [
  { when: 'an answerable question is answered', outcome: outcomeOf('x'), value: 1 },
  { when: 'an answerable question is not answered', outcome: outcomeOf('', { status: 'insufficient' }), value: 0 },
  { when: 'an unanswerable question is answered', item: { expect: 'insufficient' }, outcome: outcomeOf('x'), value: 0 },
  {
    when: 'a question outside the scope is refused',
    item: { expect: 'insufficient', kind: 'out-of-scope' },
    outcome: outcomeOf('', { status: 'refused' }),
    value: 1,
  },
  {
    when: 'a question inside the scope is refused',
    item: { expect: 'insufficient', kind: 'not-answerable' },
    outcome: outcomeOf('', { status: 'refused' }),
    value: 0,
  },
]);

describeScorer(forbidden, [
  { when: 'nothing is forbidden', outcome: outcomeOf('x'), value: 'none' },
  {
    when: 'the string appears in another case and width',
    item: { forbidden: ['code 99'] },
    outcome: outcomeOf('Use CODE ９９.'),
    value: 0,
  },
  { when: 'it does not appear', item: { forbidden: ['code 99'] }, outcome: outcomeOf('No.'), value: 1 },
]);

const text = 'Intro.\n\nThe pump runs at 3.5 bar.';
const documentText = () => text;
const verbatim = passageCitation('runs at 3.5 bar', { start: 17, end: 32 });
const record = {
  marker: 2,
  quote: 'status: shipped',
  source: { kind: 'record' as const, tool: 'get_order', callId: 's1', title: 'Order', path: 'status' },
};
const step = {
  id: 's1',
  attempt: 1,
  name: 'get_order',
  kind: 'tool' as const,
  input: {},
  output: { text: 'id: SO-1\nstatus: shipped' },
  startedAt: '',
  durationMs: 1,
};
const run = {
  id: 'r',
  kind: 'answer' as const,
  caller: { tenant: 't', subject: 's', groups: [] },
  startedAt: '',
  durationMs: 1,
  input: {},
  output: {},
  steps: [step],
  usage: { inputTokens: 0, outputTokens: 0, calls: 0 },
};

describeScorer(quotesVerbatim, [
  { when: 'nothing is cited', outcome: outcomeOf('x'), value: 'none' },
  {
    when: 'the quote stands there',
    outcome: outcomeOf('x', { citations: [verbatim] }),
    context: { documentText },
    value: 1,
  },
  {
    when: 'one of two quotes stands at other offsets',
    outcome: outcomeOf('x', {
      citations: [
        verbatim,
        { ...verbatim, source: { ...verbatim.source, start: 0, end: 6 } as typeof verbatim.source },
      ],
    }),
    context: { documentText },
    value: 0.5,
  },
  {
    when: 'the document is gone',
    outcome: outcomeOf('x', { citations: [verbatim] }),
    context: { documentText: () => undefined },
    value: 0,
  },
  { when: 'documents cannot be looked up', outcome: outcomeOf('x', { citations: [verbatim] }), value: 'unavailable' },
  { when: 'a record is quoted', outcome: outcomeOf('x', { citations: [record], outcome: { run } }), value: 1 },
  {
    when: 'a record is misquoted',
    outcome: outcomeOf('x', { citations: [{ ...record, quote: 'status: lost' }], outcome: { run } }),
    value: 0,
  },
  { when: 'the trace is missing', outcome: outcomeOf('x', { citations: [record] }), value: 'unavailable' },
]);

describeScorer(language, [
  {
    when: 'both are Chinese',
    item: { question: '保修多久？' },
    outcome: outcomeOf('保修二十四个月 [1: "The warranty lasts 24 months from delivery"]'),
    value: 1,
  },
  {
    when: 'the answer is English',
    item: { question: '保修多久？' },
    outcome: outcomeOf('Twenty-four months'),
    value: 0,
  },
  { when: 'the answer has no letters', outcome: outcomeOf('24'), value: 'none' },
]);
