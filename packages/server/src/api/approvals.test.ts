import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestProject, readEvents, type TestProject, testServer } from '../testing/test-project.ts';

/** Writes a line for each cabin that it books. */
const BOOKING = `
import { appendFileSync } from 'node:fs';
export default {
  name: 'book_cabin',
  description: 'Books a cabin by its number, when somebody asks to book a cabin.',
  inputSchema: { type: 'object', properties: { cabin: { type: 'string', pattern: '^C-[0-9]+$' } }, required: ['cabin'], additionalProperties: false },
  effects: 'write', yields: 'record', timeoutMs: 5000,
  async run(input) {
    appendFileSync(new URL('booked.log', import.meta.url), JSON.stringify(input) + '\\n');
    return { data: { booked: input.cabin }, text: 'booked: ' + input.cabin, isError: false };
  },
};`;

let ferry: TestProject;
beforeAll(async () => {
  ferry = await openTestProject({ tools: [{ kind: 'search-knowledge' }, { kind: 'custom', module: 'tools/book.ts' }] });
  mkdirSync(join(ferry.root, 'tools'));
  writeFileSync(join(ferry.root, 'tools/book.ts'), BOOKING);
});
afterAll(() => ferry.close());

const json = async (response: Response) => JSON.parse(await response.text());
const booked = () => {
  const file = join(ferry.root, 'tools/booked.log');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};
const ask = (cabin: string, more: object = {}) => ({
  model: 'ferry',
  messages: [{ role: 'user', content: `Please book a cabin for me: cabin ${cabin}` }],
  ...more,
});

it('a write waits for an operator, who sees what would be sent, and the run goes on with what was decided', async () => {
  const { send, server, key } = testServer(ferry);
  const [user, operator, stranger] = [key(), key({ role: 'operator' }), key({ name: 'stranger' })];
  const asked = await send('/v1/chat/completions', { key: user, json: ask('C-12') });
  expect(asked.status).toBe(200);
  const runId = asked.headers.get('x-run-id');
  expect((await json(asked)).choices[0].message.content).toContain('approval of a person');
  expect(booked()).toBe('');

  expect(await json(await send('/api/approvals', { key: stranger }))).toEqual({ approvals: [] });
  const { approvals } = await json(await send('/api/approvals', { key: user }));
  expect(approvals).toMatchObject([{ runId, tool: 'book_cabin', input: { cabin: 'C-12' }, reason: 'write' }]);
  const [{ id }] = approvals;
  const decide = (who: string, decision: object) => send('/api/approvals', { key: who, json: { id, ...decision } });
  expect((await decide(user, { decision: 'approve' })).status).toBe(403);
  expect((await decide(operator, { decision: 'edit', input: { cabin: 'the best' } })).status).toBe(400);
  expect((await decide(operator, { decision: 'edit', input: { cabin: 'C-7', price: 0 } })).status).toBe(400);
  expect((await decide(operator, { decision: 'edit', input: { cabin: 'C-7' } })).status).toBe(200);
  expect((await decide(operator, { decision: 'reject' })).status).toBe(404);

  expect((await send(`/api/runs/${runId}/resume`, { key: stranger, json: {} })).status).toBe(404);
  const resumed = await json(await send(`/api/runs/${runId}/resume`, { key: user, json: {} }));
  expect(resumed.answer.runId).toBe(runId);
  expect(booked()).toBe('{"cabin":"C-7"}\n');
  await send(`/api/runs/${runId}/resume`, { key: user, json: {} });
  expect(booked()).toBe('{"cabin":"C-7"}\n');
  await server.close();
});

it('streams say so too, and a rejected write is not made', async () => {
  const { send, server, key } = testServer(ferry);
  const operator = key({ role: 'operator' });
  const streamed = await send('/v1/chat/completions', { key: operator, json: ask('C-30', { stream: true }) });
  const { data } = readEvents(await streamed.text());
  expect(data.join('\n')).toContain('approval of a person');
  expect(data.join('\n')).not.toContain('"error"');
  const { approvals } = await json(await send('/api/approvals', { key: operator }));
  const [{ id, runId }] = approvals;
  expect((await send('/api/approvals', { key: operator, json: { id, decision: 'reject' } })).status).toBe(200);
  await send(`/api/runs/${runId}/resume`, { key: operator, json: {} });
  expect(booked()).not.toContain('C-30');
  expect(await json(await send('/api/approvals', { key: operator }))).toEqual({ approvals: [] });
  await server.close();
});
