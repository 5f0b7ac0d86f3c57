import { expect, it } from 'vitest';
import { describeScorer } from '../testing/describe-scorer.ts';
import { outcomeOf, passageCitation } from '../testing/values.ts';
import { goldPlace, goldPlaceFirst, goldQuote, matchPlace } from './gold-place.ts';

const document = 'knowledge/warranty.docx';
const quote = 'The warranty lasts 24 months from the day of delivery.';
const elsewhere = passageCitation('Spare parts are sold separately.', { start: 900, end: 932 });
const place = { document, quote, headings: ['Warranty', 'Duration'] };
const answerWith = (...citations: ReturnType<typeof passageCitation>[]) => outcomeOf('24 months [1]', { citations });

describeScorer(goldPlace, [
  { when: 'there is no gold place', outcome: answerWith(passageCitation(quote)), value: 'none' },
  {
    when: 'the case has no answer',
    item: { gold: [place], expect: 'insufficient' },
    outcome: answerWith(),
    value: 'none',
  },
  { when: 'nothing is cited', item: { gold: [place] }, outcome: answerWith(), value: 0 },
  {
    when: 'a part of the gold words is quoted in another width and spacing',
    item: { gold: [place] },
    outcome: answerWith(passageCitation('warranty  lasts ２４ months')),
    value: 1,
  },
  {
    when: 'the same words stand in another document',
    item: { gold: [place] },
    outcome: answerWith(passageCitation(quote, { uri: 'knowledge/other.docx' })),
    value: 0,
  },
  {
    when: 'the quote stands under the gold heading, which is numbered there',
    item: { gold: [place] },
    outcome: answerWith(
      passageCitation('It is not extended by repairs.', { headings: ['2 Warranty', '2.1 Duration'] }),
    ),
    value: 1,
  },
  {
    when: 'the quote stands on the gold page',
    item: { gold: [{ ...place, page: 4 }] },
    outcome: answerWith({
      ...elsewhere,
      source: { ...passageCitation('').source, places: [{ page: 4, box: [0, 0, 1, 1] }] } as typeof elsewhere.source,
    }),
    value: 1,
  },
  {
    when: 'an alternative place is cited',
    item: { gold: [{ ...place, alternatives: [{ document: 'knowledge/faq.txt', quote: '24 months' }] }] },
    outcome: answerWith(passageCitation('Two years (24 months).', { uri: 'knowledge/faq.txt' })),
    value: 1,
  },
  {
    when: 'one of two needed places is cited',
    item: { gold: [place, { document: 'knowledge/faq.txt', quote: 'Return it in its box.' }] },
    outcome: answerWith(passageCitation(quote)),
    value: 0.5,
  },
  {
    when: 'only the fourth citation hits',
    item: { gold: [place] },
    outcome: answerWith(elsewhere, elsewhere, elsewhere, passageCitation(quote)),
    value: 0,
  },
]);

describeScorer(goldPlaceFirst, [
  {
    when: 'the second citation hits',
    item: { gold: [place] },
    outcome: answerWith(elsewhere, passageCitation(quote)),
    value: 0,
  },
  {
    when: 'the first citation hits',
    item: { gold: [place] },
    outcome: answerWith(passageCitation(quote), elsewhere),
    value: 1,
  },
]);

describeScorer(goldQuote, [
  {
    when: 'the heading is right and the words are not',
    item: { gold: [place] },
    outcome: answerWith(passageCitation('It is not extended.', { headings: ['Warranty', 'Duration'] })),
    value: 0,
  },
]);

it('sees an overlap of spans in the document, where neither text contains the other', async () => {
  const text = `Intro. ${quote} Repairs do not extend it.`;
  const start = text.indexOf('delivery');
  const citation = passageCitation(text.slice(start, start + 20), { start, end: start + 20 });
  expect(await matchPlace({ document, quote }, citation, { documentText: () => text })).toBe('quote');
  const after = text.indexOf('Repairs');
  const beyond = passageCitation('Repairs do not', { start: after, end: after + 14 });
  expect(await matchPlace({ document, quote }, beyond, { documentText: () => text })).toBeUndefined();
});

it('treats Windows separators and Unicode forms of a path as the same document', async () => {
  const citation = passageCitation(quote, { uri: 'knowledge/warranty.docx' });
  expect(await matchPlace({ document: 'knowledge\\warranty.docx', quote }, citation)).toBe('quote');
});
