import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BLOCK_SEPARATOR,
  type Block,
  blockSpans,
  headingsAt,
  joinBlocks,
  parseDocument,
  placesOf,
  type Table,
  tableText,
} from './document.ts';

const cell = (text: string, spans: { rowSpan?: number; colSpan?: number } = {}) => ({ text, ...spans });
const table = (...rows: Table['rows']): Table => ({ rows, headerRows: 0 });

describe('tableText', () => {
  it('writes one line per row with cells joined', () => {
    expect(tableText(table([cell('Part'), cell('Price')], [cell('Seal'), cell('4.20')]))).toBe(
      'Part | Price\nSeal | 4.20',
    );
  });

  it('repeats a cell in each row that it spans, at its column', () => {
    const text = tableText(
      table(
        [cell('Pump', { rowSpan: 3 }), cell('inlet'), cell('bar', { rowSpan: 2 })],
        [cell('outlet')],
        [cell('drain'), cell('none')],
      ),
    );
    expect(text).toBe('Pump | inlet | bar\nPump | outlet | bar\nPump | drain | none');
  });

  it('says a cell that spans columns once, and counts its columns for what comes below', () => {
    const text = tableText(table([cell('A', { colSpan: 2 }), cell('B', { rowSpan: 2 })], [cell('1'), cell('2')]));
    expect(text).toBe('A | B\n1 | 2 | B');
  });

  it('repeats a cell that spans both ways once per row', () => {
    expect(tableText(table([cell('X', { rowSpan: 2, colSpan: 2 }), cell('1')], [cell('2')]))).toBe('X | 1\nX | 2');
  });

  it('keeps each cell on its line', () => {
    expect(tableText(table([cell(' a\n b '), cell('')]))).toBe('a b | ');
    expect(tableText(table())).toBe('');
  });

  it('gives as many lines as rows, and every cell in its row and in those it spans', () => {
    const word = fc.stringMatching(/^[a-z]{1,6}$/);
    const grid = fc.array(
      fc.array(fc.record({ text: word, rowSpan: fc.integer({ min: 1, max: 3 }) }), { minLength: 1, maxLength: 4 }),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(grid, (rows) => {
        const lines = tableText({ rows, headerRows: 0 }).split('\n');
        expect(lines).toHaveLength(rows.length);
        for (const [index, row] of rows.entries()) {
          for (const { text } of row) expect(lines[index]?.split(' | ')).toContain(text);
        }
        const first = rows[0]?.[0];
        if (first === undefined) return;
        for (let row = 0; row < Math.min(first.rowSpan, rows.length); row += 1)
          expect(lines[row]?.split(' | ')[0]).toBe(first.text);
      }),
    );
  });
});

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
