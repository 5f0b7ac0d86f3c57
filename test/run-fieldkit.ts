import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const launcher = fileURLToPath(new URL('../packages/fieldkit/bin/fieldkit.mjs', import.meta.url));

/** The environment of a user without an endpoint. */
export function plainEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const {
    MAAS_BASE_URL: _,
    MAAS_API_KEY: __,
    DASHSCOPE_API_KEY: ___,
    INIT_CWD: ____,
    npm_lifecycle_event: _____,
    ...rest
  } = process.env;
  return { ...rest, NO_COLOR: '1', ...extra };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Told of the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** Runs one command line as a user would, in a process of its own. */
export function runFieldkit(args: readonly string[], { cwd, env, input, onStart }: RunOptions = {}): Promise<Finished> {
  const child = spawn(process.execPath, [launcher, ...args], { cwd, env: plainEnvironment(env) });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  onStart?.(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** A folder outside the clone that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fieldkit test ')); // a blank in the path, as users have
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeFiles(root: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, content);
  }
}

const CONFIG = `import { defineProject } from '@fieldkit/project';
export default defineProject({ name: 'garden' });
`;

/** A small project about something that no example is about. */
export function gardenProject(): string {
  const root = temporaryFolder();
  writeFiles(root, {
    'package.json': '{"type":"module"}',
    'fieldkit.config.ts': CONFIG,
    'knowledge/roses.txt': [
      '1. Pruning roses',
      '',
      'Shrub roses are pruned in late March, when the forsythia is in bloom. Cut each shoot to five buds.',
      '',
      '2. Feeding',
      '',
      'Give each bush 60 grams of bone meal in April and again in June. Stop feeding after 15 July.',
    ].join('\n'),
    'knowledge/compost.txt': 'Compost\r\n\r\nTurn the heap every three weeks. A heap is ready after nine months.\r\n',
    'knowledge/staff/access.json': '{"groups":["staff"]}',
    'knowledge/staff/wages.txt': 'Wages\n\nA seasonal gardener earns 17.40 euros per hour.\n',
  });
  return root;
}
