import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { complete } from '@fieldkit/core';
import { openProject } from '@fieldkit/project';
import { expect, it } from 'vitest';
import { remoteEndpoint } from './remote-endpoint.ts';
import { gardenProject, runFieldkit } from './run-fieldkit.ts';

const KEY = 'sk-not-for-anybody';

/** An endpoint that deviates from what is known of the models that it offers. */
const deviating = () =>
  remoteEndpoint({
    models: ['qwen3.7-plus', 'text-embedding-v4', 'qwen3-rerank'],
    refuses(path, body) {
      if ('max_completion_tokens' in body) return 'max_completion_tokens is not supported, use max_tokens';
      const { response_format: format, tool_choice: choice, input } = body;
      if (JSON.stringify(format ?? '').includes('json_schema')) return 'response_format json_schema is not supported';
      if (typeof choice === 'object') return 'tool_choice must be auto or none';
      if (path.endsWith('/embeddings') && Array.isArray(input) && input.length > 4)
        return 'batch size is invalid, it should not be larger than 4.: input.contents';
      return undefined;
    },
    answers: (_, text, body) =>
      JSON.stringify(body.response_format ?? '').includes('json_object')
        ? text.replace(/"content":"(?:[^"\\]|\\.)*"/, '"content":"{\\"colour\\":\\"red\\",\\"number\\":3}"')
        : text,
  });

it('finds what an endpoint does otherwise, keeps the calls without the key, and uses what it found', async () => {
  const remote = await deviating();
  const root = gardenProject();
  writeFileSync(
    join(root, 'fieldkit.config.ts'),
    `import { defineProject, env, secret } from '@fieldkit/project';
export default defineProject({
  name: 'garden',
  endpoint: {
    profile: 'dashscope', baseUrl: env('MAAS_BASE_URL'), apiKey: secret('MAAS_API_KEY'),
    models: { chat: 'qwen3.7-plus', embedding: 'text-embedding-v4', rerank: 'qwen3-rerank' },
  },
});
`,
  );
  const env = { MAAS_BASE_URL: remote.url, MAAS_API_KEY: KEY };
  const probed = await runFieldkit(['doctor', '--live', '--json'], { cwd: root, env });
  const [{ results, differing, cassette, host }] = JSON.parse(probed.stdout).live;
  const found = Object.fromEntries(
    (results as { probe: string; verdict: string }[]).map(({ probe, verdict }) => [probe, verdict]),
  );
  expect(found).toMatchObject({
    'bound of an answer': 'differs',
    'JSON modes': 'differs',
    'a tool, demanded': 'differs',
    thinking: 'differs',
    'texts in one request': 'differs',
    'length of vectors': 'differs',
    ranking: 'same',
  });
  expect(differing).toBe(6);
  const calls = readFileSync(join(root, cassette), 'utf8');
  expect([calls.includes(KEY), calls.split('\n').length > 15]).toEqual([false, true]);
  const { models } = JSON.parse(readFileSync(join(root, 'fieldkit.facts.json'), 'utf8')).hosts[host];
  expect(models).toMatchObject({
    'qwen3.7-plus': { outputLimit: 'max_tokens', jsonModes: ['object'], forcedTools: false, thinking: 'none' },
    'text-embedding-v4': { maxBatch: 4, dimensions: [256, 1024, 2048, 1536, 768, 512, 128, 64] },
  });

  const project = await openProject(root, { environment: env });
  try {
    const { chat, embedder } = await project.endpoint();
    const before = remote.requests.length;
    const messages = [{ role: 'user' as const, content: 'Which colour?' }];
    const schema = { type: 'object', properties: { colour: { type: 'string' } }, required: ['colour'] };
    const { text } = await complete(chat('chat'), { messages, maxOutputTokens: 50, output: { name: 'c', schema } });
    const tool = { name: 't', description: 'A tool', inputSchema: { type: 'object', properties: {} } };
    await complete(chat('chat'), { messages, tools: [tool], toolChoice: 'required' });
    await embedder?.embed(Array.from({ length: 10 }, (_, index) => `text ${index}`));
    const bodies = remote.requests.slice(before).map(({ body }) => body);
    expect(text).toContain('red');
    expect(bodies[0]).toMatchObject({ max_tokens: 50, response_format: { type: 'json_object' } });
    expect(bodies[0]).not.toHaveProperty('enable_thinking');
    expect(bodies[1]).toMatchObject({ tool_choice: 'auto' });
    expect(bodies.slice(2).map(({ input }) => (input as string[]).length)).toEqual([4, 4, 2]);
  } finally {
    await project.close();
  }
});

it('stops before the cap, and says what cannot be asked', async () => {
  const remote = await deviating();
  const root = gardenProject();
  const args = ['doctor', '--live', '--max-tokens', '700'];
  const without = await runFieldkit(args, { cwd: root });
  expect([without.code, without.stdout]).toEqual([1, expect.stringContaining('there is no endpoint to ask')]);
  writeFileSync(
    join(root, 'fieldkit.config.ts'),
    `import { defineProject, env } from '@fieldkit/project';
export default defineProject({ name: 'garden', endpoint: { profile: 'generic', baseUrl: env('MAAS_BASE_URL'), models: { chat: 'qwen3.7-plus' } } });
`,
  );
  const env = { MAAS_BASE_URL: remote.url };
  const capped = await runFieldkit(args, { cwd: root, env });
  expect(capped.stdout).toContain('not asked: the cap is reached');
  expect(existsSync(join(root, 'evidence', 'endpoint'))).toBe(true);
  expect(readdirSync(join(root, 'evidence', 'endpoint'))).toHaveLength(1);
  expect((await runFieldkit([...args.slice(0, 2), '--max-cost', '1'], { cwd: root, env })).stdout).toContain(
    '--max-cost needs prices',
  );
  expect((await runFieldkit([...args, '--offline'], { cwd: root, env })).stderr).toContain('not both');
});
