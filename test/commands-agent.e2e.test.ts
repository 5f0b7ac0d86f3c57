import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Finished, gardenProject, runFieldkit, temporaryFolder, writeFiles } from './run-fieldkit.ts';

const config = (fields: string) => `import { answer, defineProject, gather, understand } from '@fieldkit/project';
export default defineProject({ name: 'garden', ${fields} });
`;

it('shows the pipeline as it runs and checks it', async () => {
  const root = gardenProject();
  const shown = await runFieldkit(['pipeline', 'show'], { cwd: root });
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/flowchart TD[\s\S]*n_gather --> n_answer[\s\S]*\| gather \| gather \|[\s\S]*Next: /);
  expect(await runFieldkit(['pipeline', 'check'], { cwd: root })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/Nothing is wrong[\s\S]*no pattern that is counted/),
  });

  writeFiles(root, {
    'fieldkit.config.ts': config(
      `granted: ['search_knowledge'], approval: { mode: 'refuse' }, guards: { allowedHosts: ['garden.example'] },
       pipeline: [understand({ model: 'fsat' }), gather({ tools: ['search_knowlege'] }), answer({ thinking: true })]`,
    ),
    'prompts/answre.md': 'Never read.',
  });
  const checked = await runFieldkit(['pipeline', 'check', '--json'], { cwd: root });
  expect(checked.code).toBe(4);
  const { findings, patterns } = JSON.parse(checked.stdout);
  expect(findings.map(({ code }: { code: string }) => code).sort()).toEqual([
    'needless-grant',
    'unknown-model',
    'unknown-tool',
    'unused-prompt',
    'unused-tool',
  ]);
  expect(patterns).toEqual([{ node: 'answer', pattern: 'chain of thought', entitlement: 'ReAct or CoT' }]);
  const { plan } = JSON.parse((await runFieldkit(['pipeline', 'show', '--json'], { cwd: root })).stdout);
  expect(plan).toMatchObject({
    approval: { mode: 'refuse', expirySeconds: 86_400 },
    guards: { allowedHosts: ['garden.example'], instructions: 'remove' },
  });

  rmSync(join(root, 'prompts'), { recursive: true });
  writeFiles(root, { 'fieldkit.config.ts': config(`approval: { mode: 'never' }`) });
  expect(await runFieldkit(['pipeline', 'show'], { cwd: root })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('approval.mode'),
  });
  expect(await runFieldkit(['pipeline', 'draw'], { cwd: gardenProject() })).toMatchObject({ code: 2 });
});

/** A stand-in as a user starts one; ended with Ctrl-C when the test is over. */
async function startStandin(args: readonly string[] = []): Promise<{ url: string; stop: () => Promise<Finished> }> {
  let child: ChildProcess | undefined;
  const finished = runFieldkit(['standin', ...args], {
    onStart: (started) => {
      child = started;
    },
  });
  const stop = () => {
    child?.kill('SIGINT');
    return finished;
  };
  onTestFinished(async () => void (await stop()));
  const url = await new Promise<string>((resolve, reject) => {
    child?.stdout?.on('data', (text: string) => {
      const [, found] = /"url":"([^"]+)"/.exec(text) ?? [];
      if (found !== undefined) resolve(found);
    });
    void finished.then(({ stderr }) => reject(new Error(`the stand-in ended: ${stderr}`)));
  });
  return { url, stop };
}

it('serves the stand-in, says what it is and ends with Ctrl-C', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'script.json': '{"replies":[{"match":"weather","text":"Rain."}]}' });
  const { url, stop } = await startStandin([
    '--script',
    join(folder, 'script.json'),
    '--latency',
    '1',
    '--limits',
    'rpm=600',
  ]);
  const reply = await fetch(`${url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
    body: JSON.stringify({ model: 'standin-extractive', messages: [{ role: 'user', content: 'The weather?' }] }),
  });
  expect(await reply.json()).toMatchObject({ choices: [{ message: { content: 'Rain.' } }] });
  const ended = await stop();
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  const [first = '', ...rest] = ended.stdout.split('\n');
  expect(JSON.parse(first)).toEqual({ ready: true, url, standin: true });
  expect(rest.join('\n')).toMatch(/no language model[\s\S]*Next: /);

  expect(await runFieldkit(['standin', '--port', new URL(url).port, '--limits', 'many'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('rpm=600,tpm=60000'),
  });
  expect(await runFieldkit(['standin', '--port', '70000'])).toMatchObject({ code: 2 });
});

it('resumes a run that was killed and replays a stored one', async () => {
  const root = gardenProject();
  writeFiles(root, {
    'fieldkit.config.ts': `import { defineProject, env, secret } from '@fieldkit/project';
      export default defineProject({ name: 'garden',
        endpoint: { baseUrl: env('GARDEN_URL'), apiKey: secret('GARDEN_KEY'), models: { chat: 'standin-extractive' } } });`,
  });
  const quick = await startStandin();
  const using = (url: string) => ({ cwd: root, env: { GARDEN_URL: url, GARDEN_KEY: 'any' } });
  expect(await runFieldkit(['ingest'], using(quick.url))).toMatchObject({ code: 0 });
  let asking: ChildProcess | undefined;
  const silent = createServer((request, response) => {
    if (request.url?.endsWith('/chat/completions')) asking?.kill('SIGKILL');
    else response.end('{"data":[]}');
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const address = silent.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  await runFieldkit(['ask', 'When are shrub roses pruned?'], {
    ...using(`http://127.0.0.1:${port}/v1`),
    onStart: (child) => {
      asking = child;
    },
  });

  const waiting = await runFieldkit(['runs', 'resume', '--json'], using(quick.url));
  expect(waiting.code).toBe(0);
  const [open] = JSON.parse(waiting.stdout);
  expect(open).toMatchObject({ question: 'When are shrub roses pruned?' });
  expect(await runFieldkit(['runs', 'list'], { cwd: root })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/not ended[\s\S]*When are shrub roses pruned\?[\s\S]*Next: fieldkit runs resume/),
  });
  const resumed = await runFieldkit(['runs', 'resume', open.runId.slice(0, -2)], using(quick.url));
  expect(resumed).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/late March[\s\S]*Next: fieldkit runs show/),
  });
  expect(await runFieldkit(['runs', 'resume', 'nope'], using(quick.url))).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('runs list'),
  });

  const replayed = await runFieldkit(
    ['runs', 'replay', 'last', '--from', 'answer', '--with', 'model=fast', '--json'],
    using(quick.url),
  );
  expect(replayed.code).toBe(0);
  const again = JSON.parse(replayed.stdout);
  expect(again).toMatchObject({ status: 'answered', sameAnswer: true, original: { runId: open.runId } });
  const list = JSON.parse((await runFieldkit(['runs', 'list', '--json'], { cwd: root })).stdout);
  expect(list.map(({ id }: { id: string }) => id)).toEqual([again.runId, open.runId]);
  expect(await runFieldkit(['runs', 'replay', 'last', '--with', 'fast'], using(quick.url))).toMatchObject({ code: 2 });
  expect(await runFieldkit(['runs', 'replay', 'last', '--from', 'anwser'], using(quick.url))).toMatchObject({
    code: 2,
  });
});

const WATERING = `openapi: 3.1.0
info: { title: Watering, version: '1' }
paths:
  /waterings:
    post:
      operationId: orderWatering
      summary: Order the watering of one plot
      description: Use when somebody asks to water a plot that is named by its number. Not for questions about watering.
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [plot]
              properties: { plot: { type: string, pattern: '^PLOT-\\d{2}$', description: Number of the plot } }
      responses:
        '200':
          description: Ordered
          content:
            application/json:
              schema:
                type: object
                required: [ordered]
                properties: { ordered: { type: string, description: Number of the plot } }
`;
const WATERING_SERVER = `import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
const server = createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  appendFileSync(new URL('./orders.log', import.meta.url), body + '\\n');
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ordered: JSON.parse(body).plot }));
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ ready: true, url: 'http://127.0.0.1:' + server.address().port })));
process.stdin.on('end', () => process.exit(0)).resume();
`;

it('asks a person before a tool writes, and goes on once that is decided', async () => {
  const root = gardenProject();
  writeFiles(root, {
    'tools/watering.yaml': WATERING,
    'tools/server.ts': WATERING_SERVER,
    'fieldkit.config.ts': `import { defineProject, env, openApiTools, searchKnowledge } from '@fieldkit/project';
      export default defineProject({ name: 'garden', tools: [searchKnowledge(), openApiTools({ name: 'watering',
        openapi: 'tools/watering.yaml', baseUrl: env('WATERING_URL'), devServer: 'tools/server.ts' })] });`,
  });
  const run = (...args: string[]) => runFieldkit(args, { cwd: root });
  const orders = () => {
    const file = join(root, 'tools/orders.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };
  expect(await run('ingest')).toMatchObject({ code: 0 });
  expect(await run('approvals', 'list')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nothing of cli waits'),
  });
  expect(await run('approvals', 'approve', 'x')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('approvals list'),
  });

  await run('ask', 'Order the watering of plot PLOT-07, please.');
  expect(orders()).toBe('');
  const [approval] = JSON.parse((await run('approvals', 'list', '--json')).stdout);
  expect(approval).toMatchObject({ tool: 'order_watering', input: { plot: 'PLOT-07' }, state: 'pending' });
  expect(await run('approvals', 'approve', approval.id, '--by', 'anna')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(
      `order_watering: approved by anna\n  {"plot":"PLOT-07"}\nNext: fieldkit runs resume ${approval.runId}`,
    ),
  });
  const resumed = await run('runs', 'resume', approval.runId);
  expect(resumed).toMatchObject({ code: 0 });
  expect(orders()).toBe('{"plot":"PLOT-07"}\n');
  expect((await run('approvals', 'list')).stdout).toContain('nothing of cli waits');

  await run('ask', 'Order the watering of plot PLOT-08, please.');
  const [second] = JSON.parse((await run('approvals', 'list', '--json')).stdout);
  expect(await run('approvals', 'approve', second.id, '--input', '{"plot":"8"}')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('does not fit order_watering: plot must match pattern'),
  });
  expect(await run('approvals', 'reject', second.id)).toMatchObject({ code: 0 });
  await run('runs', 'resume', second.runId);
  expect(orders()).toBe('{"plot":"PLOT-07"}\n');
});

it('lints prompts with rules that name their source, and rewrites one beside the original', async () => {
  const root = gardenProject();
  expect(await runFieldkit(['prompt', 'lint'], { cwd: root })).toMatchObject({ code: 0 });
  const before =
    '---\nversion: 3\nvariables: language, marker\n---\nAnswer in {{language}} between {{marker}}. /no_think\n';
  writeFiles(root, { 'prompts/answer.md': before, 'loose.txt': 'You are kind. /think {{undeclared}}' });
  const linted = await runFieldkit(['prompt', 'lint', '--json'], { cwd: root });
  expect(linted.code).toBe(4);
  expect(JSON.parse(linted.stdout).findings).toEqual([
    expect.objectContaining({
      severity: 'error',
      code: 'think-switch',
      where: 'prompts/answer.md',
      message: expect.stringMatching(/\[.*2026\)\]/),
    }),
  ]);
  expect(await runFieldkit(['prompt', 'lint', 'loose.txt'], { cwd: root })).toMatchObject({
    code: 4,
    stdout: expect.stringMatching(/think-switch[\s\S]*Next: /),
  });

  const rewrite = (...args: string[]) =>
    runFieldkit(['prompt', 'rewrite', 'prompts/answer.md', ...args], { cwd: root });
  expect(await rewrite('--for', 'qwen', '--out', 'prompts/answer.md')).toMatchObject({ code: 2 });
  expect(await rewrite('--for', 'gpt', '--out', 'new.md')).toMatchObject({ code: 2 });
  expect(await rewrite('--for', 'qwen', '--out', 'new.md')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Changed:'),
  });
  expect(readFileSync(join(root, 'new.md'), 'utf8')).toBe(before.replace(' /no_think', ''));
  expect(readFileSync(join(root, 'prompts/answer.md'), 'utf8')).toBe(before);

  writeFiles(root, { 'bad.md': '---\ntemperatur: 0\n---\nAnswer. /no_think\n' });
  expect(
    await runFieldkit(['prompt', 'rewrite', 'bad.md', '--for', 'qwen', '--out', 'better.md', '--test'], { cwd: root }),
  ).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "temperature"?') });
  expect(existsSync(join(root, 'better.md'))).toBe(false);
});
