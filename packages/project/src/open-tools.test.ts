import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '@fieldkit/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import writeExcelFile from 'write-excel-file/node';
import { secret } from './config-values.ts';
import { sqlView, tableFile } from './define-project.ts';
import { parseProjectConfig } from './load-project-config.ts';
import { openToolEntry } from './open-tools.ts';

const root = mkdtempSync(join(tmpdir(), 'fieldkit-tools-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const context = { caller: { tenant: 'acme', subject: 'lee', groups: [] }, callId: 'c' };
const table = { name: 'find_pilot', description: 'Pilots on duty.', by: ['day'] };

beforeAll(async () => {
  const cells = (...row: (string | number)[]) => row.map((value) => ({ value }));
  const pilots = [
    [{ value: 'Duty roster', columnSpan: 3 }, null, null],
    cells('day', 'pilot', 'berth'),
    cells('Monday', 'Ito', 4),
    [],
    [{ value: 'Tuesday', rowSpan: 2 }, { value: 'Okafor' }, { value: 12.5, format: '0.00' }],
    [null, { value: 'Berg' }, null],
    [{ value: 'a day of which nothing else is known' }],
  ];
  const reserve = [cells('day', 'pilot'), cells('Monday', 'Sand')];
  const sheets = [
    { data: pilots, sheet: 'Duty' },
    { data: reserve, sheet: 'Reserve' },
  ];
  await writeExcelFile(sheets).toFile(join(root, 'pilots.xlsx'));
  await writeExcelFile([cells('day', 'day'), cells('a', 'b')]).toFile(join(root, 'twice.xlsx'));
  writeFileSync(join(root, 'pilots.tsv'), 'day\tpilot, mate, cook\nMonday\tIto, Berg, Lee\n');
  writeFileSync(join(root, 'text.xlsx'), 'day,pilot\nMonday,Ito\n');
  writeFileSync(join(root, 'old.xls'), 'x');
});

async function open(spec: unknown, environment = {}, onFinding?: (finding: Finding) => void) {
  const [entry] = parseProjectConfig({ name: 'acme', tools: [spec] }, 'fieldkit.config.ts').tools;
  if (entry === undefined) throw new Error('no entry');
  const opened = await openToolEntry(entry, {
    root,
    environment,
    retriever: () => Promise.reject(new Error('not needed')),
    closeLater: (value) => value,
    ...(onFinding === undefined ? {} : { onFinding }),
  });
  const [tool] = 'tools' in opened ? opened.tools : [];
  if (tool === undefined) throw new Error('no tool');
  return tool;
}

it('asks the rows of a workbook: its first sheet or a named one, past titles, gaps and merged cells', async () => {
  const first = await open(tableFile({ ...table, file: 'pilots.xlsx' }));
  const rows = async (tool: typeof first, day: string) => (await tool.run({ day }, context)).data;
  expect(await rows(first, 'monday')).toEqual({ rows: [{ day: 'Monday', pilot: 'Ito', berth: '4' }], more: 0 });
  expect(await rows(first, 'Tuesday')).toMatchObject({
    rows: [
      { day: 'Tuesday', pilot: 'Okafor', berth: '12.50' },
      { day: 'Tuesday', pilot: 'Berg', berth: '' },
    ],
  });
  expect(await rows(first, 'a day of which nothing else is known')).toMatchObject({ rows: [{ pilot: '' }] });
  const named = await open(tableFile({ ...table, file: 'pilots.xlsx', sheet: 'Reserve' }));
  expect(await rows(named, 'Monday')).toEqual({ rows: [{ day: 'Monday', pilot: 'Sand' }], more: 0 });
});

it('reads tab separated values by their tabs', async () => {
  const tool = await open(tableFile({ ...table, file: 'pilots.tsv' }));
  expect((await tool.run({ day: 'Monday' }, context)).data).toMatchObject({
    rows: [{ day: 'Monday', 'pilot, mate, cook': 'Ito, Berg, Lee' }],
  });
});

it.each([
  [{ file: 'pilots.xlsx', sheet: 'Reserv' }, 'INVALID_CONFIG', 'did you mean Reserve?'],
  [{ file: 'pilots.tsv', sheet: 'Reserve' }, 'INVALID_CONFIG', 'has no sheets'],
  [{ file: 'old.xls' }, 'INVALID_CONFIG', 'save it as XLSX or CSV'],
  [{ file: 'none.xlsx' }, 'INVALID_CONFIG', 'none.xlsx'],
  [{ file: 'text.xlsx' }, 'FILE_DAMAGED', 'text.xlsx'],
  [{ file: 'twice.xlsx' }, 'FILE_DAMAGED', 'column 2 has no name of its own'],
])('refuses %j', async (source, code, message) => {
  await expect(open(tableFile({ ...table, ...source }))).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

it('chooses the database by its address, and does not show it', async () => {
  const view = { name: 'find_ship', description: 'Ships.', view: 'ships', by: ['call_sign'] };
  const connectionString = secret('SHIPS');
  const failure = (engine: object, address: string) =>
    open(sqlView({ ...view, database: { ...engine, connectionString } }), { SHIPS: address }).catch(
      (error: unknown) => error,
    );
  for (const scheme of ['mysql', 'postgresql'])
    expect(await failure({}, `${scheme}://a:hidden@127.0.0.1:9/x`)).toMatchObject({ code: 'TOOL_UNAVAILABLE' });
  for (const [engine, address] of [
    [{}, 'oracle://a:hidden@h/x'],
    [{ engine: 'postgresql' }, 'mysql://a:hidden@h/x'],
  ] as const)
    expect(await failure(engine, address)).toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(/^(?!.*hidden).*\$SHIPS must start with postgresql:\/\//),
    });
});
