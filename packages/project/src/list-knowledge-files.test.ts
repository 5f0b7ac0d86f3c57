import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listKnowledgeFiles } from './list-knowledge-files.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fieldkit-list-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content = 'x'): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function list(exclude: string[] = []) {
  return listKnowledgeFiles(root, { include: ['knowledge/**'], exclude, tenant: 'acme' });
}

it('lists files by uri, without folders, hidden files and what editors leave behind', () => {
  for (const name of ['b.pdf', 'a/é.txt', '.DS_Store', 'a/~$draft.docx', 'Thumbs.db']) write(`knowledge/${name}`);
  expect(list().map(({ uri }) => uri)).toEqual(['knowledge/a/é.txt', 'knowledge/b.pdf']);
});

it('gives each file the access of the nearest folder that declares one', () => {
  write('knowledge/open.txt');
  write('knowledge/staff/access.json', '{"groups":["staff"]}');
  write('knowledge/staff/one.txt');
  write('knowledge/staff/deep/two.txt');
  write('knowledge/staff/public/Access.json', '\ufeff{"everybody":true}');
  write('knowledge/staff/public/three.txt');
  expect(list().map(({ uri, tenant, groups }) => [uri, tenant, groups])).toEqual([
    ['knowledge/open.txt', 'acme', []],
    ['knowledge/staff/deep/two.txt', 'acme', ['staff']],
    ['knowledge/staff/one.txt', 'acme', ['staff']],
    ['knowledge/staff/public/three.txt', 'acme', []],
  ]);
});

it.each(['{"group":["staff"]}', '{"groups":"staff"}', '{"groups":[]}', 'staff'])(
  'reads nothing when an access.json cannot be understood: %s',
  (content) => {
    write('knowledge/staff/access.json', content);
    write('knowledge/staff/one.txt');
    expect(() => list()).toThrowError(/cannot understand .*access\.json [\s\S]*write \{"groups": \["staff"\]\}/);
  },
);

it('leaves out what exclude names', () => {
  write('knowledge/a.txt');
  write('knowledge/old/b.txt');
  expect(list(['knowledge/old/**']).map(({ uri }) => uri)).toEqual(['knowledge/a.txt']);
});

it('marks files that links lead out of the project, and not those that they lead to inside', () => {
  const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
  writeFileSync(join(elsewhere, 'secret.txt'), 'x');
  write('knowledge/a.txt');
  symlinkSync(join(elsewhere, 'secret.txt'), join(root, 'knowledge', 'link.txt'));
  symlinkSync(join(root, 'knowledge', 'a.txt'), join(root, 'knowledge', 'same.txt'));
  expect(list().map(({ uri, outside }) => [uri, outside])).toEqual([
    ['knowledge/a.txt', undefined],
    ['knowledge/link.txt', true],
    ['knowledge/same.txt', undefined],
  ]);
  rmSync(elsewhere, { recursive: true });
});
