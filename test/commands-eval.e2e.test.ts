import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { createStandin } from '@fieldkit/standin';
import { expect, it, onTestFinished } from 'vitest';
import { gardenProject, runFieldkit, writeFiles } from './run-fieldkit.ts';

const QUESTIONS = [
  {
    id: 'prune',
    question: 'When are shrub roses pruned?',
    references: ['late March'],
    gold: [{ document: 'knowledge/roses.txt', quote: 'Shrub roses are pruned in late March' }],
  },
  { id: 'moon', question: 'How far away is the moon?', kind: 'not-answerable', expect: 'insufficient' },
];

function questionedGarden(): string {
  const root = gardenProject();
  writeFiles(root, { 'evals/questions.jsonl': QUESTIONS.map((item) => `${JSON.stringify(item)}\n`).join('') });
  return root;
}

it('keeps outcomes in a ledger, goes on from there, reports and compares', async () => {
  const root = questionedGarden();
  const run = (...args: string[]) => runFieldkit(['eval', ...args], { cwd: root });
  expect(await runFieldkit(['ingest'], { cwd: root })).toMatchObject({ code: 0 });
  expect(await run('run', '--ledger', '--name', 'before')).toMatchObject({ code: 0 });
  const asked = async () => JSON.parse((await runFieldkit(['runs', 'list', '--json'], { cwd: root })).stdout).length;
  const once = await asked();

  const again = await run('run', '--name', 'before', '--report', 'evidence/report', '--min', 'refusal=1', '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout)).toMatchObject({
    missedGates: [],
    reused: 2,
    summary: { cases: 2 },
    cases: { length: 2 },
  });
  expect(await asked()).toBe(once); // nothing was asked again
  for (const name of ['report.html', 'report.md', 'report.json', 'rows.csv', 'junit.xml'])
    expect(existsSync(join(root, 'evidence', 'report', name)), name).toBe(true);
  expect(readFileSync(join(root, 'evidence', 'report', 'junit.xml'), 'utf8')).toContain('prune round 1');

  writeFiles(root, {
    'fieldkit.config.ts': `import { defineProject } from '@fieldkit/project';
      export default defineProject({ name: 'garden', granted: [], memory: { turns: 1 } });`,
    'evals/criteria.json': '{"gates":[{"scorer":"refusal","atLeast":1,"items":50}]}',
  });
  expect(await run('run', '--ledger', '--name', 'after', '--criteria', 'evals/criteria.json')).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('gate missed: refusal'),
  });
  expect(await asked()).toBe(once * 2);
  const { dataset } = JSON.parse(readFileSync(join(root, 'evidence/report/report.json'), 'utf8'));
  const moved = (file: string, hash: string) => {
    writeFiles(root, { [file]: JSON.stringify({ gates: [{ scorer: 'refusal', atLeast: 0.5 }], dataset: hash }) });
    return run('run', '--ledger', '--name', 'after', '--criteria', file);
  };
  expect(await moved('evals/half.json', dataset.hash)).toMatchObject({ code: 0 });
  expect(await moved('evals/other.json', '0'.repeat(64))).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('dataset is not the one'),
  });
  // lowered after they were fixed by their first use
  expect(await moved('evals/criteria.json', dataset.hash)).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('criteria are not the ones that were fixed'),
  });
  const compared = await run('compare', 'before', 'after', '--scorer', 'refusal');
  expect(compared).toMatchObject({ code: 0, stdout: expect.stringMatching(/no significant difference[\s\S]*Next: /) });
  expect(await run('compare', 'before', 'now')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('before, after'),
  });
});

it('writes the sheet for experts and adds its rows to the questions', async () => {
  const root = questionedGarden();
  const run = (...args: string[]) => runFieldkit(['eval', ...args], { cwd: root });
  for (const file of ['sheet.xlsx', 'sheet.csv']) {
    const written = await run('template', '--out', file, '--language', 'zh', '--questions', 'evals/questions.jsonl');
    expect(written).toMatchObject({ code: 0, stdout: expect.stringContaining('2 questions') });
    const into = `from-${file}.jsonl`;
    expect(await run('import', file, '--questions', into)).toMatchObject({ code: 0, stderr: '' });
    const lines = readFileSync(join(root, into), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject(QUESTIONS);
  }
  expect(readFileSync(join(root, 'sheet.csv'), 'utf8')).toMatch(/^\ufeff编号,问题,/);

  writeFiles(root, {
    'more.csv':
      'id,question,reference\nprune,Another question?,x\nfeed,When does feeding stop?,15 July\nbad,,nothing asked\n',
  });
  const before = readFileSync(join(root, 'evals/questions.jsonl'), 'utf8');
  const imported = await run('import', 'more.csv', '--json');
  expect(imported.code).toBe(3);
  const { added, problems, disagreements } = JSON.parse(imported.stdout);
  expect(added).toBe(1);
  expect(problems).toEqual([expect.stringContaining('question')]);
  expect(disagreements).toContainEqual(
    expect.objectContaining({
      id: 'prune',
      field: 'question',
      values: { 'more.csv': 'Another question?', "the project's questions.jsonl": 'When are shrub roses pruned?' },
    }),
  );
  const after = readFileSync(join(root, 'evals/questions.jsonl'), 'utf8');
  expect(after.startsWith(before)).toBe(true);
  expect(JSON.parse(after.slice(before.length))).toMatchObject({ id: 'feed', references: ['15 July'] });
  expect(await run('import', 'none.csv')).toMatchObject({ code: 1, stderr: expect.stringContaining('none.csv') });
  expect(await run('template', '--out', 'sheet.pdf')).toMatchObject({ code: 2 });
});

it('makes a question of a run', async () => {
  const root = questionedGarden();
  expect(await runFieldkit(['ingest'], { cwd: root })).toMatchObject({ code: 0 });
  expect(await runFieldkit(['ask', 'How long until a compost heap is ready?'], { cwd: root })).toMatchObject({
    code: 0,
  });
  const add = (...args: string[]) => runFieldkit(['eval', 'add', '--from-run', 'last', ...args], { cwd: root });
  expect(await add()).toMatchObject({ code: 2, stderr: expect.stringContaining('say what is right') });
  const added = await add('--right', '--reference', 'nine months', '--json');
  expect(JSON.parse(added.stdout)).toMatchObject({
    added: 1,
    case: {
      references: ['nine months'],
      gold: expect.arrayContaining([
        expect.objectContaining({ quote: expect.stringContaining('A heap is ready after nine months') }),
      ]),
      tags: ['from-run'],
    },
  });
  expect(await add('--right')).toMatchObject({ code: 2, stderr: expect.stringContaining('already') });
});

const TARGETS = (
  url: string,
) => `import { defineProject, httpTarget, outputsFile, promptTarget, secret } from '@fieldkit/project';
export default defineProject({
  name: 'garden',
  endpoint: { profile: 'generic', baseUrl: '${url}/v1', models: { chat: 'scripted', fast: 'scripted' } },
  evaluation: {
    targets: [
      promptTarget({ name: 'prompts', prompts: ['evals/plain.md', 'evals/short.md'], models: ['chat', 'other'] }),
      httpTarget({
        name: 'helpdesk', url: '${url}/help', headers: { authorization: secret('HELP_KEY') }, body: { q: '{{question}}' },
        answer: 'reply.text', contexts: 'reply.docs[*]', insufficientWhen: ['cannot say'],
      }),
      outputsFile({ name: 'others', file: 'evals/others.jsonl' }),
    ],
    judges: [{ name: 'correct', criterion: 'Is the answer correct?', models: ['judge'] }],
  },
});`;

/** An endpoint that answers by model name, judges by a word, and offers a help desk of its own. */
async function scriptedEndpoint(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let raw = '';
    request.on('data', (data) => {
      raw += data;
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      const body = raw === '' ? {} : JSON.parse(raw);
      if (raw !== '') asked.push(`${request.url} ${body.model ?? ''}`);
      if (request.url === '/help') {
        const authorized = request.headers.authorization === 'Bearer abc';
        const text = body.q.includes('moon') ? 'I cannot say.' : 'Prune in late March.';
        response.end(
          JSON.stringify({ reply: { text: authorized ? text : 'no key', docs: ['Pruned in late March.'] } }),
        );
        return;
      }
      const said = String(body.messages?.at(-1)?.content ?? '');
      const verdict = said.includes('late March') ? 'pass' : 'fail';
      const content =
        body.model === 'judge'
          ? JSON.stringify({ reasons: 'compared', verdict })
          : body.model === 'other'
            ? 'Nobody knows.'
            : 'In late March.';
      const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
      if (body.stream !== true) {
        const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
        response.end(
          JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: body.model, choices, usage }),
        );
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      const chunk = (choices: unknown, more = {}) =>
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: body.model, choices, ...more })}\n\n`;
      response.end(
        `${chunk([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }])}${chunk([{ index: 0, delta: {}, finish_reason: 'stop' }])}${chunk([], { usage })}data: [DONE]\n\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, asked };
}

it('asks prompts on models, an endpoint and a file of answers side by side, judged, with kappa beside the judge', async () => {
  const { url, asked } = await scriptedEndpoint();
  const root = questionedGarden();
  writeFiles(root, {
    'fieldkit.config.ts': TARGETS(url),
    'evals/plain.md': 'Answer: {{question}}',
    'evals/short.md': '---\ntemperature: 0.5\n---\nYou answer in a few words.',
    'evals/others.jsonl': '{"id":"prune","answer":"In June."}\n{"id":"moon","answer":"","status":"insufficient"}\n',
  });
  const run = (...args: string[]) => runFieldkit(['eval', ...args], { cwd: root, env: { HELP_KEY: 'Bearer abc' } });
  const names = ['prompts', 'helpdesk', 'others'].flatMap((name) => ['--target', name]);
  const first = await run('run', ...names, '--ledger', '--rounds', '2', '--judge', 'correct', '--json');
  expect(first).toMatchObject({ code: 0 });
  const { report } = JSON.parse(first.stdout);
  const means = Object.fromEntries(
    report.targets.map(
      ({ name, summary }: { name: string; summary: { scores: { scorer: string; overall: { mean: number } }[] } }) => [
        name,
        summary.scores.find(({ scorer }) => scorer === 'contains')?.overall.mean,
      ],
    ),
  );
  expect(means).toEqual({
    'plain on scripted': 1,
    'plain on other': 0,
    'short on scripted': 1,
    'short on other': 0,
    helpdesk: 1,
    others: 0,
  });
  expect(report.comparisons).toHaveLength(15);
  expect(asked.filter((line) => line.startsWith('/help'))).toHaveLength(4);
  const calls = asked.length;

  // nothing is asked again, and the judge is not asked about what it has judged
  const again = await run('run', ...names, '--ledger', '--rounds', '2', '--judge', 'correct');
  expect(again.stdout).toContain('24 of 24 answers were in the ledger already');
  expect(again.stdout).toContain('correct (judge, no labels)');
  expect(asked).toHaveLength(calls);

  expect(await run('label', '--name', 'helpdesk', '--out', 'labels.xlsx')).toMatchObject({ code: 0 });
  expect(
    await runFieldkit(['eval', 'label', '--name', 'plain on scripted'], { cwd: root, input: 'p\nf\n' }),
  ).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('2 labels added'),
  });
  const judged = await run('run', '--target', 'prompts', '--ledger', '--judge', 'correct');
  expect(judged.stdout).toMatch(/correct \(judge, kappa [\d.–]+, \d labels\)/);
  expect(asked).toHaveLength(calls);
  expect(await run('run', '--target', 'helpdsk')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('"helpdesk"'),
  });
});

it('stops with one error when every question would fail alike', async () => {
  const root = questionedGarden();
  const lines = Array.from({ length: 12 }, (_, index) =>
    JSON.stringify({ id: `q${index}`, question: `Why ${index}?` }),
  );
  writeFiles(root, { 'evals/questions.jsonl': lines.join('\n') });
  const run = (...args: string[]) => runFieldkit(['eval', 'run', ...args], { cwd: root });
  const unindexed = await run();
  expect(unindexed).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('fieldkit ingest') });
  writeFiles(root, {
    'fieldkit.config.ts': TARGETS('http://127.0.0.1:9'),
    'evals/plain.md': 'Answer: {{question}} for {{customer}}',
  });
  const unfilled = await run('--prompt', 'evals/plain.md');
  expect(unfilled.code).not.toBe(0);
  expect(unfilled.stderr).toMatch(/customer.*the first 5 questions all failed like this/);
  expect(unfilled.stdout).not.toContain('Scores');
});

it('tells of leaks between splits and of unlabelled questions', async () => {
  const root = questionedGarden();
  const check = () => runFieldkit(['eval', 'check'], { cwd: root });
  expect(await check()).toMatchObject({ code: 0, stdout: expect.stringContaining('2 questions') });
  writeFiles(root, {
    'evals/questions.yaml':
      '- {id: a, question: When are shrub roses pruned?, references: [March]}\n- {id: b, question: "When are shrub roses pruned ?", split: unseen, references: [March]}\n',
  });
  expect(await runFieldkit(['eval', 'check', '--questions', 'evals/questions.yaml'], { cwd: root })).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('a and b'),
  });
});

it('asks by batch, collects after an interruption what was sent, and keeps errors to their lines', async () => {
  const standin = await createStandin().listen(0);
  onTestFinished(() => standin.close());
  const root = questionedGarden();
  writeFiles(root, {
    'fieldkit.config.ts': TARGETS(standin.url.replace(/\/v1$/, '')),
    'evals/ask.md': 'Question: {{question}} ({{unit}})',
    'evals/questions.jsonl': ['a', 'b', 'c']
      .map((id) =>
        JSON.stringify({
          id,
          question: `What is ${id}?`,
          references: [id],
          ...(id === 'b' ? {} : { variables: { unit: 'm' } }),
        }),
      )
      .join('\n'),
  });
  const args = ['eval', 'run', '--prompt', 'evals/ask.md', '--model', 'standin-extractive', '--batch'];
  const cut = await runFieldkit([...args, '--poll', '60'], {
    cwd: root,
    onStart: (child) =>
      child.stdout?.on('data', (data) => {
        if (String(data).includes('questions, sent')) child.kill('SIGKILL');
      }),
  });
  const id = /batch (\S+) of 2 questions, sent/.exec(cut.stdout)?.[1];
  expect(id).toBeDefined();
  const rest = await runFieldkit([...args, '--poll', '0.2', '--json'], { cwd: root });
  expect(rest.stderr).toContain(`batch ${id} of 2 questions, collected`);
  expect(rest.stderr).not.toContain(', sent');
  const { cases } = JSON.parse(rest.stdout);
  expect(cases.map(({ status, error }: { status: string; error?: { code: string } }) => error?.code ?? status)).toEqual(
    ['answered', 'DATASET_INVALID', 'answered'],
  );
});

it('optimises a prompt in rounds and keeps what is better beyond doubt', async () => {
  const right = 'carefully';
  const server = createServer((request, response) => {
    let raw = '';
    request.on('data', (data) => {
      raw += data;
    });
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      const { model, messages, stream } = raw === '' ? { model: '', messages: [], stream: false } : JSON.parse(raw);
      const said = messages.map(({ content }: { content: string }) => content).join(' ');
      const number = Number(/item (\d+)/.exec(said)?.[1] ?? 0);
      const proposal = {
        prompts: [
          { reason: 'r', system: `Work ${right}.`, user: '{{question}}' },
          { reason: 'r', system: 'Be quick.', user: 'nothing' },
        ],
      };
      const content =
        model === 'writer'
          ? JSON.stringify(proposal)
          : said.includes(right) || number % 3 === 0
            ? `It is ${number}.`
            : 'Hm.';
      const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
      if (stream !== true) {
        response.end(
          JSON.stringify({
            id: 'x',
            object: 'chat.completion',
            created: 1,
            model,
            choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
            usage,
          }),
        );
        return;
      }
      response.setHeader('content-type', 'text/event-stream');
      const chunk = (choices: unknown, more = {}) =>
        `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model, choices, ...more })}\n\n`;
      response.end(
        `${chunk([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }])}${chunk([{ index: 0, delta: {}, finish_reason: 'stop' }])}${chunk([], { usage })}data: [DONE]\n\n`,
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const root = questionedGarden();
  writeFiles(root, {
    'fieldkit.config.ts': TARGETS(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`),
    'evals/base.md': 'You answer.',
    'evals/many.jsonl': Array.from({ length: 120 }, (_, index) =>
      JSON.stringify({ id: `i${index}`, question: `What is item ${index}?`, references: [`${index}`] }),
    ).join('\n'),
  });
  const args = [
    'prompt',
    'optimise',
    'evals/base.md',
    '--questions',
    'evals/many.jsonl',
    '--scorer',
    'number-anywhere',
    '--writer',
    'writer',
  ];
  const done = await runFieldkit([...args, '--out', 'evals/better.md'], { cwd: root });
  expect(done).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /Round 1[\s\S]*placeholders none instead of question[\s\S]*accepted\n[\s\S]*better by/,
    ),
  });
  expect(readFileSync(join(root, 'evals/better.md'), 'utf8')).toContain(right);
  expect(await runFieldkit([...args, '--out', 'evals/base.md'], { cwd: root })).toMatchObject({ code: 2 });
});

it('replays failures with one change at a time and counts what each fixes', async () => {
  const root = questionedGarden();
  const words = 'Shrub roses, climbing roses and rose hedges: when are shrub roses pruned? Ask the head gardener.';
  writeFiles(root, {
    // a fixed step: a model that calls the tool may ask for more than the one passage
    'fieldkit.config.ts': `import { answer, defineProject, gather, searchKnowledge, understand } from '@fieldkit/project';
      export default defineProject({ name: 'garden', tools: [searchKnowledge({ limit: 1 })],
        pipeline: [understand(), gather({ mode: 'retrieve' }), answer()] });`,
    'knowledge/desk.txt': `When are shrub roses pruned\n\n${words}\n`,
  });
  expect(await runFieldkit(['ingest'], { cwd: root })).toMatchObject({ code: 0 });
  const run = await runFieldkit(['eval', 'run', '--replay', '--json'], { cwd: root });
  const { cases, replay, report } = JSON.parse(run.stdout);
  expect(cases[0].cause.cause).toBe('ranking-miss');
  expect(replay.counts).toContainEqual({ cause: 'ranking-miss', change: 'gold-context', tried: 1, fixed: 1 });
  expect(report.targets[0].attribution.suggestions[0].measured).toMatchObject({ fixed: 1, tried: 1 });
  expect(run.stderr).toContain('not replayed: stronger-model, thinking-on');
});
