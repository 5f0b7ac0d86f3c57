import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { remoteEndpoint } from './remote-endpoint.ts';
import { gardenProject, runFieldkit } from './run-fieldkit.ts';

const MODELS = ['qwen3.7-plus', 'qwen3.7-flash'];
const KEY = 'sk-not-for-anybody';
const QUESTION = 'When are shrub roses pruned?';

/** A garden with an endpoint, read and indexed. */
async function garden(endpoint: string): Promise<string> {
  const root = gardenProject();
  configure(root, endpoint);
  expect(await runFieldkit(['ingest'], { cwd: root })).toMatchObject({ code: 0 });
  return root;
}

function configure(root: string, endpoint: string): void {
  writeFileSync(
    join(root, 'fieldkit.config.ts'),
    `import { cny, defineProject, env, secret } from '@fieldkit/project';
export default defineProject({
  name: 'garden',
  endpoint: {
    profile: 'dashscope',
    baseUrl: env('MAAS_BASE_URL'),
    apiKey: secret('MAAS_API_KEY'),
    models: { chat: 'qwen3.7-plus', fast: 'qwen3.7-flash' },
    ${endpoint}
  },
});
`,
  );
}

it('records a run and replays it without a network and a key, naming the difference when another is asked', async () => {
  const root = await garden('');
  const remote = await remoteEndpoint({ models: MODELS });
  const env = { MAAS_BASE_URL: remote.url, MAAS_API_KEY: KEY };
  const path = join(root, 'calls.jsonl');
  const ask = (question: string, options: string[], environment = {}) =>
    runFieldkit(['ask', question, '--json', ...options], { cwd: root, env: environment });
  const first = await ask(QUESTION, ['--record', path], env);
  expect(first).toMatchObject({ code: 0 });
  await remote.close();
  expect(remote.requests.length).toBeGreaterThan(0);
  expect(readFileSync(path, 'utf8')).not.toContain(KEY);

  const again = await ask(QUESTION, ['--replay', path]);
  const answerOf = ({ stdout }: { stdout: string }) => JSON.parse(stdout).answer;
  expect([again.code, answerOf(again)]).toEqual([0, answerOf(first)]);
  expect(answerOf(first)).toContain('late March');

  // The stand-in too, which has another port each time.
  const quoted = join(root, 'quoted.jsonl');
  const [made, played] = [await ask(QUESTION, ['--record', quoted]), await ask(QUESTION, ['--replay', quoted])];
  expect([played.code, answerOf(played)]).toEqual([0, answerOf(made)]);

  const other = await ask('How much bone meal does a bush get?', ['--replay', path]);
  expect(other.code).toBe(1);
  expect(`${other.stdout}${other.stderr}`).toMatch(/not on the cassette.*differs from the recorded call/s);
  expect(await ask(QUESTION, ['--record', join(root, 'fieldkit.config.ts')], env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is no recording and is not written over'),
  });
  expect(await ask(QUESTION, ['--replay', join(root, 'none.jsonl')])).toMatchObject({
    stderr: expect.stringContaining('record one first'),
  });
});

it('asks the second region when the first is down, with its own key, and the run says so', async () => {
  const root = await garden(
    `routes: [{ name: 'Singapore', baseUrl: env('SECOND_BASE_URL'), apiKey: secret('SECOND_API_KEY') }],`,
  );
  const [first, second] = [await remoteEndpoint({ models: MODELS }), await remoteEndpoint({ models: MODELS })];
  await first.close();
  const env = { MAAS_BASE_URL: first.url, MAAS_API_KEY: KEY, SECOND_BASE_URL: second.url, SECOND_API_KEY: 'sk-second' };
  const asked = await runFieldkit(['ask', QUESTION, '--json'], { cwd: root, env });
  expect(asked.code).toBe(0);
  expect(JSON.parse(asked.stdout).answer).toContain('late March');
  expect(new Set(second.requests.map(({ key }) => key))).toEqual(new Set(['sk-second']));
  const shown = await runFieldkit(['runs', 'show', 'last', '--json', '--full'], { cwd: root });
  expect(shown.stdout).toMatch(/did not answer \(MODEL_UNREACHABLE\); Singapore was asked instead/);
  // Without the second address there is one region, and no error about the route.
  const { SECOND_BASE_URL: _, ...alone } = env;
  const failed = await runFieldkit(['ask', QUESTION, '--json'], { cwd: root, env: alone });
  expect([failed.code, JSON.parse(failed.stdout).error.code]).toEqual([1, 'MODEL_UNREACHABLE']);
});

it('stops before a limit on money, over several processes, and refuses a limit that nobody can count', async () => {
  const prices = `{ prices: { currency: 'CNY', asOf: '2026-11-01', tiers: [{ input: 1, output: 4 }] } }`;
  const facts = `facts: { 'qwen3.7-plus': ${prices}, 'qwen3.7-flash': ${prices} },`;
  const root = await garden(`spending: { project: cny(0.004) }, ${facts}`);
  const remote = await remoteEndpoint({ models: MODELS });
  const env = { MAAS_BASE_URL: remote.url, MAAS_API_KEY: KEY };
  let asked = 0;
  let last = await runFieldkit(['ask', QUESTION, '--json'], { cwd: root, env });
  expect(last.code).toBe(0);
  while (last.code === 0 && asked < 8) {
    asked += 1;
    last = await runFieldkit(['ask', QUESTION, '--json'], { cwd: root, env });
  }
  expect(`${last.stdout}${last.stderr}`).toMatch(/BUDGET_EXCEEDED.*the project's limit of 0\.0040 CNY/s);

  configure(root, `spending: { day: cny(1) },`);
  expect(await runFieldkit(['ask', QUESTION], { cwd: root, env })).toMatchObject({
    stderr: expect.stringContaining('give endpoint.facts["qwen3.7-plus"].prices'),
  });
});
