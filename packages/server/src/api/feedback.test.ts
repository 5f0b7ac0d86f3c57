import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCases } from '@fieldkit/eval';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestProject, type TestProject, testServer } from '../testing/test-project.ts';
import { FEEDBACK_CASES } from './feedback-routes.ts';

let ferry: TestProject;
beforeAll(async () => {
  ferry = await openTestProject();
});
afterAll(() => ferry.close());

const json = async (response: Response) => JSON.parse(await response.text());

it('a thumbs down with a comment is kept with its run and becomes a case that an evaluation reads', async () => {
  const { send, server, key } = testServer(ferry);
  const [user, operator, stranger] = [key(), key({ role: 'operator' }), key({ name: 'stranger' })];
  const asked = await send('/v1/chat/completions', {
    key: user,
    json: { model: 'ferry', messages: [{ role: 'user', content: 'What does a bicycle cost?' }] },
  });
  const runId = asked.headers.get('x-run-id');
  const down = { runId, verdict: 'down', comment: 'it is 15 now', expected: '15 euros' };
  expect((await send('/api/feedback', { key: stranger, json: down })).status).toBe(404);
  const given = await send('/api/feedback', { key: user, json: down });
  expect(given.status).toBe(201);
  const { id } = await json(given);

  const { feedback } = await json(await send('/api/feedback', { key: operator }));
  expect(feedback).toMatchObject([
    { id, verdict: 'down', comment: 'it is 15 now', question: 'What does a bicycle cost?' },
  ]);
  const made = await send(`/api/feedback/${id}/case`, { key: operator, json: {} });
  expect([made.status, await json(made)]).toMatchObject([201, { id: `feedback-${id}`, references: ['15 euros'] }]);
  expect((await send(`/api/feedback/${id}/case`, { key: operator, json: {} })).status).toBe(409);

  const cases = [];
  for await (const item of readCases(join(ferry.root, FEEDBACK_CASES))) cases.push(item);
  expect(cases).toMatchObject([{ question: 'What does a bicycle cost?', references: ['15 euros'], split: 'dev' }]);
  expect(readFileSync(join(ferry.root, FEEDBACK_CASES), 'utf8')).toMatch(/\n$/);
  const { sets } = await json(await send('/api/evals', { key: operator }));
  expect(sets).toMatchObject([{ name: FEEDBACK_CASES, questions: 1, splits: { dev: 1 } }]);
  await server.close();
});

it('the console is told who asks, what the project is and what its documents hold', async () => {
  const { send, server } = testServer(ferry, { doctor: async () => ({ ok: true }) });
  expect(await json(await send('/api/me'))).toMatchObject({ role: 'operator', project: 'ferry', standin: true });
  const project = await json(await send('/api/project'));
  expect(project).toMatchObject({
    name: 'ferry',
    pipeline: { nodes: [{ kind: 'understand' }, { kind: 'gather' }, { kind: 'answer' }] },
  });
  expect(project.index.chunks).toBeGreaterThan(0);
  expect(await json(await send('/api/tools'))).toMatchObject({
    tools: [{ name: 'search_knowledge', effects: 'read' }],
  });
  expect(await json(await send('/api/doctor'))).toEqual({ ok: true });
  const { documents } = await json(await send('/api/documents'));
  const { id } = documents.find(({ uri }: { uri: string }) => uri === 'knowledge/ferry.md');
  expect(await json(await send(`/api/documents/${id}`))).toMatchObject({
    outline: [{ text: 'Timetable' }, { text: 'Luggage' }],
  });
  const { blocks } = await json(await send(`/api/documents/${id}/blocks?limit=2`));
  const text = await (await send(`/api/documents/${id}/text`)).text();
  for (const block of blocks) expect(text.slice(block.start, block.end)).toBe(block.text);
  const { chunks } = await json(await send(`/api/documents/${id}/chunks`));
  for (const chunk of chunks) expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
  const { passages } = await json(await send('/api/search', { json: { query: 'suitcases', limit: 2 } }));
  expect(passages[0]).toMatchObject({ ranks: { lexical: 1 }, documentId: id });
  expect((await send('/api/documents?limit=zero')).status).toBe(400);
  const metrics = await (await send('/metrics')).text();
  expect(metrics).toMatch(/^fieldkit_http_requests_total\{route="\/api\/me",method="GET",status="200"\} 1$/m);
  expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m);
  await server.close();
});
