/** From a document's blocks to a citation that holds: run with `node --conditions=@fieldkit/source packages/core/examples/check-a-quote.ts`. */
import assert from 'node:assert/strict';
import {
  type Block,
  citationMarks,
  findQuote,
  headingsAt,
  joinBlocks,
  numbersMissingFrom,
  tableText,
} from '@fieldkit/core';

const table = {
  rows: [
    [{ text: 'Part' }, { text: 'Torque' }],
    [{ text: 'M12 bolt' }, { text: '25 Nm' }],
  ],
  headerRows: 1,
};
const blocks: Block[] = [
  { kind: 'heading', level: 1, text: 'Pump XP-200' },
  { kind: 'heading', level: 2, text: 'Torques' },
  { kind: 'table', text: tableText(table), table },
];
const text = joinBlocks(blocks);

// A model answered with a quote. Width, quotation marks and white space may differ; words and numbers may not.
const answer = 'The bolt takes 25 Nm [1: "M12 bolt | ２５ Nm"].';
const [mark] = citationMarks(answer);
const span = findQuote(text, mark?.quote ?? '');

assert.ok(span, 'the quote stands in the document');
assert.equal(text.slice(span.start, span.end), 'M12 bolt | 25 Nm');
assert.deepEqual(headingsAt({ blocks }, span.start), ['Pump XP-200', 'Torques']);
assert.equal(findQuote(text, 'M12 bolt | 26 Nm'), undefined);
assert.deepEqual(numbersMissingFrom('The bolt takes 26 Nm', text), ['26']);
console.log(`"${text.slice(span.start, span.end)}" stands under ${headingsAt({ blocks }, span.start).join(' › ')}`);
