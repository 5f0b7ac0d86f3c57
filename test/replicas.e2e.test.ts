import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { postgresPrograms, startPostgres } from '../packages/agent/src/testing/postgres-server.ts';

const launcher = fileURLToPath(new URL('../packages/fieldkit/bin/fieldkit.mjs', import.meta.url));
const programs = postgresPrograms();

describe.skipIf(programs === undefined)('replicas with a PostgreSQL server (skipped where none is installed)', () => {
  const home = mkdtempSync(join(tmpdir(), 'fieldkit-replicas-'));
  const root = join(home, 'one');
  let server: Awaited<ReturnType<typeof startPostgres>>;
  const environment = () => ({ ...process.env, DATABASE_URL: server.url });

  beforeAll(async () => {
    server = await startPostgres(programs ?? '');
    mkdirSync(join(root, 'knowledge'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(root, 'fieldkit.config.ts'),
      `import { secret } from '@fieldkit/project';
       export default { name: 'desk', sessions: { postgres: secret('DATABASE_URL') } };`,
    );
    writeFileSync(
      join(root, 'knowledge', 'pump.md'),
      '# Pump\n\nThe pump P-20 stops at 7 bar.\n\nIts seal lasts 9 years.\n',
    );
    const ingest = spawn(process.execPath, [launcher, 'ingest', '--project', root], {
      stdio: 'ignore',
      env: environment(),
    });
    expect(await new Promise((resolve) => ingest.once('exit', resolve))).toBe(0);
    cpSync(root, join(home, 'two'), { recursive: true }); // another machine has its own folder
  });
  afterAll(async () => {
    await server.close();
    rmSync(home, { recursive: true, force: true });
  });

  async function serve(folder: string) {
    const child = spawn(
      process.execPath,
      [launcher, 'serve', '--json', '--port', '0', '--workers', '1', '--project', join(home, folder)],
      { stdio: ['ignore', 'pipe', 'ignore'], env: environment() },
    );
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line).url));
      child.once('exit', (code) => reject(new Error(`ended with ${code}`)));
    });
    const ask = async (content: string) => {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-session-id': 'common' },
        body: JSON.stringify({ model: 'desk', messages: [{ role: 'user', content }] }),
      });
      return response.text();
    };
    return { child, ask };
  }

  it("go on with each other's conversations, also when the one that began it is killed", async () => {
    const [one, two] = await Promise.all([serve('one'), serve('two')]);
    expect(await one.ask('At how many bar does the P-20 stop?')).toContain('stops at 7 bar');
    one.child.kill('SIGKILL');
    expect(await two.ask('And how long does its seal last?')).toContain('seal lasts 9 years');
    const turns = await server.query('SELECT session, question FROM fieldkit_desk.turns ORDER BY id');
    expect(turns.map(({ question }) => question)).toEqual([
      'At how many bar does the P-20 stop?',
      'And how long does its seal last?',
    ]);
    expect(new Set(turns.map(({ session }) => session)).size).toBe(1);
    expect(await server.query("SELECT run_id FROM fieldkit_desk.runs WHERE state = 'open'")).toEqual([]);
    two.child.kill('SIGTERM');
    expect(await new Promise((resolve) => two.child.once('exit', resolve))).toBe(0);
  });
});
