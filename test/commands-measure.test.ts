import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connectTools } from '@fieldkit/mcp-tools';
import { expect, it } from 'vitest';
import { gardenProject, launcher, plainEnvironment, runFieldkit, writeFiles } from './run-fieldkit.ts';

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

it('explains a search and narrows it by metadata', async () => {
  const root = gardenProject();
  await runFieldkit(['ingest', '--project', root]);
  const find = (...more: string[]) => runFieldkit(['search', 'every heap bush', '--json', '--project', root, ...more]);
  const { passages, steps } = JSON.parse((await find('--explain')).stdout);
  expect(steps[0]).toMatchObject({ name: 'lexical', before: 0, after: passages.length });
  expect(steps.map(({ name }: { name: string }) => name)).toEqual(['lexical', 'versions', 'duplicates']);
  const narrowed = JSON.parse((await find('--filter', 'uri=knowledge/compost.txt')).stdout);
  expect(new Set(narrowed.map(({ metadata }: { metadata: { uri: string } }) => metadata.uri))).toEqual(
    new Set(['knowledge/compost.txt']),
  );
  expect(passages.length).toBeGreaterThan(narrowed.length);
  expect(await find('--filter', 'uri')).toMatchObject({ code: 2, stderr: expect.stringContaining('KEY=VALUE') });
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
