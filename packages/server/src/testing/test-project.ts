import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openProject, type Project } from '@fieldkit/project';
import { type NewKeyOptions, newKey } from '../auth/key-file.ts';
import { type CreateServerOptions, createServer, type Server } from '../create-server.ts';

/** Material of this package's tests: a small project about something that no example is about. */

const FILES: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module"}',
  'knowledge/ferry.md': [
    '# Timetable',
    '',
    'The ferry to Lund leaves at 07:40 on weekdays and at 09:15 on Sundays.',
    '',
    '# Luggage',
    '',
    'A passenger may bring two suitcases of 23 kilograms each. A bicycle costs 12 euros.',
    '',
  ].join('\n'),
  'knowledge/fares.html':
    '<!doctype html><html><head><title>Fares</title></head><body><h1>Fares</h1><p>A return ticket for adults costs 48 euros.</p></body></html>',
  'knowledge/crew/access.json': '{"groups":["crew"]}',
  'knowledge/crew/wages.txt': 'Wages\n\nA deckhand earns 21.30 euros per hour on night watches.\n',
  'knowledge/rival/access.json': '{"tenant":"rival"}',
  'knowledge/rival/plans.txt': 'Plans\n\nThe rival line opens a harbour in Ystad in October.\n',
};

export interface TestProject {
  readonly root: string;
  readonly project: Project;
  close(): Promise<void>;
}

/** A project on disk, read and indexed, over the stand-in or a given endpoint. */
export async function openTestProject(config: Readonly<Record<string, unknown>> = {}): Promise<TestProject> {
  const root = mkdtempSync(join(tmpdir(), 'fieldkit server '));
  const files = { ...FILES, 'fieldkit.config.ts': `export default ${JSON.stringify({ name: 'ferry', ...config })};` };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const project = await openProject(root, { environment: {} });
  await project.ingest();
  return {
    root,
    project,
    async close() {
      await project.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export interface TestServer {
  readonly server: Server;
  /** Lines of the log. */
  readonly log: string[];
  /** Makes a key and gives it. */
  key(options?: Partial<NewKeyOptions>): string;
  /** Sends a request without a port. */
  send(path: string, init?: RequestInit & { readonly key?: string; readonly json?: unknown }): Promise<Response>;
}

let keyFiles = 0;

/** A server over a test project, with a key file of its own. */
export function testServer({ project, root }: TestProject, options: CreateServerOptions = {}): TestServer {
  keyFiles += 1;
  const keys = options.keys ?? join(root, `keys-${keyFiles}.json`);
  const log: string[] = [];
  const made: string[] = [];
  const key = (given: Partial<NewKeyOptions> = {}) => {
    const { key: secret } = newKey(keys, { name: 'test', tenant: 'default', ...given });
    made.push(secret);
    return secret;
  };
  const server = createServer(project, { keys, logTo: { write: (line) => void log.push(line) }, ...options });
  return {
    server,
    log,
    key,
    send(path, { key: secret, json, ...init } = {}) {
      const headers = new Headers(init.headers);
      if (secret !== undefined) headers.set('authorization', `Bearer ${secret}`);
      if (json !== undefined) headers.set('content-type', 'application/json');
      const method = init.method ?? (json === undefined ? 'GET' : 'POST');
      const body = json === undefined ? {} : { body: JSON.stringify(json) };
      return server.fetch(new Request(`http://localhost${path}`, { ...init, ...body, method, headers }));
    },
  };
}

/** The data of every event of a stream, and its comment lines. */
export function readEvents(text: string): { readonly data: string[]; readonly comments: string[] } {
  const lines = text.split('\n');
  return {
    data: lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice(6)),
    comments: lines.filter((line) => line.startsWith(':')),
  };
}
