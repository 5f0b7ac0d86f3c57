import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandContext } from '../command.ts';
import { createTerminal } from '../terminal.ts';
import { command } from './ingest.ts';

let root: string;
const RULES = 'Visitors sign the book at the north gate and wear their badge visibly on the upper body all day.';

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'fieldkit ingest '));
  mkdirSync(join(root, 'knowledge', 'old'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(root, 'fieldkit.config.ts'), "export default { name: 'quarry' };");
  writeFileSync(join(root, 'knowledge', 'gate rules Rev B.txt'), `Gate rules\n\nRevision B\n\n${RULES}\n\nDock nine.`);
  writeFileSync(join(root, 'knowledge', 'old', 'gate rules Rev A.txt'), `Gate rules\n\nRevision A\n\n${RULES}`);
  writeFileSync(join(root, 'knowledge', 'copy.txt'), `Gate rules\n\nRevision A\n\n${RULES}`);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function run(positionals: readonly string[], options: Record<string, string | boolean>) {
  let out = '';
  const stream = { write: (text: string) => (out += text) };
  const context: CommandContext = {
    terminal: createTerminal({
      stdout: stream,
      stderr: { write: () => true },
      json: options.json === true,
      color: false,
    }),
    environment: {},
    cwd: root,
    home: root,
    self: 'fieldkit',
    signal: new AbortController().signal,
  };
  const code = await command.run({ positionals, options }, context);
  return { code, out };
}

describe('fieldkit ingest inventory', () => {
  it('says what to do before anything was read', async () => {
    await expect(run(['inventory'], { out: 'list.xlsx' })).rejects.toMatchObject({
      code: 'DOCUMENT_NOT_FOUND',
      message: expect.stringContaining('fieldkit ingest'),
    });
    expect(existsSync(join(root, 'list.xlsx'))).toBe(false);
  });

  it.each([
    [['inventory'], {}, /--out/],
    [['inventory'], { out: 'list.csv' }, /\.xlsx/],
    [['inventory'], { out: 'list.xlsx', language: 'fr' }, /zh or en/],
    [['inventroy'], { out: 'list.xlsx' }, /no form/],
  ])('refuses %j %j', async (positionals, options, message) => {
    await expect(run(positionals, options)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      message: expect.stringMatching(message),
    });
  });

  it('writes what was read, and lists what was not', async () => {
    expect((await run([], {})).code).toBe(0);
    const first = await run(['inventory'], { out: 'out/list.xlsx', json: true });
    const { totals, rows } = JSON.parse(first.out);
    expect([first.code, totals.units, totals.duplicates, totals.superseded]).toEqual([0, 2, 1, 1]);
    expect(rows.map(({ uri }: { uri: string }) => uri)).toHaveLength(3);
    expect(
      readFileSync(join(root, 'out', 'list.xlsx'))
        .subarray(0, 2)
        .toString(),
    ).toBe('PK');

    writeFileSync(join(root, 'knowledge', 'new.txt'), 'Nobody has read this.');
    writeFileSync(join(root, 'knowledge', 'copy.txt'), 'Quite another text now.');
    const second = await run(['inventory'], { out: 'out/list.xlsx' });
    expect(second.code).toBe(3);
    expect(second.out).toContain('new.txt: not read yet');
    expect(second.out).toContain('copy.txt: changed since it was read');
  });
});

describe('fieldkit ingest --report', () => {
  it('writes a page and data into the folder that follows', async () => {
    const { code, out } = await run(['report out'], { report: true, json: true, language: 'zh' });
    expect(code).toBe(0);
    const { report } = JSON.parse(out);
    expect(report.html).toBe(join(root, 'report out', 'index.html'));
    expect(readFileSync(report.html, 'utf8')).toContain('<html lang="zh">');
    const data = JSON.parse(readFileSync(report.json, 'utf8'));
    expect(data.documents.map(({ uri }: { uri: string }) => uri)).toContain('knowledge/gate rules Rev B.txt');
    expect(data.advice.suggestions.length).toBe(report.suggestions);
  });

  it('has a folder of its own when none is named', async () => {
    const { out } = await run([], { report: true });
    expect(out).toContain(join(root, '.fieldkit', 'report', 'index.html'));
  });

  it('goes on when a line of the questions is wrong', async () => {
    mkdirSync(join(root, 'evals'), { recursive: true });
    const good = { id: 'a', question: 'Where is the book?', gold: [{ document: 'knowledge/copy.txt', quote: RULES }] };
    writeFileSync(join(root, 'evals', 'questions.jsonl'), `${JSON.stringify(good)}\nnot json\n`);
    const { code, out } = await run([], { report: true });
    rmSync(join(root, 'evals'), { recursive: true });
    expect(code).toBe(0);
    expect(out).toContain('index.html');
  });
});
