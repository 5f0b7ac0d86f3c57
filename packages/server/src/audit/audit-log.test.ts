import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { openAuditLog, readAuditLog, verifyAuditLog } from './audit-log.ts';

function logPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fieldkit-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'audit.db');
}

/** What somebody does who owns the file and knows SQL. */
function tamper(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec('DROP TRIGGER IF EXISTS audit_keeps; DROP TRIGGER IF EXISTS audit_stays');
  database.exec(sql);
  database.close();
}

function filledLog(): string {
  const path = logPath();
  const log = openAuditLog(path);
  for (let index = 0; index < 20; index += 1) log.append({ action: 'answer', actor: 'k', target: `run-${index}` });
  log.close();
  return path;
}

it('can be added to and verified, by several writers and over restarts', () => {
  const path = logPath();
  const [one, two] = [openAuditLog(path), openAuditLog(path)];
  const first = one.append({ action: 'server-start' });
  two.append({ action: 'key-new', target: 'k1' });
  one.append({ action: 'server-stop' });
  one.close();
  two.close();
  const again = openAuditLog(path);
  const last = again.append({ action: 'server-start' });
  again.close();
  expect(verifyAuditLog(path)).toEqual({ intact: true, records: 4, head: last.hash });
  expect(verifyAuditLog(path, first.hash)).toMatchObject({ headFound: true });
  expect(readAuditLog(path, 2).map(({ sequence }) => sequence)).toEqual([4, 3]);
});

it('refuses changes through SQL', () => {
  const path = filledLog();
  const database = new DatabaseSync(path);
  expect(() => database.exec('DELETE FROM audit')).toThrow(/append-only/);
  expect(() => database.exec("UPDATE audit SET at = 'x'")).toThrow(/append-only/);
  database.close();
});

it.each([
  ["UPDATE audit SET event = replace(event, 'run-7', 'run-8') WHERE sequence = 8", 8],
  ["UPDATE audit SET at = '2020-01-01' WHERE sequence = 3", 3],
  ['DELETE FROM audit WHERE sequence = 5', 6],
  ['DELETE FROM audit WHERE sequence = 1', 2],
])('finds the first record after %s', (sql, brokenAt) => {
  const path = filledLog();
  tamper(path, sql);
  expect(verifyAuditLog(path)).toMatchObject({ intact: false, brokenAt });
});

it('shows an end that was cut off to whoever noted the head', () => {
  const path = filledLog();
  const { head } = verifyAuditLog(path) as { head: string }; // intact, so it has one
  tamper(path, 'DELETE FROM audit WHERE sequence > 15');
  expect(verifyAuditLog(path)).toMatchObject({ intact: true, records: 15 });
  expect(verifyAuditLog(path, head)).toMatchObject({ intact: true, headFound: false });
});

it('keeps every record that was acknowledged before a kill', () => {
  const path = logPath();
  const script = `
    import { openAuditLog } from ${JSON.stringify(new URL('./audit-log.ts', import.meta.url).href)};
    const log = openAuditLog(${JSON.stringify(path)});
    for (let index = 0; index < 50; index += 1) log.append({ action: 'answer' });
    process.kill(process.pid, 'SIGKILL');`;
  spawnSync(process.execPath, ['--conditions=@fieldkit/source', '--input-type=module', '-e', script], {
    cwd: new URL('..', import.meta.url),
  });
  expect(verifyAuditLog(path)).toMatchObject({ intact: true, records: 50 });
});
