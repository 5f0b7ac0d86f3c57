import { request as httpRequest } from 'node:http';
import { HttpAgent } from '@ag-ui/client';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { generateText, streamText } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listeningServer } from './testing/listening.ts';
import { openTestProject, readEvents, type TestProject } from './testing/test-project.ts';

/** The clients that customers have, against a server on a port. */

const QUESTION = 'When does the ferry to Lund leave on Sundays?';
let ferry: TestProject;
let server: Awaited<ReturnType<typeof listeningServer>>;
let apiKey: string;
beforeAll(async () => {
  ferry = await openTestProject();
  server = await listeningServer(ferry);
  apiKey = server.key();
});
afterAll(async () => {
  await server.server.close();
  await ferry.close();
});

describe('openai', () => {
  const client = () => new OpenAI({ baseURL: server.v1, apiKey, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: QUESTION }];

  it('create: whole and streaming', async () => {
    const whole = await client().chat.completions.create({ model: 'ferry', messages });
    expect(whole.choices[0]?.message.content).toMatch(/09:15.*\[1\]/);
    expect(whole.choices[0]?.message.annotations?.[0]?.url_citation.title).toContain('Timetable');
    let text = '';
    let total = 0;
    const stream = await client().chat.completions.create({
      model: 'ferry',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const { choices, usage } of stream) {
      text += choices[0]?.delta.content ?? '';
      total += usage?.total_tokens ?? 0;
    }
    expect(text).toBe(whole.choices[0]?.message.content);
    expect(total).toBeGreaterThan(0);
  });

  it('.stream() gathers the final message', async () => {
    const final = await client().chat.completions.stream({ model: 'ferry', messages }).finalChatCompletion();
    expect(final.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expect(final.choices[0]?.message.content).toContain('09:15');
  });

  it('models, and errors as its own classes', async () => {
    const models = await client().models.list();
    expect(models.data.map(({ id }) => id)).toEqual(['ferry']);
    await expect(client().chat.completions.create({ model: 'gpt-9', messages })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
    const stranger = new OpenAI({ baseURL: server.v1, apiKey: 'fk-wrong', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError);
  });
});

describe('ai', () => {
  it.each([
    ['@ai-sdk/openai-compatible', () => createOpenAICompatible({ name: 'ferry', baseURL: server.v1, apiKey })('ferry')],
    ['@ai-sdk/openai', () => createOpenAI({ baseURL: server.v1, apiKey }).chat('ferry')],
  ])('%s: whole and streaming', async (_, modelOf) => {
    const model = modelOf();
    const whole = await generateText({ model, prompt: QUESTION });
    expect(whole.text).toMatch(/09:15.*\[1\]/);
    expect(whole.usage.totalTokens).toBeGreaterThan(0);
    const stream = streamText({ model, prompt: QUESTION });
    let text = '';
    for await (const part of stream.textStream) text += part;
    expect(text).toBe(whole.text);
    expect(await stream.finishReason).toBe('stop');
  });

  it('@ai-sdk/openai shows the citations as sources', async () => {
    const model = createOpenAI({ baseURL: server.v1, apiKey }).chat('ferry');
    const { sources } = await generateText({ model, prompt: QUESTION });
    expect(sources[0]).toMatchObject({ sourceType: 'url', url: expect.stringContaining('/documents/') });
    const stream = streamText({ model, prompt: QUESTION });
    await stream.consumeStream();
    expect((await stream.sources)[0]).toMatchObject({ sourceType: 'url' });
  });
});

it('@langchain/openai: invoke and stream', async () => {
  const model = new ChatOpenAI({ model: 'ferry', apiKey, configuration: { baseURL: server.v1 }, maxRetries: 0 });
  const whole = await model.invoke(QUESTION);
  expect(whole.text).toMatch(/09:15.*\[1\]/);
  expect(whole.usage_metadata).toMatchObject({ total_tokens: expect.any(Number) });
  let text = '';
  for await (const part of await model.stream(QUESTION)) text += part.text;
  expect(text).toBe(whole.text);
});

it('@ag-ui/client: steps, text and a finished run, valid by its own schemas', async () => {
  const agent = new HttpAgent({ url: `${server.at.url}/agui`, headers: { authorization: `Bearer ${apiKey}` } });
  agent.addMessage({ id: 'm1', role: 'user', content: QUESTION });
  const seen: string[] = [];
  const custom: string[] = [];
  await agent.runAgent(
    {},
    {
      onEvent: ({ event }) => void seen.push(event.type),
      onCustomEvent: ({ event }) => void custom.push(event.name),
    },
  );
  expect(seen[0]).toBe('RUN_STARTED');
  expect(seen.at(-1)).toBe('RUN_FINISHED');
  expect(seen).toEqual(expect.arrayContaining(['STEP_STARTED', 'STEP_FINISHED', 'TEXT_MESSAGE_CONTENT']));
  expect(custom).toEqual(expect.arrayContaining(['fieldkit.tool', 'fieldkit.citation', 'fieldkit.answer']));
  expect(agent.messages.at(-1)).toMatchObject({ role: 'assistant', content: expect.stringContaining('09:15') });
});

describe('MCP clients', () => {
  it.each([
    ['2026-07-28', { mode: 'auto' as const }],
    ['2025-11-25', undefined],
  ])('of the era %s search within what the key may see', async (_, versionNegotiation) => {
    const search = async (key: string) => {
      const client = new Client(
        { name: 'test', version: '1' },
        versionNegotiation === undefined ? {} : { versionNegotiation },
      );
      const headers = { authorization: `Bearer ${key}` };
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${server.at.url}/mcp`), { requestInit: { headers } }),
      );
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['search_knowledge']);
      const result = await client.callTool({
        name: 'search_knowledge',
        arguments: { query: 'what does a deckhand earn per hour' },
      });
      await client.close();
      return JSON.stringify(result.content);
    };
    expect(await search(server.key({ groups: ['crew'] }))).toContain('21.30');
    expect(await search(apiKey)).not.toContain('21.30');
  });

  it('without a key are refused', async () => {
    const response = await fetch(`${server.at.url}/mcp`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
  });
});

it('plain HTTP with curl-like headers streams events as they come', async () => {
  const { hostname, port } = new URL(server.at.url);
  const body = JSON.stringify({ model: 'ferry', stream: true, messages: [{ role: 'user', content: QUESTION }] });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
  const text = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(
      { hostname, port, method: 'POST', path: '/v1/chat/completions', headers },
      (response) => {
        let read = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          read += part;
        });
        response.on('end', () => resolve(read)).on('error', reject);
      },
    );
    request.on('error', reject).end(body);
  });
  expect(readEvents(text).data.at(-1)).toBe('[DONE]');
});
