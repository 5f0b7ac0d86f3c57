import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
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
  const moved = (hash: string) => {
    writeFiles(root, {
      'evals/criteria.json': JSON.stringify({ gates: [{ scorer: 'refusal', atLeast: 0.5 }], dataset: hash }),
    });
    return run('run', '--ledger', '--name', 'after', '--criteria', 'evals/criteria.json');
  };
  expect(await moved(dataset.hash)).toMatchObject({ code: 0 });
  expect(await moved('0'.repeat(64))).toMatchObject({
    code: 4,
    stdout: expect.stringContaining('dataset is not the one'),
  });
  const compared = await run('compare', 'before', 'after', '--scorer', 'refusal');
  expect(compared).toMatchObject({ code: 0, stdout: expect.stringMatching(/no significant difference[\s\S]*Next: /) });
  expect(await run('compare', 'before', 'now')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('before, after'),
  });
}, 90_000);

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
  const { added, problems } = JSON.parse(imported.stdout);
  expect(added).toBe(1);
  expect(problems).toEqual([expect.stringContaining('question'), expect.stringContaining('"prune" is another')]);
  const after = readFileSync(join(root, 'evals/questions.jsonl'), 'utf8');
  expect(after.startsWith(before)).toBe(true);
  expect(JSON.parse(after.slice(before.length))).toMatchObject({ id: 'feed', references: ['15 July'] });
  expect(await run('import', 'none.csv')).toMatchObject({ code: 1, stderr: expect.stringContaining('none.csv') });
  expect(await run('template', '--out', 'sheet.pdf')).toMatchObject({ code: 2 });
}, 60_000);

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
      gold: expect.arrayContaining([expect.objectContaining({ quote: 'A heap is ready after nine months' })]),
      tags: ['from-run'],
    },
  });
  expect(await add('--right')).toMatchObject({ code: 2, stderr: expect.stringContaining('already') });
}, 60_000);
