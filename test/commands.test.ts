import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gardenProject, runFieldkit, temporaryFolder, writeFiles } from './run-fieldkit.ts';

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
});

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
  expect(answer.status).toBe('answered');
  expect(answer.citations[0]).toMatchObject({ marker: 1, uri: 'knowledge/tea.md', headings: ['Green tea'] });
  expect(answer.citations[0].quote).toContain('90 seconds');

  const shown = await runFieldkit(['runs', 'show', 'last'], { cwd: root });
  expect(shown.stdout).toMatch(/node understand[\s\S]*node gather[\s\S]*tool search_knowledge[\s\S]*node answer/);
  expect(shown.stdout).toMatch(/lexical +0 -> \d.*terms \[.*"steep"[\s\S]*duplicates +\d+ -> \d/);
  expect(await runFieldkit(['init', '.'], { cwd: root })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is a project already'),
  });
});

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
});

it('names path, value and nearest key of a wrong configuration, and what a half-set endpoint lacks', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  writeFiles(root, { 'fieldkit.config.ts': "export default { name: 'garden', knowlege: {} };" });
  expect(await runFieldkit(['status', '--project', root])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('knowlege: unknown key; did you mean "knowledge"?'),
  });
  writeFiles(root, { 'fieldkit.config.ts': "export default {\n  name: 'garden'\n  tools: [],\n};" });
  expect(await runFieldkit(['status', '--project', root])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /cannot load .*fieldkit\.config\.ts, line 3: [^\n]+\n.*name: 'garden'\n {2}tools: \[\]/,
    ),
  });
  writeFiles(root, {
    'fieldkit.config.ts':
      "import { defineProject, gather } from '@fieldkit/project';\nexport default defineProject({ name: 'g', tools: [searchKnowlege()], pipeline: [gather()] });",
  });
  expect(await runFieldkit(['status', '--project', root])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/line 2: searchKnowlege is not defined; did you mean "searchKnowledge"\?/),
  });
  writeFiles(root, {
    'fieldkit.config.ts': `import { defineProject, env, secret } from '@fieldkit/project';
export default defineProject({ name: 'garden', endpoint: { baseUrl: env('MAAS_BASE_URL'), apiKey: secret('MAAS_API_KEY'), models: { chat: 'm' } } });`,
  });
  const keyOnly = await runFieldkit(['ask', 'q', '--project', root], { env: { MAAS_API_KEY: 'sk-hidden-1' } });
  expect(keyOnly).toMatchObject({ code: 2, stderr: expect.stringContaining('dashscope-intl.aliyuncs.com') });
  expect(keyOnly.stderr + keyOnly.stdout).not.toContain('sk-hidden-1');
});

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
});

it('says with doctor what is fine, which hosts are contacted, and what to mend', async () => {
  const root = gardenProject();
  const before = await runFieldkit(['doctor', '--json', '--project', root]);
  expect(before.code).toBe(0);
  const { checks, contacts } = JSON.parse(before.stdout);
  expect(checks.find(({ name }: { name: string }) => name === 'index').finding.suggestion).toBe(
    'run `fieldkit ingest`',
  );
  expect(contacts[0].host).toContain('127.0.0.1');
  expect(await runFieldkit(['doctor'], { cwd: temporaryFolder() })).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('no fieldkit.config.ts'),
  });
});

it('names the nearest command and the nearest option', async () => {
  const command = await runFieldkit(['inges']);
  expect(command).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean "ingest"?') });
  const option = await runFieldkit(['ask', 'q', '--projct', 'x']);
  expect(option).toMatchObject({ code: 2, stderr: expect.stringContaining('did you mean --project?') });
});
