import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestProject, readEvents, type TestProject, testServer } from '../testing/test-project.ts';
import { withoutClosingList } from './closing-list.ts';

let ferry: TestProject;
beforeAll(async () => {
  ferry = await openTestProject();
});
afterAll(() => ferry.close());

const ask = (content: string, more: object = {}) => ({
  model: 'ferry',
  messages: [{ role: 'user', content }],
  ...more,
});

describe('a whole answer', () => {
  it('has the text with marks, annotations of the marks, usage and the run', async () => {
    const { send, server } = testServer(ferry);
    const response = await send('/v1/chat/completions', { json: ask('When does the ferry to Lund leave on Sundays?') });
    const body = JSON.parse(await response.text());
    expect({ status: response.status, body }).toMatchObject({
      status: 200,
      body: {
        object: 'chat.completion',
        model: 'ferry',
        choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', refusal: null } }],
        fieldkit: { status: 'answered', run_id: response.headers.get('x-run-id') },
      },
    });
    const { content, annotations } = body.choices[0].message;
    expect(content).toMatch(/09:15.*\[1\]/);
    const { start_index, end_index, url, title } = annotations[0].url_citation;
    expect(content.slice(start_index, end_index)).toBe('[1]');
    expect(title).toContain('Timetable');
    expect(url).toMatch(/^http:\/\/localhost\/documents\/[0-9a-f]{24}\?start=\d+&end=\d+$/);
    expect(body.usage.total_tokens).toBe(body.usage.prompt_tokens + body.usage.completion_tokens);
    await server.close();
  });
});

describe('a stream', () => {
  it('begins with the role, ends with finish, usage and [DONE], and shows no tool', async () => {
    const { send, server } = testServer(ferry);
    const response = await send('/v1/chat/completions', {
      json: ask('When does the ferry to Lund leave on Sundays?', {
        stream: true,
        stream_options: { include_usage: true },
      }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const text = await response.text();
    const { data } = readEvents(text);
    expect(data.at(-1)).toBe('[DONE]');
    const chunks = data.slice(0, -1).map((line) => JSON.parse(line));
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '' });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
    expect(chunks.at(-2)).toMatchObject({ choices: [{ finish_reason: 'stop' }], fieldkit: { status: 'answered' } });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toMatch(/09:15.*\[1\]/);
    expect(chunks.flatMap(({ choices }) => choices[0]?.delta.annotations ?? [])[0]).toMatchObject({
      type: 'url_citation',
    });
    expect(text).not.toContain('tool_call');
    expect(text).not.toContain('search_knowledge');
    await server.close();
  });
});

describe('a conversation', () => {
  const FOLLOW_UP = 'And on weekdays?';

  it('is what the client sends, without a session', async () => {
    const { send, server } = testServer(ferry);
    const first = JSON.parse(
      await (await send('/v1/chat/completions', { json: ask('When does the ferry to Lund leave on Sundays?') })).text(),
    );
    const messages = [
      { role: 'system', content: 'Answer in rhymes.' },
      { role: 'user', content: [{ type: 'text', text: 'When does the ferry to Lund leave on Sundays?' }] },
      { role: 'assistant', content: first.choices[0].message.content },
      { role: 'user', content: FOLLOW_UP },
    ];
    const response = await send('/v1/chat/completions', { json: { model: 'ferry', messages, temperature: 1 } });
    expect(JSON.parse(await response.text()).choices[0].message.content).toContain('07:40');
    expect(response.headers.get('x-fieldkit-ignored')).toBe('temperature, messages.system');
    await server.close();
  });

  it('is remembered by the server under a session id, for the same caller only', async () => {
    const { send, server, key } = testServer(ferry);
    const [anna, ben] = [key({ name: 'anna' }), key({ name: 'ben' })];
    const say = async (who: string, content: string) => {
      const headers = { 'x-session-id': 'trip-1' };
      const response = await send('/v1/chat/completions', { key: who, headers, json: ask(content) });
      const run = ferry.project.runs.get(response.headers.get('x-run-id') ?? '');
      return JSON.stringify(run?.steps.find(({ name }) => name === 'understand')?.output);
    };
    await say(anna, 'When does the ferry to Lund leave on Sundays?');
    expect(await say(anna, FOLLOW_UP)).toMatch(/Lund/);
    expect(await say(ben, FOLLOW_UP)).not.toMatch(/Lund/);
    await server.close();
  });
});

describe('the closing list', () => {
  it('comes when asked for, by field or header, and not back in the conversation', async () => {
    const { send, server } = testServer(ferry);
    const question = 'When does the ferry to Lund leave on Sundays?';
    const content = async (init: object) =>
      JSON.parse(await (await send('/v1/chat/completions', init)).text()).choices[0].message.content;
    const plain = await content({ json: ask(question) });
    const listed = await content({ json: ask(question, { fieldkit: { sources: true } }) });
    expect(listed).toMatch(/\n\nSources:\n\[1\] .*Timetable.*: "The ferry to Lund/);
    expect(await content({ json: ask(question), headers: { 'x-citations': 'list' } })).toBe(listed);
    expect(withoutClosingList(listed)).toBe(plain);
    const streamed = await send('/v1/chat/completions', {
      json: ask(question, { stream: true, fieldkit: { sources: true } }),
    });
    const chunks = readEvents(await streamed.text())
      .data.slice(0, -1)
      .map((line) => JSON.parse(line));
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(listed);
    await server.close();
  });
});

describe('an idempotency key', () => {
  it('gives the same answer again, whole or as a stream, to the same caller only', async () => {
    const { send, server, key } = testServer(ferry);
    const [anna, ben] = [key({ name: 'anna' }), key({ name: 'ben' })];
    const headers = { 'idempotency-key': 'order-1' };
    const json = ask('What does a bicycle cost?');
    const first = await send('/v1/chat/completions', { key: anna, headers, json });
    const again = await send('/v1/chat/completions', { key: anna, headers, json });
    expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect(await again.text()).toBe(await first.text());
    const other = await send('/v1/chat/completions', { key: ben, headers, json });
    expect(other.headers.get('idempotency-replayed')).toBeNull();
    expect(other.headers.get('x-run-id')).not.toBe(first.headers.get('x-run-id'));
    const reused = await send('/v1/chat/completions', { key: anna, headers, json: ask('And a suitcase?') });
    expect([reused.status, JSON.parse(await reused.text()).error.code]).toEqual([422, 'idempotency_key_reused']);
    await server.close();
  });

  it('refuses a second request while the first is under way', async () => {
    const { send, server } = testServer(ferry);
    const headers = { 'idempotency-key': 'order-2' };
    const json = ask('What does a bicycle cost?');
    const both = await Promise.all([1, 2].map(() => send('/v1/chat/completions', { headers, json })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    await server.close();
  });
});

describe('what is not supported', () => {
  it.each([
    [{ n: 2 }, 'n'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ response_format: { type: 'json_schema' } }, 'response_format'],
    [{ messages: [{ role: 'assistant', content: 'hello' }] }, 'messages'],
    [{ messages: [{ role: 'user', content: ' ' }] }, 'messages'],
    [{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }, 'messages.0.content'],
    [{ messages: 'hello' }, 'messages'],
    [{ messages: [{ role: 'robot', content: 'hello' }] }, 'messages.0.role'],
    [{ fieldkit: { surces: true } }, 'fieldkit'],
  ])('%j is refused by the name of the field', async (wrong, param) => {
    const { send, server } = testServer(ferry);
    const response = await send('/v1/chat/completions', { json: ask('Hello?', wrong) });
    expect([response.status, JSON.parse(await response.text()).error.param]).toEqual([400, param]);
    await server.close();
  });
});
