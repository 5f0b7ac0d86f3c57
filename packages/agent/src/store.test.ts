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

it('keeps a file of its own version', () => {
  const path = join(folder, 'sessions.db');
  openStore(path).close();
  openStore(path).close();
  expect(existsSync(`${path}.old`)).toBe(false);
});
