import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gardenProject, runFieldkit, temporaryFolder, writeFiles } from './run-fieldkit.ts';

it('does no work on an unchanged folder, and exactly the work of a change', async () => {
  const root = gardenProject();
  const ingest = async () => {
    const { stdout, code } = await runFieldkit(['ingest', '--json', '--project', root]);
    const { sync, files } = JSON.parse(stdout);
    return {
      code,
      ...sync,
      read: files
        .filter(({ outcome }: { outcome: string }) => outcome === 'read')
        .map(({ uri }: { uri: string }) => uri),
    };
  };
  expect(await ingest()).toMatchObject({ code: 0, added: 3, read: expect.arrayContaining(['knowledge/roses.txt']) });
  expect(await ingest()).toMatchObject({
    added: 0,
    changed: 0,
    removed: 0,
    unchanged: 3,
    chunksWritten: 0,
    chunksDeleted: 0,
    read: [],
  });

  writeFiles(root, {
    'knowledge/compost.txt': 'Compost\r\n\r\nTurn the heap every two weeks. A heap is ready after nine months.\r\n',
  });
  expect(await ingest()).toMatchObject({ changed: 1, unchanged: 2, read: ['knowledge/compost.txt'] });

  renameSync(join(root, 'knowledge/compost.txt'), join(root, 'knowledge/heap.txt'));
  expect(await ingest()).toMatchObject({ added: 1, removed: 1, unchanged: 2, read: ['knowledge/heap.txt'] });

  rmSync(join(root, 'knowledge/heap.txt'));
  expect(await ingest()).toMatchObject({ removed: 1, unchanged: 2, read: [] });
  const { stdout } = await runFieldkit(['search', 'turn the compost heap', '--json', '--project', root]);
  expect(JSON.parse(stdout).map(({ metadata }: { metadata: { uri: string } }) => metadata.uri)).not.toContain(
    'knowledge/heap.txt',
  );

  rmSync(join(root, 'knowledge'), { recursive: true });
  const emptied = await runFieldkit(['ingest', '--project', root]);
  expect(emptied).toMatchObject({ code: 1, stderr: expect.stringContaining('gone from the index') });
  expect(await runFieldkit(['ask', 'When are shrub roses pruned?', '--project', root])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing is indexed yet'),
  });
});

it('shows a document of a group to its members only', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const uris = async (...more: string[]) => {
    const { stdout } = await runFieldkit([
      'search',
      'what does a seasonal gardener earn',
      '--json',
      '--project',
      root,
      ...more,
    ]);
    return JSON.parse(stdout).map(({ metadata }: { metadata: { uri: string } }) => metadata.uri);
  };
  expect(await uris('--groups', 'staff')).toContain('knowledge/staff/wages.txt');
  expect(await uris()).not.toContain('knowledge/staff/wages.txt');
  expect(await uris('--groups', 'dealers')).not.toContain('knowledge/staff/wages.txt');
  expect(await uris('--groups', 'staff', '--tenant', 'other')).toEqual([]);
});

it('reports each file that is no document by name, code and remedy, and reads the rest', async () => {
  const root = gardenProject();
  const encryptedWord = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2048)]);
  writeFiles(root, {
    'knowledge/empty.txt': '',
    'knowledge/broken.pdf': '%PDF-1.7\nthis is not a document',
    'knowledge/photo.txt': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    'knowledge/secret.docx': encryptedWord,
    'knowledge/page.pdf': '<!doctype html><html><body><h1>Lawn</h1><p>Mow the lawn weekly in May.</p></body></html>',
  });
  const { code, stdout } = await runFieldkit(['ingest', '--json', '--project', root]);
  expect(code).toBe(3);
  const failed = new Map<string, { code: string; message: string }>(
    JSON.parse(stdout).files.flatMap(
      (file: { uri: string; outcome: string; findings: { code: string; message: string }[] }) =>
        file.outcome === 'failed' ? [[file.uri, file.findings[0]]] : [],
    ),
  );
  expect([...failed.keys()].sort()).toEqual(
    expect.arrayContaining([
      'knowledge/broken.pdf',
      'knowledge/empty.txt',
      'knowledge/photo.txt',
      'knowledge/secret.docx',
    ]),
  );
  expect(failed.get('knowledge/empty.txt')?.code).toBe('file-empty');
  for (const { message } of failed.values()) expect(message.length).toBeGreaterThan(20);
  expect(failed.has('knowledge/roses.txt')).toBe(false);
  const again = await runFieldkit(['ingest', '--project', root]);
  expect(again).toMatchObject({ code: 3, stdout: expect.stringContaining('knowledge/empty.txt') });
});

it('parses files without a project and lists what could not be read', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'a.md': '# Title\n\ntext\n', 'b.txt': '' });
  const parsed = await runFieldkit(['parse', 'a.md', 'b.txt', 'c.pdf', '--out', 'out', '--json'], { cwd: folder });
  expect(parsed.code).toBe(3);
  expect(
    JSON.parse(parsed.stdout).map(({ ok, findings }: { ok: boolean; findings: { code: string }[] }) => [
      ok,
      findings[0]?.code,
    ]),
  ).toEqual([
    [true, undefined],
    [false, 'file-empty'],
    [false, 'file-not-found'],
  ]);
  writeFiles(folder, { 'out/a.md': 'mine' });
  const again = await runFieldkit(['parse', 'a.md', '--out', 'out'], { cwd: folder });
  expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/a\.md.*--force/s) });
  expect(readFileSync(join(folder, 'out', 'a.md'), 'utf8')).toBe('mine');
  expect((await runFieldkit(['parse', 'a.md', '--out', 'out', '--force'], { cwd: folder })).code).toBe(0);
  expect(readFileSync(join(folder, 'out', 'a.md'), 'utf8')).toContain('# Title');
});

it('reads nothing that a link brings in from outside the project', async () => {
  const [root, outside] = [temporaryFolder(), temporaryFolder()];
  writeFiles(outside, { 'secret.txt': 'The vault opens with the word marmalade.' });
  writeFiles(root, {
    'package.json': '{"type":"module"}',
    'fieldkit.config.ts': "export default { name: 'links' };",
    'knowledge/rules.txt': 'Visitors sign the book at the gate.',
  });
  symlinkSync(join(outside, 'secret.txt'), join(root, 'knowledge', 'note.txt'));
  symlinkSync(outside, join(root, 'knowledge', 'folder'));
  const ingested = await runFieldkit(['ingest', '--project', root]);
  expect(ingested).toMatchObject({ code: 3, stdout: expect.stringContaining('link to a file outside the project') });
  const found = await runFieldkit(['search', 'vault marmalade', '--project', root]);
  expect(found.stdout).not.toContain('marmalade.');
});
