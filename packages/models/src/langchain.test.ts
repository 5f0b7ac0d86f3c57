import { type ChatModel, type ChatRequest, FieldkitError } from '@fieldkit/core';
import { createScriptedModel } from '@fieldkit/core/testing';
import { AIMessage, type AIMessageChunk, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { createAgent } from 'langchain';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { delta, events, usage, type WireServer, wireServer } from './__fixtures__/wire-server.ts';
import { createEndpoint } from './index.ts';
import { FieldkitChatModel, FieldkitEmbeddings } from './langchain.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const weather = tool(({ city }) => `sunny in ${city}`, {
  name: 'weather',
  description: 'The weather in a city',
  schema: z.object({ city: z.string() }),
});

it('runs an agent loop of LangChain: tool, result, answer', async () => {
  const model = createScriptedModel([
    { toolCalls: [{ id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' }] },
    'It is sunny.',
  ]);
  const agent = createAgent({ model: new FieldkitChatModel(model), tools: [weather], systemPrompt: 'Be brief.' });
  const { messages } = await agent.invoke({ messages: [new HumanMessage('How is Oslo?')] });
  expect(messages.at(-1)?.text).toBe('It is sunny.');
  expect(model.requests[0]?.tools?.[0]).toMatchObject({ name: 'weather', inputSchema: { required: ['city'] } });
  expect(model.requests[1]?.messages.slice(-2)).toEqual([
    { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'weather', arguments: '{"city":"Oslo"}' }] },
    { role: 'tool', toolCallId: 'c1', name: 'weather', content: 'sunny in Oslo' },
  ]);
});

it('gives structured output through a forced tool, as createAgent asks for it', async () => {
  const model: ChatModel = {
    name: 'm',
    async *chat(request: ChatRequest) {
      const [first] = request.tools ?? [];
      yield {
        type: 'tool-call',
        call: { id: 'c1', name: first?.name ?? '', arguments: '{"city":"Oslo","sunny":true}' },
      };
      yield { type: 'finish', reason: 'tool-calls', usage: { inputTokens: 1, outputTokens: 1, calls: 1 }, model: 'm' };
    },
  };
  const agent = createAgent({
    model: new FieldkitChatModel(model),
    tools: [],
    responseFormat: z.object({ city: z.string(), sunny: z.boolean() }),
  });
  const { structuredResponse } = await agent.invoke({ messages: [new HumanMessage('How is Oslo?')] });
  expect(structuredResponse).toEqual({ city: 'Oslo', sunny: true });
});

async function thinkingServer(): Promise<WireServer> {
  const server = await wireServer((response) =>
    events(response, [
      delta({ content: null, role: 'assistant', reasoning_content: 'Hm. ' }),
      delta({ content: null, reasoning_content: 'Oslo.' }),
      delta({ content: 'Sun' }),
      delta({ content: 'ny.' }),
      delta({}, 'stop'),
      usage(7, 3),
    ]),
  );
  closers.push(server.close);
  return server;
}

it('streams, counts, and gives the reasoning back to a model that wants it', async () => {
  const server = await thinkingServer();
  const endpoint = createEndpoint({ profile: 'dashscope', baseUrl: server.url, apiKey: 'k' });
  closers.push(endpoint.close);
  const model = new FieldkitChatModel(endpoint.chat('qwen3.7-plus', { thinking: true }));
  let whole: AIMessageChunk | undefined;
  const pieces: string[] = [];
  for await (const chunk of await model.stream('How is Oslo?')) {
    pieces.push(chunk.text);
    whole = whole === undefined ? chunk : whole.concat(chunk);
  }
  expect(pieces.filter((piece) => piece !== '')).toEqual(['Sun', 'ny.']);
  expect(whole).toMatchObject({
    additional_kwargs: { reasoning_content: 'Hm. Oslo.' },
    usage_metadata: { input_tokens: 7, output_tokens: 3, total_tokens: 10 },
  });
  const earlier = new AIMessage({ content: 'Sunny.', additional_kwargs: { reasoning_content: 'Hm. Oslo.' } });
  await model.invoke([new SystemMessage('s'), new HumanMessage('q'), earlier, new HumanMessage('And Bergen?')]);
  expect(server.requests.at(-1)?.body).toMatchObject({
    preserve_thinking: true,
    messages: [{}, {}, { role: 'assistant', reasoning_content: 'Hm. Oslo.' }, {}],
  });
});

it('says no to pictures instead of losing them, and keeps invalid arguments apart', async () => {
  const picture = new HumanMessage({
    content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }],
  });
  await expect(new FieldkitChatModel(createScriptedModel(['x'])).invoke([picture])).rejects.toThrow(FieldkitError);
  const broken = createScriptedModel([{ toolCalls: [{ id: 'c1', name: 'weather', arguments: 'nonsense' }] }]);
  const message = await new FieldkitChatModel(broken)
    .bindTools([weather])
    .invoke([new HumanMessage('q'), new ToolMessage({ content: 'r', tool_call_id: 'c0' })]);
  expect(message).toMatchObject({ tool_calls: [], invalid_tool_calls: [{ name: 'weather', args: 'nonsense' }] });
});

it('embeds', async () => {
  const embeddings = new FieldkitEmbeddings({
    model: 'e',
    dimensions: 2,
    semantic: true,
    embed: async (texts, { use } = {}) => texts.map(() => Float32Array.from(use === 'query' ? [1, 0] : [0, 1])),
  });
  expect(await embeddings.embedQuery('a')).toEqual([1, 0]);
  expect(await embeddings.embedDocuments(['a', 'b'])).toEqual([
    [0, 1],
    [0, 1],
  ]);
});
