import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Table } from './document.ts';
import { placeCells, tableText } from './table-cells.ts';

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

  it('gives as many lines as rows, and every cell in its row and in those it spans, where placeCells says', () => {
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
        const text = tableText({ rows, headerRows: 0 });
        const placed = placeCells({ rows, headerRows: 0 });
        for (const { start, end, text: said } of placed) expect(text.slice(start, end)).toBe(said);
        for (const { row, index, text: said } of placed) expect(rows[row]?.[index]?.text).toBe(said);
        const lines = text.split('\n');
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
