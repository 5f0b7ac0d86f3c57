import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Debian puts each version's programs into a folder of its own. Undefined where none is installed. */
export function postgresPrograms(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

export interface PostgresServer {
  readonly url: string;
  query(sql: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** A PostgreSQL server with an empty database, for one test file. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const home = mkdtempSync(join(tmpdir(), 'fieldkit-pg-'));
  const user = unprivileged();
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  const run = { ...user, stdio: 'ignore' as const, cwd: home, env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' } };
  const data = join(home, 'data');
  execFileSync(join(bin, 'initdb'), ['-D', data, '-U', 'owner', '--auth=trust', '--no-sync', '-E', 'UTF8'], run);
  const server: ChildProcess = spawn(join(bin, 'postgres'), ['-D', data, '-k', home, '-h', '', '-F'], run);
  const url = `postgresql://owner@localhost/postgres?host=${encodeURIComponent(home)}`;
  for (let tries = 0; ; tries += 1) {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      break;
    } catch (error) {
      if (tries > 200) throw error;
      await new Promise((done) => setTimeout(done, 50)); // the server starts by itself and does not say when
    }
  }
  return {
    url,
    async query(sql) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return (await client.query(sql).finally(() => client.end())).rows;
    },
    async close() {
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGINT');
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function unprivileged(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const number = (flag: string) =>
    Number(execFileSync('id', [flag, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  return { uid: number('-u'), gid: number('-g') };
}
