import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCsv } from './parse-csv.ts';
import { tableTool } from './table-tool.ts';

const context = { caller: { tenant: 't', subject: 's', groups: [] }, callId: 'c' };
const bytes = (text: string) => new TextEncoder().encode(text);
/** "部件,价格\n密封圈,4.20" in GB18030. */
const GB18030 = Uint8Array.from([
  0xb2, 0xbf, 0xbc, 0xfe, 0x2c, 0xbc, 0xdb, 0xb8, 0xf1, 0x0a, 0xc3, 0xdc, 0xb7, 0xe2, 0xc8, 0xa6, 0x2c, 0x34, 0x2e,
  0x32, 0x30,
]);

describe('parseCsv', () => {
  it('reads quotes, line breaks in cells, CRLF, a byte order mark, semicolons and tabs', () => {
    expect(parseCsv(bytes('\ufeffpart,price\r\n"Seal, ""big""\nred",4.20\r\n\r\nPump,\r\n'))).toEqual({
      columns: ['part', 'price'],
      rows: [
        ['Seal, "big"\nred', '4.20'],
        ['Pump', ''],
      ],
    });
    expect(parseCsv(bytes('a;b\n1,5;2')).rows).toEqual([['1,5', '2']]);
    expect(parseCsv(bytes('a\tb\n1\t2')).rows).toEqual([['1', '2']]);
    expect(parseCsv(GB18030)).toEqual({ columns: ['部件', '价格'], rows: [['密封圈', '4.20']] });
  });

  it('fills short rows and refuses what it would have to guess', () => {
    expect(parseCsv(bytes('a,b\n1')).rows).toEqual([['1', '']]);
    for (const [text, code] of [
      ['', 'FILE_EMPTY'],
      ['\n,\n', 'FILE_EMPTY'],
      ['a,b\n1,2,3', 'FILE_DAMAGED'],
      ['a,a\n', 'FILE_DAMAGED'],
      ['a,,b\n1,2,3', 'FILE_DAMAGED'],
      ['a\n"x', 'FILE_DAMAGED'],
    ] as const) {
      expect(() => parseCsv(bytes(text)), text).toThrow(expect.objectContaining({ code }));
    }
  });

  it('reads back whatever cells were written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ';', '中', ' ', '\t') });
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (rows) => {
        const text = [['x', 'y'], ...rows].map((row) => row.map(quoted).join(',')).join('\n');
        expect(parseCsv(bytes(text)).rows).toEqual(rows.filter((row) => row.some((item) => item !== '')));
      }),
    );
  });
});

describe('tableTool', () => {
  const table = {
    columns: ['part', 'site', 'price'],
    rows: [
      ['Seal', 'North', '4.20'],
      ['Seal', 'South', '4.50'],
      ['Ｐump', 'North', '99'],
    ],
  };
  const options = { table, name: 'lookup_part', description: 'Looks up parts.', by: ['part', 'site'] };

  it('finds rows by one column or several, without regard to width and case', async () => {
    const tool = await tableTool(options);
    expect(await tool.run({ part: ' seal ', site: 'SOUTH' }, context)).toMatchObject({
      data: { rows: [{ part: 'Seal', site: 'South', price: '4.50' }], more: 0 },
    });
    expect(await tool.run({ part: 'PUMP' }, context)).toMatchObject({ data: { rows: [{ price: '99' }] } });
    expect(await tool.run({ part: 'Sea' }, context)).toMatchObject({ data: { rows: [] } });
  });

  it('returns the columns and rows it may, and says what it left out', async () => {
    const tool = await tableTool({ ...options, columns: ['price'], maxRows: 1 });
    expect(await tool.run({ part: 'Seal' }, context)).toMatchObject({
      data: { rows: [{ price: '4.20' }], more: 1 },
      text: 'rows[0].price: 4.20\nmore: 1',
    });
  });

  it('refuses questions without or with unknown columns', async () => {
    const tool = await tableTool(options);
    for (const input of [{}, { price: '4.20' }, { part: '' }, { part: 1 }])
      await expect(tool.run(input, context)).rejects.toMatchObject({ code: 'TOOL_INVALID_INPUT' });
    await expect(tableTool({ ...options, by: ['parts'] })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('did you mean part'),
    });
    await expect(tableTool({ ...options, table: '/no/such.csv' })).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
