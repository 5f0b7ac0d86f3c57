import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  await ingest(root);
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** A copy of an example of ours, read and indexed, whose questions are asked in turn: the model is found by `MAAS_BASE_URL`. */
export async function copyExample(
  name: string,
): Promise<{ readonly root: string; bodyOf(index: number): string; remove(): void }> {
  const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
  const root = mkdtempSync(join(examples, 'serve-'));
  cpSync(join(examples, name), root, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|\.fieldkit)$/.test(path),
  });
  symlinkSync(join(examples, name, 'node_modules'), join(root, 'node_modules'));
  const questions = readFileSync(join(root, 'evals/questions.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line).question as string);
  await ingest(root);
  return {
    root,
    bodyOf: (index) => {
      const content = questions[index % questions.length];
      return JSON.stringify({ model: name, stream: true, messages: [{ role: 'user', content }] });
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function ingest(root: string): Promise<void> {
  return new Promise((resolve, reject) => {
    spawn(process.execPath, [launcher, 'ingest', '--project', root], { stdio: 'ignore' }).once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`ingest ended with ${code}`)),
    );
  });
}

export const questionBody = (index: number): string =>
  JSON.stringify({
    model: 'bench',
    stream: true,
    messages: [{ role: 'user', content: `At how many bar does the valve V${index % 500} open?` }],
  });
