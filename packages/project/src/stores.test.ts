import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, NO_USAGE, type Run } from '@fieldkit/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDocumentStore } from './document-store.ts';
import { lockProject } from './project-lock.ts';
import { openRunStore } from './run-store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fieldkit-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const document: Document = {
  id: 'd1',
  uri: 'knowledge/a.txt',
  contentHash: 'h',
  mediaType: 'text/plain',
  title: 'A',
  language: 'en',
  text: 'hello',
  blocks: [{ kind: 'paragraph', text: 'hello' }],
  places: [],
  metadata: {},
  tenant: 'default',
  groups: [],
  findings: [],
};

it('gives a document back as it was, also after closing', () => {
  const path = join(folder, 'documents.db');
  const store = openDocumentStore(path);
  store.putDocument(document, 'r1');
  store.close();
  store.close();
  const again = openDocumentStore(path);
  expect(again.get('d1')).toEqual(document);
  expect(again.list()).toMatchObject([{ id: 'd1', contentHash: 'h', readerStamp: 'r1', failure: undefined }]);
  again.close();
});

it('forgets the document of a file that can no longer be read', () => {
  const store = openDocumentStore(join(folder, 'documents.db'));
  store.putDocument(document, 'r1');
  store.putFailure(
    { ...document, contentHash: 'h2', readerStamp: 'r1' },
    { severity: 'error', code: 'file-damaged', message: 'broken' },
  );
  expect(store.get('d1')).toBeUndefined();
  expect(store.list()).toMatchObject([{ id: 'd1', contentHash: 'h2', failure: { code: 'file-damaged' } }]);
  store.remove('d1');
  expect(store.list()).toEqual([]);
  store.close();
});

it('says what to do when the file is no database', () => {
  const path = join(folder, 'documents.db');
  writeFileSync(path, 'this is not a database, it only has the name of one'.repeat(100));
  expect(() => openDocumentStore(path)).toThrowError(/damaged; delete the \.fieldkit folder/);
});

it('lists runs newest first and gives one back whole', async () => {
  const runs = openRunStore(join(folder, 'runs.db'));
  const run = (id: string, startedAt: string): Run => ({
    id,
    kind: 'answer',
    caller: { tenant: 't', subject: 's', groups: [] },
    startedAt,
    durationMs: 12,
    input: { question: `q ${id}` },
    output: { status: 'answered' },
    steps: [],
    usage: NO_USAGE,
  });
  await runs.put(run('run-1', '2026-01-01T00:00:00.000Z'));
  void runs.put(run('run-2', '2026-01-02T00:00:00.000Z')); // who reads next sees it
  expect(runs.list(10).map(({ id, question, status }) => `${id} ${question} ${status}`)).toEqual([
    'run-2 q run-2 answered',
    'run-1 q run-1 answered',
  ]);
  expect(runs.get('run-1')).toEqual(run('run-1', '2026-01-01T00:00:00.000Z'));
  expect(runs.get('run-3')).toBeUndefined();
  runs.close();
});

it('lets one writer in at a time', () => {
  const path = join(folder, 'write.lock');
  const first = lockProject(path, 'ingest');
  expect(() => lockProject(path, 'ingest')).toThrowError(/another fieldkit command is writing/);
  first.release();
  lockProject(path, 'ingest').release();
});
