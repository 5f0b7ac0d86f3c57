import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFieldkitError } from '@fieldkit/core';
import { expect, it } from 'vitest';
import type { Case } from './case.ts';
import { readCases } from './read-cases.ts';

async function readAll(source: Parameters<typeof readCases>[0], options = {}): Promise<Case[]> {
  const cases: Case[] = [];
  for await (const item of readCases(source, options)) cases.push(item);
  return cases;
}

function fileOf(content: string | Uint8Array): string {
  const path = join(mkdtempSync(join(tmpdir(), 'fieldkit-eval-')), 'questions.jsonl');
  writeFileSync(path, content);
  return path;
}

it('reads a file with a byte order mark, CRLF, blank lines and U+2028 inside a string', async () => {
  const path = fileOf('\ufeff{"id":"a","question":"x\u2028y"}\r\n\r\n{"id":"b","question":"保修多久？","kind":"fact"}');
  const cases = await readAll(path);
  expect(cases.map(({ id, question, expect: expected }) => [id, question, expected])).toEqual([
    ['a', 'x\u2028y', 'answered'],
    ['b', '保修多久？', 'answered'],
  ]);
});

it('names file, line, key and the nearest known key', async () => {
  const path = fileOf('{"id":"a","question":"x"}\n{"id":"b","question":"y","refrences":["z"]}\n');
  await expect(readAll(path)).rejects.toThrow(
    /questions\.jsonl:2: unknown key "refrences" \(did you mean "references"\?\)/,
  );
});

it.each([
  ['not JSON', '{"id":"a"'],
  ['question: ', '{"id":"a","question":""}'],
  ['gold.0.page', '{"id":"a","question":"x","gold":[{"document":"m.pdf","page":0}]}'],
  ['expect: ', '{"id":"a","question":"x","expect":"maybe"}'],
  ['the line: ', '[1]'],
])('refuses a line with %s', async (message, line) => {
  const failure = await readAll([line]).catch((error: unknown) => error);
  expect(isFieldkitError(failure, 'DATASET_INVALID')).toBe(true);
  expect(String(failure)).toContain(`line:1: ${message}`);
});

it('refuses an id that is used twice, naming both lines', async () => {
  const line = '{"id":"a","question":"x"}';
  await expect(readAll([line, '', line])).rejects.toThrow('line:3: id "a" is already used in line 1');
});

it('reports every bad line and keeps the good ones when told to', async () => {
  const bad: number[] = [];
  const lines = ['{"id":"a","question":"x"}', 'x', '{"id":"b","question":"x"}', '{}'];
  const cases = await readAll(lines, { onInvalid: (_error: unknown, line: number) => bad.push(line) });
  expect([cases.map(({ id }) => id), bad]).toEqual([
    ['a', 'b'],
    [2, 4],
  ]);
});

it('refuses bytes that are not UTF-8 and files that are not there', async () => {
  await expect(readAll(fileOf(new Uint8Array([0xd6, 0xd0, 0xce, 0xc4])))).rejects.toThrow(/not UTF-8/);
  await expect(readAll('/no/such/file.jsonl')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
