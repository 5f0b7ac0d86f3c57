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
});

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
});
