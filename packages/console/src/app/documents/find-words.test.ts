import type { Place } from '@fieldkit/core';
import { expect, it } from 'vitest';
import { findWords, type TextPiece } from './find-words.ts';
import { markBoxes } from './mark-boxes.ts';

/** Pieces of a page, 10 points high and 5 points wide per character, at given places. */
function drawn(...parts: readonly (readonly [text: string, x: number, y: number, page?: number])[]): TextPiece[] {
  return parts.map(([text, x, y, page = 1]) => ({
    page,
    text,
    box: [x, y, x + 5 * text.length, y + 10],
    font: 'serif',
  }));
}

const everywhere = (page = 1): Place => ({ page, box: [0, 0, 600, 800] });
const said = (pieces: readonly TextPiece[], places: readonly Place[], quote: string) =>
  findWords(pieces, places, quote).map(({ piece, start, end }) => pieces[piece]?.text.slice(start, end));
const measure = (text: string) => text.length;

it('finds a quote over several lines, whatever happens to blanks, hyphens, quotation marks and width', () => {
  const pieces = drawn(['It says “stop at', 50, 100], ['once” after main-', 50, 112], ['tenance, ２ bar.', 50, 124]);
  expect(said(pieces, [everywhere()], 'stop at once" after maintenance, 2 bar')).toEqual([
    'stop at',
    'once” after main',
    'tenance, ２ bar',
  ]);
});

it('looks only where the document says that the words stand', () => {
  const pieces = drawn(['Change the oil.', 50, 100], ['Change the oil.', 50, 300]);
  const [found] = findWords(pieces, [{ page: 1, box: [40, 295, 300, 315] }], 'Change the oil');
  expect(found).toEqual({ piece: 1, start: 0, end: 14 });
});

it('follows a sentence from one page to the next, and passes over the running heads between them', () => {
  const pieces = drawn(['The seal lasts', 50, 700], ['page 1', 300, 780], ['two years.', 50, 60, 2]);
  const places: Place[] = [
    { page: 1, box: [40, 695, 300, 715] },
    { page: 2, box: [40, 55, 300, 75] },
  ];
  expect(said(pieces, places, 'The seal lasts two years')).toEqual(['The seal lasts', 'two years']);
});

it('reads line by line what was drawn in another order, and finds the cells of a table one by one', () => {
  const columns = drawn(['Pump', 50, 100], ['Seal', 50, 120], ['XP 40', 150, 100], ['TS 21', 150, 120]);
  expect(said(columns, [everywhere()], 'Pump | XP 40\nSeal | TS 21').sort()).toEqual([
    'Pump',
    'Seal',
    'TS 21',
    'XP 40',
  ]);
  expect(said(columns, [everywhere()], 'Seal | 12 bar | TS 21')).toEqual(['Seal', 'TS 21']);
});

it('finds nothing on a page without the words', () => {
  expect(findWords(drawn(['', 0, 0], ['Other words', 50, 100]), [everywhere()], 'Change the oil')).toEqual([]);
});

it('marks the share of a line that the words take, and one box per line', () => {
  const pieces = drawn(['Change the ', 50, 100], ['oil', 105, 100], [' now', 120, 100], ['or later', 50, 114]);
  const found = findWords(pieces, [everywhere()], 'the oil now or');
  expect(markBoxes(pieces, found, measure)).toEqual([
    { page: 1, box: [85, 100, 140, 110] },
    { page: 1, box: [50, 114, 60, 124] },
  ]);
});

it('marks text that runs from bottom to top as a whole', () => {
  const [piece] = drawn(['Warning', 20, 100]);
  if (piece === undefined) throw new Error('no piece');
  const upright = { ...piece, box: [20, 100, 30, 135] as [number, number, number, number] };
  const found = findWords([upright], [everywhere()], 'arning');
  expect(markBoxes([upright], found, measure)).toEqual([{ page: 1, box: [20, 100, 30, 135] }]);
});
