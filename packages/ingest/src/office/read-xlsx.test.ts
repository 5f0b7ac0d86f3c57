import { describe, expect, it } from 'vitest';
import { describeReader } from '../__fixtures__/describe-reader.ts';
import { makeXlsx } from '../__fixtures__/make-office.ts';
import { readDocument } from '../read-document.ts';
import { xlsxReader } from '../readers/xlsx-reader.ts';
import { storeZip } from '../zip.ts';
import { numberText } from './number-text.ts';

const row = (number: number, cells: string, attributes = '') => `<row r="${number}" ${attributes}>${cells}</row>`;
const text = (reference: string, value: string) => `<c r="${reference}" t="inlineStr"><is><t>${value}</t></is></c>`;
const number = (reference: string, value: number, style = 0) => `<c r="${reference}" s="${style}"><v>${value}</v></c>`;
const sheetData = (...rows: string[]) => `<sheetData>${rows.join('')}</sheetData>`;
const read = (bytes: Uint8Array) => readDocument(bytes, { uri: 'a.xlsx', tenant: 't' });

describeReader(xlsxReader, {
  bytes: makeXlsx([
    {
      name: 'Parts',
      xml: sheetData(row(1, text('A1', 'Part')), row(2, text('A2', 'fixture')), row(3, text('A3', 'pump'))),
    },
  ]),
  bomb: storeZip(new Map([['xl/workbook.xml', Buffer.alloc(2_000_000, 0x20)]])),
});

describe('Excel', () => {
  it('reads tables with spans, shared strings, numbers and dates as they are shown', async () => {
    const xml = `${sheetData(
      row(1, text('A1', 'Prices of spare parts')),
      row(2, `<c r="A2" t="s"><v>0</v></c>${text('B2', 'Price')}${text('D2', 'From')}`),
      row(3, `${text('B3', 'List')}${text('C3', 'Net')}`),
      row(4, `${text('A4', 'Seal')}${number('B4', 12.5, 1)}${number('C4', 0.125, 2)}${number('D4', 46_082, 3)}`),
      row(6, text('A6', 'Prices hold until the next list is sent out.')),
    )}<mergeCells><mergeCell ref="A2:A3"/><mergeCell ref="B2:C2"/><mergeCell ref="D2:D3"/></mergeCells>`;
    const document = await read(makeXlsx([{ name: 'Sheet1', xml }], ['Part'], ['0.00', '0.0%', 'yyyy/m/d;@']));
    expect(document.blocks.map(({ kind }) => kind)).toEqual(['paragraph', 'table', 'paragraph']);
    expect(document.blocks[1]?.table).toEqual({
      headerRows: 2,
      rows: [
        [
          { text: 'Part', rowSpan: 2 },
          { text: 'Price', colSpan: 2 },
          { text: 'From', rowSpan: 2 },
        ],
        [{ text: 'List' }, { text: 'Net' }],
        [{ text: 'Seal' }, { text: '12.50' }, { text: '12.5%' }, { text: '2026-03-01' }],
      ],
    });
  });

  it('parts tables at empty rows and names each sheet', async () => {
    const table = (at: number) =>
      row(at, text(`A${at}`, 'Name') + text(`B${at}`, 'Kilos')) +
      row(at + 1, text(`A${at + 1}`, 'Pump') + number(`B${at + 1}`, 7));
    const document = await read(
      makeXlsx([
        { name: 'North', xml: sheetData(table(1), table(5)) },
        { name: 'South', xml: sheetData(table(1)) },
        { name: 'Old', xml: sheetData(table(1)), state: 'hidden' },
      ]),
    );
    expect(document.blocks.map(({ kind, text: own }) => (kind === 'heading' ? own : kind))).toEqual([
      'North',
      'table',
      'table',
      'South',
      'table',
    ]);
    expect(document.metadata.sheets).toEqual(['North', 'South']);
    expect(document.findings.map(({ code }) => code)).toContain('hidden-left-out');
  });

  it('leaves hidden rows and columns out', async () => {
    const xml = `<cols><col min="2" max="2" hidden="1"/></cols>${sheetData(
      row(1, text('A1', 'Part') + text('B1', 'Cost') + text('C1', 'Price')),
      row(2, text('A2', 'Seal') + text('B2', 'secret') + text('C2', 'nine')),
      row(3, text('A3', 'secret') + text('C3', 'secret'), 'hidden="1"'),
    )}`;
    expect((await read(makeXlsx([{ name: 'P', xml }]))).text).toBe('P\n\nPart | Price\nSeal | nine');
  });
});

describe('numberText', () => {
  it('shows numbers without the locale', () => {
    expect(numberText(1234.5, '#,##0.00 "€"', false)).toBe('1234.50');
    expect(numberText(0.1 + 0.2, '', false)).toBe('0.3');
    expect(numberText(46_082.75, 'dd.mm.yyyy hh:mm', false)).toBe('2026-03-01 18:00');
    expect(numberText(0.5, 'h:mm', false)).toBe('12:00');
    expect(numberText(1.5, '[h]:mm', false)).toBe('36:00');
    expect(numberText(44_620, 'yyyy-mm-dd', true)).toBe('2026-03-01');
    expect(numberText(46_082, '[$-804]yyyy"年"m"月"d"日"', false)).toBe('2026-03-01');
    expect(numberText(-3, '[Red]-0', false)).toBe('-3');
  });
});
