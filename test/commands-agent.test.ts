import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { gardenProject, runFieldkit, writeFiles } from './run-fieldkit.ts';

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
}, 60_000);
