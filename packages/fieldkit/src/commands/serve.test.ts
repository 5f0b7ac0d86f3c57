import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';

const launcher = fileURLToPath(new URL('../../bin/fieldkit.mjs', import.meta.url));

function teaProject(): string {
  const root = mkdtempSync(join(tmpdir(), 'fieldkit serve '));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'knowledge'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(root, 'fieldkit.config.ts'),
    "import { defineProject } from '@fieldkit/project';\nexport default defineProject({ name: 'tea' });\n",
  );
  writeFileSync(join(root, 'knowledge/tea.md'), '# Green tea\n\nSteep green tea for 90 seconds at 75 °C.\n');
  return root;
}

function start(root: string, args: readonly string[]): ChildProcess {
  const { MAAS_BASE_URL: _, MAAS_API_KEY: __, ...env } = process.env;
  return spawn(process.execPath, [launcher, ...args, '--project', root], { env: { ...env, NO_COLOR: '1' } });
}

async function run(root: string, ...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = start(root, args);
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (part) => {
    stdout += part;
  });
  child.stderr?.on('data', (part) => {
    stderr += part;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
}

async function serve(root: string, ...args: string[]) {
  const server = start(root, ['serve', '--port', '0', '--json', ...args]);
  const ended = new Promise<number | null>((resolve) => server.once('close', resolve));
  const line = await new Promise<string>(
    (resolve) => createInterface({ input: server.stdout as NodeJS.ReadableStream }).once('line', resolve), // piped, as spawn does by default
  );
  const { url, keyless } = JSON.parse(line);
  return { server, ended, url, keyless };
}

it('serves with a key made on the command line, takes its revocation up, and ends on SIGTERM with a verified audit log', async () => {
  const root = teaProject();
  expect((await run(root, 'ingest')).code).toBe(0);
  const refused = await run(root, 'serve', '--host', '0.0.0.0', '--port', '0');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('fieldkit keys new') });
  const { key, id } = JSON.parse((await run(root, 'keys', 'new', 'anna', '--days', '1', '--json')).stdout);
  expect(key).toMatch(/^fk-[0-9a-f]{10}-[\w-]{43}$/);
  expect(readFileSync(join(root, 'keys.json'), 'utf8')).not.toContain(key);

  const { server, ended, url, keyless } = await serve(root);
  expect(keyless).toBe(false);
  const ask = (bearer: string) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'tea', messages: [{ role: 'user', content: 'How long does green tea steep?' }] }),
    });
  const answer = JSON.parse(await (await ask(key)).text());
  expect(answer.choices[0].message.content).toMatch(/90 seconds.*\[1\]/);
  expect((await ask('fk-0000000000-guess')).status).toBe(401);
  expect((await run(root, 'keys', 'revoke', id)).code).toBe(0);
  expect((await ask(key)).status).toBe(401);
  server.kill('SIGTERM');
  expect(await ended).toBe(0);

  expect((await run(root, 'keys', 'list')).stdout).toMatch(new RegExp(`^${id} {2}revoked`));
  const { head, ...verdict } = JSON.parse((await run(root, 'audit', 'verify', '--json')).stdout);
  expect(verdict).toMatchObject({ intact: true });
  expect((await run(root, 'audit', 'verify', '--head', head)).code).toBe(0);
  expect((await run(root, 'audit', 'verify', '--head', '0'.repeat(64))).code).toBe(1);
  expect((await run(root, 'audit', 'list')).stdout).toMatch(/server-stop[\s\S]*key-revoked[\s\S]*answer[\s\S]*key-new/);
});

it('says in one sentence that the port is taken', async () => {
  const root = teaProject();
  expect((await run(root, 'ingest')).code).toBe(0);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as AddressInfo; // it listens on a port
  expect(await run(root, 'serve', '--console', 'none', '--port', `${port}`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      new RegExp(`^port ${port} of 127\\.0\\.0\\.1 is taken by another program: [^\n]+\n$`),
    ),
  });
});

it('records the model calls of all who ask, and gives them back without asking an endpoint', async () => {
  const root = teaProject();
  const file = join(root, 'calls.jsonl');
  expect((await run(root, 'ingest')).code).toBe(0);
  expect(await run(root, 'serve', '--record', file, '--workers', '2', '--port', '0')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--workers'),
  });
  const answers: string[] = [];
  for (const mode of ['--record', '--replay']) {
    const { server, ended, url } = await serve(root, mode, file);
    const ask = async (content: string) => {
      const body = JSON.stringify({ model: 'tea', messages: [{ role: 'user', content }] });
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })).text();
    };
    answers.push(JSON.parse(await ask('How long does green tea steep?')).choices[0].message.content);
    if (mode === '--replay') expect(await ask('How hot is it?')).toContain('"error"');
    server.kill('SIGTERM');
    expect(await ended).toBe(0);
  }
  expect(readFileSync(file, 'utf8').split('\n').length).toBeGreaterThan(2);
  expect(answers[0]).toMatch(/90 seconds.*\[1\]/);
  expect(answers[1]).toBe(answers[0]);
});
