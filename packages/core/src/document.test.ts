import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_SEPARATOR,
  type Block,
  blockSpans,
  columnsAt,
  headingsAt,
  joinBlocks,
  parseDocument,
  placesOf,
} from './document.ts';

describe('blocks and places', () => {
  const blocks: Block[] = [
    { kind: 'heading', level: 1, text: 'Manual' },
    { kind: 'heading', level: 2, text: 'Care' },
    { kind: 'paragraph', text: 'Clean it.' },
    { kind: 'heading', level: 2, text: 'Parts' },
    { kind: 'paragraph', text: 'Seal.' },
  ];

  it('gives each block the offsets of its text in the canonical text', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (texts) => {
        const made = texts.map((text): Block => ({ kind: 'paragraph', text }));
        const text = joinBlocks(made);
        expect(blockSpans(made).map(({ start, end }) => text.slice(start, end))).toEqual(texts);
        expect(text.length).toBe(
          texts.reduce((sum, { length }) => sum + length, 0) + BLOCK_SEPARATOR.length * Math.max(0, texts.length - 1),
        );
      }),
    );
  });

  it('names the headings that hold at an offset, a heading its own path', () => {
    const at = (text: string) => headingsAt({ blocks }, joinBlocks(blocks).indexOf(text));
    expect(at('Clean')).toEqual(['Manual', 'Care']);
    expect(at('Parts')).toEqual(['Manual', 'Parts']);
    expect(at('Seal')).toEqual(['Manual', 'Parts']);
    expect(headingsAt({ blocks: [] }, 0)).toEqual([]);
  });

  it('gives the places that a span touches, once each, its end not included', () => {
    const place = (page: number) => ({ page, box: [0, 0, 10, 10] as [number, number, number, number] });
    const places = [
      { start: 0, end: 10, place: place(1) },
      { start: 10, end: 20, place: place(2) },
      { start: 12, end: 20, place: place(2) },
    ];
    expect(placesOf({ places }, 0, 10).map(({ page }) => page)).toEqual([1]);
    expect(placesOf({ places }, 9, 13).map(({ page }) => page)).toEqual([1, 2]);
    expect(placesOf({ places }, 20, 30)).toEqual([]);
  });

  it('says what to do with a stored document that is none', () => {
    expect(() => parseDocument({ id: 1 }, 'a.json')).toThrow(
      expect.objectContaining({ code: 'STORE_DAMAGED', message: expect.stringContaining('a.json') }),
    );
  });
});

it('names the columns of a table row, and of nothing else', () => {
  const rows = [
    ['Part', 'Price'],
    ['Seal', '4'],
    ['Ring', '2'],
  ].map((row) => row.map((text) => ({ text })));
  const text = 'Part | Price\nSeal | 4\nRing | 2';
  const blocks: Block[] = [
    { kind: 'paragraph', text: 'Prices.' },
    { kind: 'table', text, table: { rows, headerRows: 1 } },
    { kind: 'table', text, table: { rows, headerRows: 0 } },
  ];
  const whole = joinBlocks(blocks);
  const at = (words: string) => columnsAt({ blocks }, whole.indexOf(words));
  expect(at('Seal')).toBe('Part | Price');
  expect(at('Ring')).toBe('Part | Price');
  expect([at('Prices'), at('Part'), columnsAt({ blocks }, whole.lastIndexOf('Seal'))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
