import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestProject, readEvents, type TestProject, testServer } from '../testing/test-project.ts';

let ferry: TestProject;
beforeAll(async () => {
  ferry = await openTestProject();
}, 60_000);
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
