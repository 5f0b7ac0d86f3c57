import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { standinEntry } from '@fieldkit/standin';

export interface Started {
  readonly url: string;
  readonly pid: number;
  close(): void;
}

const CONDITION = '--conditions=@fieldkit/source';

/** Starts a script of ours and waits for its ready line. */
export async function start(script: string, args: readonly string[], node: readonly string[] = []): Promise<Started> {
  const child = spawn(process.execPath, [CONDITION, ...node, script, ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)));
  });
  const { url } = JSON.parse(line);
  child.removeAllListeners('exit');
  return {
    url,
    pid: child.pid ?? 0,
    close() {
      child.stdin.end();
      child.kill('SIGTERM');
    },
  };
}

export const startUpstream = (latencyMs: number, node: readonly string[] = []) =>
  start(fileURLToPath(standinEntry), ['--latency', String(latencyMs)], node);

export const launcher = fileURLToPath(new URL('../../packages/fieldkit/bin/fieldkit.mjs', import.meta.url));

/** A project of made-up documents over an endpoint, read and indexed. */
export async function makeProject(
  baseUrl: string,
  server: object = {},
): Promise<{ readonly root: string; remove(): void }> {
  const root = mkdtempSync(join(tmpdir(), 'fieldkit-serve-'));
  mkdirSync(join(root, 'knowledge'));
  const models = { chat: 'standin-extractive', fast: 'standin-extractive' };
  const config = { name: 'bench', endpoint: { profile: 'generic', baseUrl, apiKey: 'none', models } };
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  writeFileSync(join(root, 'fieldkit.config.ts'), `export default ${JSON.stringify(config)};`);
  writeFileSync(join(root, 'server.json'), JSON.stringify(server));
  for (let document = 0; document < 50; document += 1) {
    const sections = Array.from(
      { length: 10 },
      (_, section) =>
        `# Part ${document}-${section}\n\nThe valve V${document * 10 + section} opens at ${section + 3} bar and is checked every ${document + 2} weeks. Its seal lasts ${section + 1} years.\n`,
    );
    writeFileSync(join(root, 'knowledge', `manual-${document}.md`), sections.join('\n'));
  }
  await new Promise<void>((resolve, reject) => {
    spawn(process.execPath, [launcher, 'ingest', '--project', root], { stdio: 'ignore' }).once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`ingest ended with ${code}`)),
    );
  });
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

export const questionBody = (index: number): string =>
  JSON.stringify({
    model: 'bench',
    stream: true,
    messages: [{ role: 'user', content: `At how many bar does the valve V${index % 500} open?` }],
  });
