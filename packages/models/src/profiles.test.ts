import type { ChatRequest } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { dashscopeFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import { profiles } from './profiles.ts';

const profileOf = (name: string): EndpointProfile => {
  const found = profiles.find((profile) => profile.name === name);
  if (found === undefined) throw new Error(`no profile ${name}`);
  return found;
};
const facts = (model: string) => dashscopeFacts.models[model];
const tools = [{ name: 'look', description: 'Looks', inputSchema: { type: 'object', properties: {} } }];
const request: ChatRequest = {
  messages: [
    { role: 'system', content: 's' },
    { role: 'user', content: 'u' },
    { role: 'assistant', content: '', reasoning: 'because', toolCalls: [{ id: 'c1', name: 'look', arguments: '{}' }] },
    { role: 'tool', toolCallId: 'c1', name: 'look', content: 'r' },
  ],
};

describe.each(profiles.map((profile) => [profile.name, profile] as const))('profile %s', (_, profile) => {
  it('writes messages as plain strings, tool calls whole, and nothing that was not asked for', () => {
    const { body, findings } = profile.chatBody(request, 'm', undefined);
    expect(findings).toEqual([]);
    expect(body.messages).toEqual([
      { role: 'system', content: 's' },
      { role: 'user', content: 'u' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'r' },
    ]);
    for (const field of [
      'tools',
      'tool_choice',
      'temperature',
      'seed',
      'response_format',
      'max_tokens',
      'max_completion_tokens',
      'parallel_tool_calls',
    ]) {
      expect(body).not.toHaveProperty(field);
    }
    expect(Object.values(body)).not.toContain(undefined);
  });

  it('asks for floats, names tools and choices alike, and survives JSON', () => {
    expect(profile.embeddingBody(['a'], 'm', 64)).toEqual({
      model: 'm',
      input: ['a'],
      encoding_format: 'float',
      dimensions: 64,
    });
    expect(profile.embeddingBody(['a'], 'm', undefined)).not.toHaveProperty('dimensions');
    const { body } = profile.chatBody(
      { ...request, tools, toolChoice: { name: 'look' }, temperature: 0.2, seed: 7 },
      'm',
      undefined,
    );
    expect(body).toMatchObject({
      tools: [
        { type: 'function', function: { name: 'look', description: 'Looks', parameters: tools[0]?.inputSchema } },
      ],
      tool_choice: { type: 'function', function: { name: 'look' } },
      temperature: 0.2,
      seed: 7,
    });
    expect(JSON.parse(JSON.stringify(body))).toEqual(body);
  });
});

describe('what dashscope wants', () => {
  const { chatBody, rerank } = profileOf('dashscope');
  const body = (more: Partial<ChatRequest>, model = 'qwen3.7-flash') =>
    chatBody({ ...request, ...more }, model, facts(model)).body;
  const codes = (more: Partial<ChatRequest>, model = 'qwen3.7-flash') =>
    chatBody({ ...request, ...more }, model, facts(model)).findings.map(({ code }) => code);

  it('always says whether to think, and never to a model that only thinks', () => {
    expect(body({})).toMatchObject({ enable_thinking: false });
    expect(body({ thinking: true })).toMatchObject({ enable_thinking: true });
    expect(body({}, 'qwen3-next-80b-a3b-thinking')).not.toHaveProperty('enable_thinking');
  });

  it('says effort instead of a budget where the model takes effort', () => {
    expect(body({ thinking: true }, 'qwen4-max')).toMatchObject({ enable_thinking: true, reasoning_effort: 'medium' });
    expect(body({ thinking: true }, 'qwen4-max')).not.toHaveProperty('thinking_budget');
    expect(body({}, 'qwen4-max')).not.toHaveProperty('reasoning_effort');
  });

  it('gives reasoning back only to models that want it, while they think', () => {
    expect(body({ thinking: true }, 'qwen3.7-plus')).toMatchObject({
      preserve_thinking: true,
      messages: [{}, {}, { reasoning_content: 'because' }, {}],
    });
    expect(JSON.stringify(body({ thinking: true }))).not.toContain('because');
    expect(JSON.stringify(body({}, 'qwen3.7-plus'))).not.toContain('because');
  });

  it('switches thinking off for forced tools and JSON, and says so', () => {
    expect(body({ thinking: true, tools, toolChoice: 'required' })).toMatchObject({
      enable_thinking: false,
      tool_choice: 'required',
    });
    expect(codes({ thinking: true, tools, toolChoice: 'required' })).toEqual(['thinking-switched-off']);
    const output = { name: 'o', schema: { type: 'object' } };
    expect(body({ thinking: true, output })).toMatchObject({
      enable_thinking: false,
      response_format: { type: 'json_schema', json_schema: { strict: true } },
    });
    expect(codes({ tools, toolChoice: 'required' }, 'a-thinking')).toEqual(['tool-choice-relaxed']);
  });

  it('never decodes greedily while thinking', () => {
    expect(body({ thinking: true, temperature: 0 })).not.toHaveProperty('temperature');
    expect(codes({ thinking: true, temperature: 0 })).toEqual(['temperature-dropped']);
    expect(body({ temperature: 0 })).toMatchObject({ temperature: 0 });
  });

  it('bounds reasoning and answer together, and says parallel tool calls', () => {
    expect(body({ maxOutputTokens: 100, tools })).toMatchObject({
      max_completion_tokens: 100,
      parallel_tool_calls: true,
      tool_choice: 'auto',
    });
  });

  it('puts the schema and the word JSON into the messages for a model without schema mode', () => {
    const output = { name: 'o', schema: { type: 'object' } };
    const { body: wire } = chatBody({ ...request, output }, 'm', { kind: 'chat', jsonModes: ['object'] });
    expect(wire).toMatchObject({ response_format: { type: 'json_object' } });
    expect(JSON.stringify(wire.messages)).toMatch(/JSON/);
  });

  it('knows both rerank paths', () => {
    const base = 'https://dashscope.aliyuncs.com/compatible-mode/v1';
    expect(rerank('q', ['a'], 1, 'qwen3-rerank', facts('qwen3-rerank'), base).path).toBe(
      'https://dashscope.aliyuncs.com/compatible-api/v1/reranks',
    );
    expect(rerank('q', ['a'], 1, 'gte-rerank-v2', facts('gte-rerank-v2'), base)).toEqual({
      path: 'https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank',
      body: {
        model: 'gte-rerank-v2',
        input: { query: 'q', documents: ['a'] },
        parameters: { top_n: 1, return_documents: false },
      },
    });
  });
});

it('tells vLLM about thinking through the chat template, and OpenAI through effort', () => {
  expect(profileOf('vllm').chatBody({ ...request, thinking: true }, 'm', undefined).body).toMatchObject({
    chat_template_kwargs: { enable_thinking: true },
  });
  expect(profileOf('openai').chatBody({ ...request, thinking: true }, 'm', undefined).body).toMatchObject({
    reasoning_effort: 'medium',
  });
});
