import { expect, it } from 'vitest';
import { chooseEndpoint } from './choose-endpoint.ts';
import { env, secret } from './config-values.ts';
import { defineProject, lookupRecord, searchKnowledge } from './define-project.ts';
import { answer, delegate, plan, react, reflect, route } from './index.ts';
import { parseProjectConfig } from './load-project-config.ts';

const endpoint = {
  profile: 'dashscope' as const,
  baseUrl: env('BASE'),
  apiKey: secret(['KEY', 'OTHER_KEY']),
  models: { chat: 'big', embedding: env('EMBEDDING') },
};

function problem(config: unknown): string {
  try {
    parseProjectConfig(config, 'fieldkit.config.ts');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
}

it('fills every default', () => {
  const config = parseProjectConfig(defineProject({ name: 'acme' }), 'x');
  expect(config.knowledge).toMatchObject({
    include: ['knowledge/**'],
    segmentation: { maxTokens: 400 },
    limits: { timeoutSeconds: 20, memoryMb: 500 },
  });
  expect(config.tools).toEqual([{ kind: 'search-knowledge', limit: 8 }]);
  expect(config.budget).toMatchObject({ steps: 12, tokens: 30_000 });
});

it('takes every kind of node, each from where `defineProject` comes from', () => {
  const specialists = { orders: { description: 'orders', tools: ['search_knowledge'] } };
  const pipeline = [
    route({ to: { react: 'always' } }),
    react(),
    plan(),
    delegate({ specialists }),
    answer(),
    reflect(),
  ];
  const { pipeline: nodes } = parseProjectConfig(defineProject({ name: 'acme', pipeline }), 'x');
  expect(nodes?.map(({ kind }) => kind)).toEqual(['route', 'react', 'plan', 'delegate', 'answer', 'reflect']);
});

it('names the path of an unknown key and the nearest known one', () => {
  expect(problem({ name: 'acme', knowledge: { segmentation: { maxToken: 200 } } })).toContain(
    'knowledge.segmentation.maxToken: unknown key; did you mean "maxTokens"?',
  );
  expect(problem({ name: 'acme', endpiont: {} })).toContain('endpiont: unknown key; did you mean "endpoint"?');
});

it('names the path and the value of a wrong type', () => {
  expect(problem({ name: 'acme', knowledge: { limits: { memoryMb: 'lots' } } })).toMatch(
    /knowledge\.limits\.memoryMb: .*number.*found: "lots"/,
  );
  expect(problem({ name: 'Acme Support' })).toMatch(/name: must be lower-case.*found: "Acme Support"/);
});

it('says what may stand there, and what is nearest to it', () => {
  const said = (config: object) => problem({ name: 'acme', ...config });
  expect(said({ index: { engine: 'lanse' } })).toContain(
    'index.engine: must be one of lance, qdrant; did you mean "lance"?',
  );
  expect(said({ knowledge: { segmentation: { strategy: 'structur' } } })).toMatch(
    /must be one of .*did you mean "structure"/,
  );
  expect(said({ knowledge: { include: 'knowledge/**' } })).toContain('include: must be a list; found: "knowledge/**"');
  expect(said({ budget: { steps: 0 } })).toContain('budget.steps: must be at least 1; found: 0');
  expect(said({ tools: [{ kind: 'lookup-record', openapi: 'a.yaml', operations: ['get'] }] })).toContain(
    'tools.0.baseUrl: must be given; found: missing',
  );
});

it('names an unknown key inside a tool, and two tools of one name', () => {
  expect(problem({ name: 'acme', tools: [{ kind: 'search-knowledge', limits: 3 }] })).toContain(
    'tools.0.limits: unknown key; did you mean "limit"?',
  );
  expect(problem({ name: 'acme', tools: [searchKnowledge(), searchKnowledge()] })).toContain(
    'two tools are called "search_knowledge"',
  );
  expect(
    problem({
      name: 'acme',
      tools: [lookupRecord({ openapi: '/etc/api.yaml', operations: ['get'], baseUrl: 'http://x' })],
    }),
  ).toContain('must be a path relative to the project');
});

it('uses the stand-in only when neither address nor key is set', () => {
  const config = parseProjectConfig({ name: 'acme', endpoint }, 'x');
  expect(chooseEndpoint(config, {})).toEqual({ kind: 'standin', reason: '$BASE and $KEY or $OTHER_KEY are not set' });
  expect(() => chooseEndpoint(config, { KEY: 'k' })).toThrowError(
    /no base URL.*\n.*China \(Beijing\).*dashscope\.aliyuncs\.com/,
  );
  expect(() => chooseEndpoint(config, { BASE: 'https://x.example/v1' })).toThrowError(
    /no API key; set \$KEY or \$OTHER_KEY/,
  );
  expect(() => chooseEndpoint(config, { BASE: 'x.example', KEY: 'k' })).toThrowError(/not an http or https address/);
  expect(chooseEndpoint(config, { BASE: 'https://x.example/v1', OTHER_KEY: 'k', EMBEDDING: 'e' })).toMatchObject({
    kind: 'remote',
    apiKey: 'k',
    models: { chat: 'big', fast: 'big', embedding: 'e' },
  });
});

it('never says the value of a key in an error', () => {
  const config = parseProjectConfig({ name: 'acme', endpoint }, 'x');
  expect(() => chooseEndpoint(config, { KEY: 'sk-very-secret' })).toThrowError(/^(?![\s\S]*sk-very-secret)/);
});
