import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScriptedModel } from '@fieldkit/core/testing';
import { afterEach, expect, it } from 'vitest';
import { caseOf } from '../testing/values.ts';
import { openFileTarget } from './file-target.ts';
import { createHttpTarget, difyTarget, modelStudioTarget } from './http-target.ts';
import { valuesAt } from './json-path.ts';
import { createPromptTarget, promptMatrix } from './prompt-target.ts';

const signal = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that answers each request by the next reply and keeps what it was sent. */
async function serve(...replies: { status?: number; body: unknown; headers?: Record<string, string> }[]) {
  const requests: { url: string; headers: NodeJS.Dict<string | string[]>; body: unknown }[] = [];
  const server = createServer((request, response) => {
    let raw = '';
    request.on('data', (data) => {
      raw += data;
    });
    request.on('end', () => {
      const { status = 200, body, headers = {} } = replies[requests.length] ?? { status: 500, body: 'no more replies' };
      requests.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(raw) });
      response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

it('asks a prompt on a model, filling the case in once', async () => {
  const model = createScriptedModel(['24 months']);
  const prompt = { name: 'v1', system: 'Answer in {{language}}.', user: '{{contexts}}\n\n{{ question }} ({{unit}})' };
  const target = createPromptTarget({ prompt, model });
  const item = caseOf({
    question: 'How long is {{x}}?',
    language: 'en',
    contexts: ['It lasts 24 months.'],
    variables: { unit: 'months' },
  });
  const outcome = await target.ask(item, { signal });
  expect(model.requests[0]?.messages.map(({ content }) => content)).toEqual([
    'Answer in en.',
    '[1] It lasts 24 months.\n\nHow long is {{x}}? (months)',
  ]);
  expect(model.requests[0]).toMatchObject({ temperature: 0, thinking: false });
  expect(outcome).toMatchObject({
    answer: { text: '24 months', status: 'answered' },
    finish: 'stop',
    contexts: ['It lasts 24 months.'],
  });
  expect(outcome.run).toBeUndefined();
  await expect(target.ask(caseOf(), { signal })).rejects.toMatchObject({ code: 'DATASET_INVALID' });
});

it('tells prompts, models and settings apart by identity', () => {
  const models = [createScriptedModel([], 'a'), createScriptedModel([], 'b')];
  const prompts = [
    { name: 'v1', user: 'x' },
    { name: 'v2', user: 'y' },
    { name: 'v3', user: 'y', temperature: 1 },
  ];
  const targets = promptMatrix(prompts, models);
  expect(targets.map(({ name }) => name)).toContain('v2 on b');
  expect(new Set(targets.map(({ identity }) => JSON.stringify(identity))).size).toBe(6);
});

it('asks an HTTP endpoint and maps answer, contexts, calls and usage', async () => {
  const reply = {
    data: { text: '24 months', docs: [{ t: 'a' }, { t: 'b' }], calls: [{ name: 'f', arguments: '{"x":1}' }] },
    used: { in: 7, out: 3 },
  };
  const { url, requests } = await serve({ body: reply });
  const target = createHttpTarget({
    name: 'crm',
    url,
    headers: { authorization: 'Bearer secret' },
    body: { q: '{{question}}', who: '{{subject}}', site: '{{site}}', session: '{{session}}' },
    answer: 'data.text',
    contexts: 'data.docs[*].t',
    toolCalls: { at: 'data.calls[*]' },
    usage: { inputTokens: 'used.in', outputTokens: 'used.out' },
  });
  const outcome = await target.ask(caseOf({ question: 'How "long"?', variables: { site: 'B1' } }), { signal });
  expect(requests[0]?.body).toEqual({ q: 'How "long"?', who: 'fieldkit-eval', site: 'B1' });
  expect(outcome).toMatchObject({
    answer: { text: '24 months', usage: { inputTokens: 7, outputTokens: 3 } },
    contexts: ['a', 'b'],
    toolCalls: [{ name: 'f', arguments: { x: 1 } }],
  });
  expect(JSON.stringify(target.identity)).not.toContain('secret');
});

it('asks earlier turns first, in the same conversation', async () => {
  const { url, requests } = await serve(
    { body: { answer: 'hi', conversation_id: 'c-1' } },
    {
      body: { answer: 'Not found.', conversation_id: 'c-1', metadata: { retriever_resources: [{ content: 'text' }] } },
    },
  );
  const target = difyTarget({ name: 'dify', baseUrl: url, apiKey: 'k', insufficientWhen: ['Not found'] });
  const outcome = await target.ask(caseOf({ history: ['What is the XP-200?'], question: 'And its weight?' }), {
    signal,
  });
  expect(requests.map(({ body }) => body)).toMatchObject([
    { query: 'What is the XP-200?' },
    { query: 'And its weight?', conversation_id: 'c-1', response_mode: 'blocking' },
  ]);
  expect(requests[0]?.body).not.toHaveProperty('conversation_id');
  expect(outcome).toMatchObject({ answer: { status: 'insufficient' }, contexts: ['text'] });
});

it('speaks to an application of Model Studio', async () => {
  const thoughts = [{ action_name: 'search', action_input: '{"q":"x"}' }, { action_name: null }];
  const { url, requests } = await serve({
    body: {
      output: { text: '好', session_id: 's', doc_references: [{ text: '原文' }], thoughts },
      usage: {
        models: [
          { input_tokens: 5, output_tokens: 2 },
          { input_tokens: 1, output_tokens: 1 },
        ],
      },
    },
  });
  const outcome = await modelStudioTarget({ name: 'app', host: url, appId: 'id/1', apiKey: 'k' }).ask(caseOf(), {
    signal,
  });
  expect(requests[0]?.url).toBe('/api/v1/apps/id%2F1/completion');
  expect(outcome).toMatchObject({
    answer: { text: '好', usage: { inputTokens: 6, outputTokens: 3 } },
    contexts: ['原文'],
    toolCalls: [{ name: 'search', arguments: { q: 'x' } }],
  });
});

it.each([
  [401, 'MODEL_UNAUTHORIZED'],
  [404, 'MODEL_NOT_FOUND'],
  [400, 'MODEL_BAD_REQUEST'],
])('turns status %i into %s', async (status, code) => {
  const { url } = await serve({ status, body: 'no' });
  await expect(
    createHttpTarget({ name: 'x', url, body: {}, answer: 'a' }).ask(caseOf(), { signal }),
  ).rejects.toMatchObject({ code });
});

it('tries again after a rate limit, and says when the answer is not where it should be', async () => {
  const { url, requests } = await serve(
    { status: 429, body: 'slow' },
    { body: { a: 1 } },
    { body: { b: 1 } },
    { body: '<html>' },
  );
  const target = createHttpTarget({ name: 'x', url, body: {}, answer: 'a', retry: { baseDelayMs: 0, attempts: 2 } });
  expect((await target.ask(caseOf(), { signal })).answer.text).toBe('1');
  expect(requests).toHaveLength(2);
  await expect(target.ask(caseOf(), { signal })).rejects.toThrow(/nothing at "a"/);
});

it('reads values by path', () => {
  const value = { a: [{ b: 1 }, { b: 2 }, {}], c: null };
  expect(valuesAt(value, 'a[*].b')).toEqual([1, 2]);
  expect(valuesAt(value, 'a[1].b')).toEqual([2]);
  expect(valuesAt(value, 'c.d')).toEqual([]);
  expect(valuesAt(value, '__proto__')).toEqual([]);
});

it('scores a file of outputs without holding it in memory', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'fieldkit-outputs-')), 'outputs.jsonl');
  writeFileSync(
    path,
    '\ufeff{"id":"a","answer":"二十四个月"}\r\n\n{"id":"b","answer":"x","status":"refused","contexts":["é"]}\n',
  );
  const target = await openFileTarget(path);
  closers.push(() => target.close());
  expect(target.outputs).toBe(2);
  expect((await target.ask(caseOf({ id: 'b' }), { signal })).answer.status).toBe('refused');
  expect((await target.ask(caseOf({ id: 'a' }), { signal })).answer.text).toBe('二十四个月');
  await expect(target.ask(caseOf({ id: 'c' }), { signal })).rejects.toThrow(/no line for case c/);
  writeFileSync(path, '{"id":"a","answer":1}');
  await expect(openFileTarget(path)).rejects.toThrow(/outputs\.jsonl:1: answer/);
});
