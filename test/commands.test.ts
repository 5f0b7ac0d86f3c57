import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectTools } from '@fieldkit/mcp-tools';
import { expect, it } from 'vitest';
import { gardenProject, launcher, plainEnvironment, runFieldkit, temporaryFolder, writeFiles } from './run-fieldkit.ts';

it('shows the commands, the help of one with an example, and refuses an unknown one', async () => {
  const overview = await runFieldkit(['--help']);
  expect(overview).toMatchObject({ code: 0, stderr: '' });
  const names = Array.from(overview.stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm), ([, name = '']) => name);
  expect(names).toEqual(
    expect.arrayContaining([
      'demo',
      'init',
      'ingest',
      'search',
      'ask',
      'chat',
      'parse',
      'runs',
      'eval',
      'status',
      'doctor',
    ]),
  );
  for (const name of names) {
    const help = await runFieldkit([name, '--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/^usage: fieldkit .*\n[\s\S]*examples:\n {2}.*fieldkit /);
  }
  expect(await runFieldkit(['fly'])).toMatchObject({ code: 2, stderr: expect.stringContaining('no command "fly"') });
  expect(await runFieldkit(['ask', '--sesion', 'x', 'q'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("'--sesion'"),
  });
}, 60_000);

it('takes a new project outside the clone from init to an answer with a checked citation', async () => {
  const folder = temporaryFolder();
  const made = await runFieldkit(['init', 'acme'], { cwd: folder });
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Next: put PDF, Word or text files into acme/knowledge'),
  });
  const root = join(folder, 'acme');
  expect(await runFieldkit(['ingest'], { cwd: root })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there are no documents'),
  });

  writeFiles(root, {
    'knowledge/tea.md':
      '# Green tea\n\nSteep green tea for 90 seconds at 75 °C.\n\n# Black tea\n\nSteep black tea for four minutes.\n',
  });
  expect(await runFieldkit(['ask', 'How long does green tea steep?'], { cwd: root })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('run `fieldkit ingest` first'),
  });
  expect(await runFieldkit(['ingest'], { cwd: root })).toMatchObject({ code: 0 });

  const asked = await runFieldkit(['ask', 'How long does green tea steep?', '--json'], {
    cwd: join(root, 'knowledge'),
  });
  const answer = JSON.parse(asked.stdout);
  expect(answer).toMatchObject({
    status: 'answered',
    citations: [{ marker: 1, uri: 'knowledge/tea.md', headings: ['Green tea'] }],
  });
  expect(answer.citations[0].quote).toContain('90 seconds');

  const shown = await runFieldkit(['runs', 'show', 'last'], { cwd: root });
  expect(shown.stdout).toMatch(/node understand[\s\S]*node gather[\s\S]*tool search_knowledge[\s\S]*node answer/);
  expect(await runFieldkit(['init', '.'], { cwd: root })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is a project already'),
  });
}, 60_000);

it('does no work on an unchanged folder, and exactly the work of a change', async () => {
  const root = gardenProject();
  const ingest = async () => {
    const { stdout, code } = await runFieldkit(['ingest', '--json', '--project', root]);
    const { sync, files } = JSON.parse(stdout);
    return {
      code,
      ...sync,
      read: files
        .filter(({ outcome }: { outcome: string }) => outcome === 'read')
        .map(({ uri }: { uri: string }) => uri),
    };
  };
  expect(await ingest()).toMatchObject({ code: 0, added: 3, read: expect.arrayContaining(['knowledge/roses.txt']) });
  expect(await ingest()).toMatchObject({
    added: 0,
    changed: 0,
    removed: 0,
    unchanged: 3,
    chunksWritten: 0,
    chunksDeleted: 0,
    read: [],
  });

  writeFiles(root, {
    'knowledge/compost.txt': 'Compost\r\n\r\nTurn the heap every two weeks. A heap is ready after nine months.\r\n',
  });
  expect(await ingest()).toMatchObject({ changed: 1, unchanged: 2, read: ['knowledge/compost.txt'] });

  renameSync(join(root, 'knowledge/compost.txt'), join(root, 'knowledge/heap.txt'));
  expect(await ingest()).toMatchObject({ added: 1, removed: 1, unchanged: 2, read: ['knowledge/heap.txt'] });

  rmSync(join(root, 'knowledge/heap.txt'));
  expect(await ingest()).toMatchObject({ removed: 1, unchanged: 2, read: [] });
  const { stdout } = await runFieldkit(['search', 'turn the compost heap', '--json', '--project', root]);
  expect(JSON.parse(stdout).map(({ metadata }: { metadata: { uri: string } }) => metadata.uri)).not.toContain(
    'knowledge/heap.txt',
  );
}, 60_000);

it('shows a document of a group to its members only', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const uris = async (...more: string[]) => {
    const { stdout } = await runFieldkit([
      'search',
      'what does a seasonal gardener earn',
      '--json',
      '--project',
      root,
      ...more,
    ]);
    return JSON.parse(stdout).map(({ metadata }: { metadata: { uri: string } }) => metadata.uri);
  };
  expect(await uris('--groups', 'staff')).toContain('knowledge/staff/wages.txt');
  expect(await uris()).not.toContain('knowledge/staff/wages.txt');
  expect(await uris('--groups', 'dealers')).not.toContain('knowledge/staff/wages.txt');
  expect(await uris('--groups', 'staff', '--tenant', 'other')).toEqual([]);
}, 60_000);

it('reports each file that is no document by name, code and remedy, and reads the rest', async () => {
  const root = gardenProject();
  const encryptedWord = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2048)]);
  writeFiles(root, {
    'knowledge/empty.txt': '',
    'knowledge/broken.pdf': '%PDF-1.7\nthis is not a document',
    'knowledge/photo.txt': Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
    'knowledge/secret.docx': encryptedWord,
    'knowledge/page.pdf': '<!doctype html><html><body><h1>Lawn</h1><p>Mow the lawn weekly in May.</p></body></html>',
  });
  const { code, stdout } = await runFieldkit(['ingest', '--json', '--project', root]);
  expect(code).toBe(3);
  const failed = new Map<string, { code: string; message: string }>(
    JSON.parse(stdout).files.flatMap(
      (file: { uri: string; outcome: string; findings: { code: string; message: string }[] }) =>
        file.outcome === 'failed' ? [[file.uri, file.findings[0]]] : [],
    ),
  );
  expect([...failed.keys()].sort()).toEqual(
    expect.arrayContaining([
      'knowledge/broken.pdf',
      'knowledge/empty.txt',
      'knowledge/photo.txt',
      'knowledge/secret.docx',
    ]),
  );
  expect(failed.get('knowledge/empty.txt')?.code).toBe('file-empty');
  for (const { message } of failed.values()) expect(message.length).toBeGreaterThan(20);
  expect(failed.has('knowledge/roses.txt')).toBe(false);
  const again = await runFieldkit(['ingest', '--project', root]);
  expect(again).toMatchObject({ code: 3, stdout: expect.stringContaining('knowledge/empty.txt') });
}, 60_000);

it('keeps a conversation over a pipe', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const { code, stdout } = await runFieldkit(['chat', '--json', '--project', root], {
    input: 'When are shrub roses pruned?\nAnd how far?\n',
  });
  expect(code).toBe(0);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(answers.map(({ question }) => question)).toEqual(['When are shrub roses pruned?', 'And how far?']);
  expect(answers[0].citations[0].quote).toContain('late March');
}, 60_000);

it('scores the questions of a project and misses a gate with exit code 4', async () => {
  const root = gardenProject();
  writeFiles(root, {
    'evals/questions.jsonl': [
      {
        id: 'a',
        question: 'When are shrub roses pruned?',
        gold: [{ document: 'knowledge/roses.txt', quote: 'Shrub roses are pruned in late March' }],
      },
      { id: 'b', question: 'What does a chainsaw cost?', kind: 'not-answerable', expect: 'insufficient' },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
  });
  await runFieldkit(['ingest', '--project', root]);
  const scored = await runFieldkit([
    'eval',
    'run',
    '--json',
    '--project',
    root,
    '--min',
    'gold-place-first-3=1',
    '--min',
    'refusal=1',
  ]);
  expect(scored).toMatchObject({ code: 0 });
  const { summary, cases } = JSON.parse(scored.stdout);
  expect(summary).toMatchObject({ cases: 2, statuses: { answered: 1, insufficient: 1 } });
  expect(cases[0].scores['gold-place-first-3'].value).toBe(1);
  writeFiles(root, {
    'evals/questions.jsonl': '{"id":"a","question":"When are shrub roses pruned?","expect":"insufficient"}',
  });
  expect(await runFieldkit(['eval', 'run', '--project', root, '--min', 'refusal=1'])).toMatchObject({ code: 4 });
  writeFiles(root, { 'evals/questions.jsonl': '\n{"id":"a"}' });
  expect(await runFieldkit(['eval', 'run', '--project', root])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('questions.jsonl:2'),
  });
}, 60_000);

it('names path, value and nearest key of a wrong configuration, and what a half-set endpoint lacks', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  writeFiles(root, { 'fieldkit.config.ts': "export default { name: 'garden', knowlege: {} };" });
  expect(await runFieldkit(['status', '--project', root])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('knowlege: unknown key; did you mean "knowledge"?'),
  });
  writeFiles(root, { 'fieldkit.config.ts': 'export default {' });
  expect(await runFieldkit(['status', '--project', root])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot load'),
  });
  writeFiles(root, {
    'fieldkit.config.ts': `import { defineProject, env, secret } from '@fieldkit/project';
export default defineProject({ name: 'garden', endpoint: { baseUrl: env('MAAS_BASE_URL'), apiKey: secret('MAAS_API_KEY'), models: { chat: 'm' } } });`,
  });
  const keyOnly = await runFieldkit(['ask', 'q', '--project', root], { env: { MAAS_API_KEY: 'sk-hidden-1' } });
  expect(keyOnly).toMatchObject({ code: 2, stderr: expect.stringContaining('dashscope-intl.aliyuncs.com') });
  expect(keyOnly.stderr + keyOnly.stdout).not.toContain('sk-hidden-1');
}, 60_000);

it('ends with a clear error when the endpoint is down, and answers again without it', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  writeFiles(root, {
    'fieldkit.config.ts': `import { defineProject, env, secret } from '@fieldkit/project';
export default defineProject({ name: 'garden', endpoint: { baseUrl: env('MAAS_BASE_URL'), apiKey: secret('MAAS_API_KEY'), models: { chat: 'm' } }, budget: { seconds: 5 } });`,
  });
  const down = await runFieldkit(['ask', 'When are shrub roses pruned?', '--json', '--project', root], {
    env: { MAAS_BASE_URL: 'http://127.0.0.1:9/v1', MAAS_API_KEY: 'k' },
  });
  expect(down.code).toBe(1);
  expect(JSON.parse(down.stdout)).toMatchObject({
    status: 'failed',
    error: { code: expect.stringMatching(/MODEL_UNREACHABLE|BUDGET_EXCEEDED|TIMED_OUT/) },
  });
  expect(await runFieldkit(['ask', 'When are shrub roses pruned?', '--project', root])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('late March'),
  });
}, 60_000);

it('says with doctor what is fine, which hosts are contacted, and what to mend', async () => {
  const root = gardenProject();
  const before = await runFieldkit(['doctor', '--json', '--project', root]);
  expect(before.code).toBe(0);
  const { checks, contacts } = JSON.parse(before.stdout);
  expect(checks.find(({ name }: { name: string }) => name === 'index').finding.suggestion).toBe('run fieldkit ingest');
  expect(contacts[0].host).toContain('127.0.0.1');
  expect(await runFieldkit(['doctor'], { cwd: temporaryFolder() })).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('no fieldkit.config.ts'),
  });
}, 60_000);

it('parses files without a project and lists what could not be read', async () => {
  const folder = temporaryFolder();
  writeFiles(folder, { 'a.md': '# Title\n\ntext\n', 'b.txt': '' });
  const parsed = await runFieldkit(['parse', 'a.md', 'b.txt', 'c.pdf', '--out', 'out', '--json'], { cwd: folder });
  expect(parsed.code).toBe(3);
  expect(
    JSON.parse(parsed.stdout).map(({ ok, findings }: { ok: boolean; findings: { code: string }[] }) => [
      ok,
      findings[0]?.code,
    ]),
  ).toEqual([
    [true, undefined],
    [false, 'file-empty'],
    [false, 'file-not-found'],
  ]);
}, 60_000);

it('lists, calls and serves the tools over standard input and output', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const listed = await runFieldkit(['tools', 'list', '--json', '--project', root]);
  expect(JSON.parse(listed.stdout)).toMatchObject([{ name: 'search_knowledge', effects: 'read' }]);
  const called = await runFieldkit([
    'tools',
    'call',
    'search_knowledge',
    '{"query":"pruning shrub roses"}',
    '--json',
    '--project',
    root,
  ]);
  expect(JSON.parse(called.stdout).data.passages[0].text).toContain('late March');
  expect(await runFieldkit(['tools', 'call', 'fly', '--project', root])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no tool "fly"'),
  });

  const env = Object.fromEntries(
    Object.entries(plainEnvironment()).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const stdio = { command: process.execPath, args: [launcher, 'tools', 'serve', '--stdio', '--project', root], env };
  const { tools, findings, close } = await connectTools([{ stdio }]);
  try {
    expect(findings).toEqual([]);
    const result = await tools[0]?.run(
      { query: 'turn the heap' },
      { caller: { tenant: 't', subject: 's', groups: [] }, callId: 'c1' },
    );
    expect(result?.text).toContain('every three weeks');
  } finally {
    await close();
  }
}, 60_000);

it('measures retrieval on the labelled questions, compares two results and tunes', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const ask = (id: string, question: string, quote: string) => ({
    id,
    question,
    gold: [{ document: 'knowledge/roses.txt', quote }],
  });
  const questions = [
    ask('a', 'When are shrub roses pruned?', 'Shrub roses are pruned in late March'),
    ask('b', 'How many buds remain on a shoot?', 'Cut each shoot to five buds.'),
    ask('c', 'How much bone meal does each bush get?', 'Give each bush 60 grams of bone meal'),
    ask('d', 'Until when are bushes fed?', 'Stop feeding after 15 July.'),
    ask('e', 'Where is it said?', 'words that stand nowhere'),
  ];
  writeFiles(root, { 'evals/questions.jsonl': questions.map((line) => JSON.stringify(line)).join('\n') });
  const out = join(root, 'result.json');
  const measured = await runFieldkit(['retrieval', 'eval', '--json', '--out', out, '--project', root]);
  expect(measured).toMatchObject({ code: 0, stderr: expect.stringContaining('left out e: its gold place is not in') });
  expect(JSON.parse(measured.stdout).mean['recall@10']).toBe(1);
  const same = await runFieldkit(['retrieval', 'diff', out, out]);
  expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('this may be chance') });
  const tuned = await runFieldkit(['retrieval', 'tune', '--project', root]);
  expect(tuned).toMatchObject({ code: 0, stdout: expect.stringMatching(/Recommended: .*\n[\s\S]*Evidence: /) });
  expect(await runFieldkit(['retrieval', 'diff', out, join(root, 'gone.json')])).toMatchObject({ code: 2 });
}, 60_000);

it('forgets a document everywhere once its file is gone', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const forget = () => runFieldkit(['forget', 'knowledge/roses.txt', '--project', root]);
  expect(await forget()).toMatchObject({ code: 2, stderr: expect.stringContaining('still lies in the project') });
  rmSync(join(root, 'knowledge/roses.txt'));
  expect(await forget()).toMatchObject({ code: 0, stdout: expect.stringContaining('nothing is left') });
  const { stdout } = await runFieldkit(['search', 'pruning shrub roses', '--json', '--project', root]);
  expect(stdout).not.toContain('late March');
  expect(await forget()).toMatchObject({ code: 1, stderr: expect.stringContaining('no document') });
}, 60_000);
