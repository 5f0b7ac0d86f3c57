import { type ChatModel, type ChatRequest, FieldkitError, type Finding } from '@fieldkit/core';
import { createScriptedModel } from '@fieldkit/core/testing';
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
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

/** An agent on a model that thinks before each of three turns: two ask for tools, the last answers, in the shape that is asked for if one is. */
async function runThinkingAgent(responseFormat?: z.ZodObject) {
  const calls = (id: string, name: string, json: string) =>
    delta({ tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: json } }] });
  const server = await wireServer((response, { body }, number) => {
    const thinks = body.enable_thinking === true;
    const thought = delta({
      content: null,
      role: 'assistant',
      reasoning_content: thinks ? `Thought ${number}.` : null,
    });
    if (number === 1) {
      // As the real endpoint does: the name first, then arguments in pieces with an empty id.
      const more = (json: string) => delta({ tool_calls: [{ index: 0, id: '', function: { arguments: json } }] });
      const pieces = [calls('c1', 'weather', ''), more('{"city":'), more('"Oslo"}')];
      return events(response, [thought, ...pieces, delta({}, 'tool_calls'), usage(7, 3)]);
    }
    const said = [delta({ content: 'It is ' }), delta({ content: 'sunny.' })];
    if (number === 2) {
      const next = calls('c2', 'weather', '{"city":"Bergen"}');
      return events(response, [thought, ...said, next, delta({}, 'tool_calls'), usage(9, 4)]);
    }
    const offered: { function: { name: string } }[] = body.tools;
    const shape = offered.find(({ function: { name } }) => name !== 'weather')?.function.name;
    const last = shape === undefined ? said : [calls('c3', shape, '{"city":"Oslo","sunny":true}')];
    return events(response, [thought, ...last, delta({}, shape === undefined ? 'stop' : 'tool_calls'), usage(11, 5)]);
  });
  closers.push(server.close);
  const endpoint = createEndpoint({ profile: 'dashscope', baseUrl: server.url, apiKey: 'k' });
  closers.push(endpoint.close);
  const agent = createAgent({
    model: new FieldkitChatModel(endpoint.chat('qwen3.7-plus', { thinking: true })),
    tools: [weather],
    ...(responseFormat === undefined ? {} : { responseFormat }),
  });
  const pieces: string[] = [];
  let structured: unknown;
  let turns: readonly BaseMessage[] = [];
  const stream = await agent.stream(
    { messages: [new HumanMessage('Which of Oslo and Bergen is sunny?')] },
    { streamMode: ['messages', 'values'] },
  );
  for await (const [mode, value] of stream) {
    if (mode === 'messages' && AIMessageChunk.isInstance(value[0]) && value[0].text !== '') pieces.push(value[0].text);
    if (mode !== 'values') continue;
    structured = Reflect.get(value, 'structuredResponse');
    turns = value.messages;
  }
  const results = turns.flatMap((turn) => (ToolMessage.isInstance(turn) ? [turn.text] : []));
  const tokens = turns.flatMap((turn) =>
    turn.type === 'ai' ? [Reflect.get(turn, 'usage_metadata')?.total_tokens] : [],
  );
  const notes = turns.flatMap(
    ({ response_metadata: { findings = [] } }) => (findings as readonly Finding[]).map(({ code }) => code), // as our model writes them
  );
  return { sent: server.requests.map(({ body }) => body), notes, pieces, structured, results, tokens };
}

it('does all of it together: an agent that thinks, streams, calls tools, and gets each thought back', async () => {
  const { sent, pieces, results, tokens } = await runThinkingAgent();
  expect(pieces).toEqual(['It is ', 'sunny.', 'It is ', 'sunny.']);
  expect(results).toEqual(['sunny in Oslo', 'sunny in Bergen']);
  expect(tokens).toEqual([10, 13, 16]);
  expect(sent.map((body) => [body.stream, body.enable_thinking])).toEqual(Array(3).fill([true, true]));
  expect(sent[2]?.messages).toMatchObject([
    { role: 'user' },
    {
      role: 'assistant',
      reasoning_content: 'Thought 1.',
      tool_calls: [{ id: 'c1', function: { arguments: '{"city":"Oslo"}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: 'sunny in Oslo' },
    { role: 'assistant', reasoning_content: 'Thought 2.', content: 'It is sunny.', tool_calls: [{ id: 'c2' }] },
    { role: 'tool', tool_call_id: 'c2', content: 'sunny in Bergen' },
  ]);
});

it('ends the same agent in structured output, and says that the endpoint cannot think while it must call a tool', async () => {
  const { sent, notes, pieces, structured, results, tokens } = await runThinkingAgent(
    z.object({ city: z.string(), sunny: z.boolean() }),
  );
  expect(structured).toEqual({ city: 'Oslo', sunny: true });
  expect(pieces.slice(0, 2)).toEqual(['It is ', 'sunny.']);
  expect(results.slice(0, 2)).toEqual(['sunny in Oslo', 'sunny in Bergen']);
  expect(tokens.slice(0, 3)).toEqual([10, 13, 16]); // the last message is written by LangChain
  // LangChain forces a tool in every turn then.
  expect(sent.map((body) => [body.tool_choice, body.enable_thinking])).toEqual(Array(3).fill(['required', false]));
  expect(notes.filter((code) => code === 'thinking-switched-off')).toHaveLength(3);
  expect(JSON.stringify(sent[2])).not.toContain('reasoning_content');
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
