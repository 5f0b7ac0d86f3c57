import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { citationMarks, formatEvidence } from '@fieldkit/core';
import { HumanMessage } from '@langchain/core/messages';
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { embedMany, generateText, streamText, tool } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createStandin, type RunningStandin } from './index.ts';

let standin: RunningStandin;
beforeAll(async () => {
  standin = await createStandin().listen();
});
afterAll(() => standin.close());

const MODEL = 'standin-extractive';
const item = {
  number: 1,
  kind: 'passage' as const,
  title: 'Kiln',
  place: '',
  headings: [],
  context: '',
  text: 'The kiln is fired twice a week.',
};
const prompt = `${formatEvidence([item], 'm1')}\n\nHow often is the kiln fired?`;
const quote = 'The kiln is fired twice a week';
const parameters = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] };

describe('openai', () => {
  const client = () => new OpenAI({ apiKey: 'k', baseURL: standin.url, maxRetries: 0 });

  it('completes, streams, calls tools, embeds, lists models and reads errors', async () => {
    const whole = await client().chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: prompt }],
    });
    expect(citationMarks(whole.choices[0]?.message.content ?? '')[0]?.quote).toBe(quote);
    const stream = client().chat.completions.stream({
      model: MODEL,
      messages: [{ role: 'user', content: prompt }],
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(whole.choices[0]?.message.content);
    expect((await stream.totalUsage()).total_tokens).toBeGreaterThan(10);
    const tools = [{ type: 'function' as const, function: { name: 'find', description: 'Searches', parameters } }];
    const called = client().chat.completions.stream({
      model: MODEL,
      messages: [{ role: 'user', content: 'How hot is the kiln?' }],
      tools,
    });
    const message = await called.finalMessage();
    expect(message.tool_calls?.[0]).toMatchObject({
      type: 'function',
      function: { name: 'find', arguments: '{"query":"How hot is the kiln?"}' },
    });
    const { data } = await client().embeddings.create({ model: 'standin-embedding', input: 'kiln' }); // asks for base64
    expect(data[0]?.embedding).toHaveLength(256);
    expect((await Array.fromAsync(client().models.list())).map(({ id }) => id)).toContain(MODEL);
    await expect(
      client().chat.completions.create({ model: 'none', messages: [{ role: 'user', content: 'x' }] }),
    ).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('ai with @ai-sdk/openai-compatible', () => {
  const provider = () =>
    createOpenAICompatible({ name: 'standin', baseURL: standin.url, apiKey: 'k', includeUsage: true });

  it('completes, streams, runs tools and embeds', async () => {
    const whole = await generateText({ model: provider()(MODEL), prompt, maxRetries: 0 });
    expect(whole.text).toContain(quote);
    const streamed = streamText({ model: provider()(MODEL), prompt, maxRetries: 0 });
    expect((await Array.fromAsync(streamed.textStream)).join('')).toBe(whole.text);
    expect((await streamed.usage).totalTokens).toBeGreaterThan(10);
    const find = tool({
      description: 'Searches',
      inputSchema: z.object({ query: z.string() }),
      execute: async () => ({ note: 'The kiln is fired twice a week.' }),
    });
    const { stepCountIs } = await import('ai');
    const run = await generateText({
      model: provider()(MODEL),
      prompt: 'How often is the kiln fired?',
      tools: { find },
      stopWhen: stepCountIs(3),
      maxRetries: 0,
    });
    expect(run.steps).toHaveLength(2);
    expect(run.text).toContain('twice a week');
    const { embeddings } = await embedMany({
      model: provider().embeddingModel('standin-embedding'),
      values: ['a', 'b'],
      maxRetries: 0,
    });
    expect(embeddings.map((vector) => vector.length)).toEqual([256, 256]);
  });
});

describe('@langchain/openai', () => {
  const model = () =>
    new ChatOpenAI({ model: MODEL, apiKey: 'k', configuration: { baseURL: standin.url }, maxRetries: 0 });

  it('completes, streams, calls tools and embeds', async () => {
    const whole = await model().invoke([new HumanMessage(prompt)]);
    expect(whole.text).toContain(quote);
    let text = '';
    for await (const chunk of await model().stream([new HumanMessage(prompt)])) text += chunk.text;
    expect(text).toBe(whole.text);
    const bound = model().bindTools([
      { type: 'function', function: { name: 'find', description: 'Searches', parameters } },
    ]);
    const { tool_calls: calls } = await bound.invoke([new HumanMessage('How hot is the kiln?')]);
    expect(calls?.[0]).toMatchObject({ name: 'find', args: { query: 'How hot is the kiln?' } });
    const embeddings = new OpenAIEmbeddings({
      model: 'standin-embedding',
      apiKey: 'k',
      configuration: { baseURL: standin.url },
      maxRetries: 0,
    });
    expect(await embeddings.embedQuery('kiln')).toHaveLength(256);
  });
});
