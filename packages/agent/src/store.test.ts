import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore } from './store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fieldkit-sessions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('moves a file of another version aside and starts anew', () => {
  const path = join(folder, 'sessions.db');
  const old = new DatabaseSync(path);
  old.exec('CREATE TABLE runs (id TEXT PRIMARY KEY) STRICT');
  old.close();
  const store = openStore(path);
  expect(store.prepare('SELECT count(*) AS found FROM runs').get()).toEqual({ found: 0 });
  expect(existsSync(`${path}.old`)).toBe(true);
  store.close();
});

it('tells everybody who waits what could not be written, until something is', async () => {
  const store = openStore(':memory:');
  const insert = 'INSERT INTO summaries (session, at, summary) VALUES (?, ?, ?)';
  store.write(insert, 's', 1, 'one');
  store.write(insert, 't', 1, null);
  const first = store.settled();
  await expect(first).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  await expect(store.settled()).rejects.toMatchObject({ code: 'STORE_DAMAGED' });
  expect(await store.all('SELECT * FROM summaries')).toEqual([]); // all of a turn or nothing
  store.write(insert, 's', 1, 'one');
  await store.settled();
  expect(await store.all('SELECT session FROM summaries')).toEqual([{ session: 's' }]);
  await store.close();
});

it('keeps a file of its own version', () => {
  const path = join(folder, 'sessions.db');
  openStore(path).close();
  openStore(path).close();
  expect(existsSync(`${path}.old`)).toBe(false);
});
