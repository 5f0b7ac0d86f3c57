import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { defineTool, serveToolsOverHttp, z } from '@fieldkit/mcp-tools';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runFieldkit } from './run-fieldkit.ts';

/** MCP's own conformance suite, as it is published. */
const tools = new URL('../packages/mcp-tools/', import.meta.url);
const suite = createRequire(new URL('package.json', tools)).resolve('@modelcontextprotocol/conformance/dist/index.js');
const client = fileURLToPath(new URL('src/__fixtures__/conformance-client.ts', tools));

let url = '';
let stop = async () => {};
beforeAll(async () => {
  const ready = Promise.withResolvers<string>();
  let end = () => {};
  const ended = runFieldkit(['tools', 'serve', '--http', '0', '--conformance', '--json'], {
    onStart: (child) => {
      end = () => child.kill('SIGTERM');
      if (child.stdout === null) throw new Error('no output');
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = /"url": "(http[^"]+)"/.exec(line)?.[1];
        if (found !== undefined) ready.resolve(found);
      });
    },
  });
  ended.then(({ stderr }) => ready.reject(new Error(stderr)), ready.reject);
  stop = async () => {
    end();
    await ended;
  };
  url = await ready.promise;
});
afterAll(() => stop());

/** The scenarios that a revision of the specification requires of a role. */
function required(revision: string, role: 'server' | 'client'): string[] {
  const text = readFileSync(new URL(`../requirements/${revision}.yaml`, `file://${suite}`), 'utf8');
  const [, list = ''] = new RegExp(`^${role}:\\n((?: .*\\n|\\n)*)`, 'm').exec(text) ?? [];
  return Array.from(list.matchAll(/^ +- (\S+)$/gm), ([, name = '']) => name);
}

/** Runs the suite and returns its line about each scenario, those that are not scored included. */
async function run(...args: string[]): Promise<Map<string, string>> {
  const output = await new Promise<string>((done) =>
    execFile(process.execPath, [suite, ...args], { maxBuffer: 50_000_000 }, (_, stdout) => done(stdout)),
  );
  const lines = output.matchAll(/^([✓✗]) (\S+): (\d+) passed, (\d+) failed/gm);
  return new Map(Array.from(lines, ([line, , name = '']) => [name, line]));
}

const failing = (results: Map<string, string>, scenarios: readonly string[]) =>
  scenarios.flatMap((name) =>
    results.get(name)?.startsWith('✓') === true ? [] : (results.get(name) ?? `not run: ${name}`),
  );

it.each([
  ['2025-11-25', 30],
  ['2026-07-28', 37],
])(
  'passes every server scenario that %s requires (%i)',
  async (revision, count) => {
    const scenarios = required(revision, 'server');
    expect(scenarios).toHaveLength(count);
    const results = await run('server', '--url', url, '--requirements', revision);
    expect(failing(results, scenarios)).toEqual([]);
  },
  60_000,
);

it.each([
  ['2025-11-25', 18],
  ['2026-07-28', 32],
])(
  'passes every client scenario that %s requires (%i)',
  async (revision, count) => {
    const scenarios = required(revision, 'client');
    expect(scenarios).toHaveLength(count);
    const command = `${process.execPath} --conditions=@fieldkit/source ${client}`;
    const results = await run('client', '--command', command, '--requirements', revision);
    expect(failing(results, scenarios)).toEqual([]);
  },
  120_000,
);

it.each(['2025-11-25', '2026-07-28'])(
  'keeps strange hosts and origins away from the tools of a project (%s)',
  async (revision) => {
    const tool = defineTool({
      name: 'whoami',
      description: 'Says who asks.',
      input: z.strictObject({}),
      output: z.strictObject({ subject: z.string() }),
      run: async (_, { caller }) => ({ subject: caller.subject }),
    });
    const server = await serveToolsOverHttp({
      tools: [tool],
      anonymous: { tenant: 'default', subject: 'local', groups: [] },
    });
    const scenario = 'dns-rebinding-protection';
    const output = await new Promise<string>((done) =>
      execFile(
        process.execPath,
        [suite, 'server', '--url', server.url, '--scenario', scenario, '--spec-version', revision],
        (error, stdout, stderr) => done(`${error === null ? 0 : error.code}\n${stdout}\n${stderr}`),
      ),
    );
    await server.close();
    expect(output).toMatch(/^0\n/);
    expect(output).toMatch(/Passed: [1-9]\d*\/[1-9]\d*, 0 failed/);
  },
  30_000,
);
