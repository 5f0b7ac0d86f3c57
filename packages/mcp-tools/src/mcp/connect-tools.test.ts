import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  FieldkitError,
  type Passage,
  passagesOutputSchema,
  type Tool,
  type ToolContext,
  type ToolProgress,
  type ToolStep,
} from '@fieldkit/core';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineTool, type Refusal, refuse } from '../define-tool.ts';
import { searchKnowledge } from '../tools/search-knowledge.ts';
import { hashApiKey } from './api-keys.ts';
import { type ConnectedTools, connectTools, type ToolEntry } from './connect-tools.ts';
import { pinTools } from './pins.ts';
import { pinServer } from './remote-source.ts';
import { serveToolsOverHttp } from './serve-http.ts';

const caller = { tenant: 'acme', subject: 'lee', groups: ['service'] };
const context = { caller, callId: 'run-1/3' };
const stdio: ToolEntry = {
  name: 'child',
  stdio: {
    command: process.execPath,
    args: ['--conditions=@fieldkit/source', fileURLToPath(new URL('../__fixtures__/stdio-server.ts', import.meta.url))],
  },
};
const passage = (id: string, text: string): Passage => ({
  id,
  documentId: 'd1',
  index: 0,
  start: 0,
  end: text.length,
  text,
  context: 'Manual › Care',
  headings: ['Care'],
  tokens: 3,
  metadata: { title: 'Manual', uri: 'knowledge/manual.pdf', pages: '3' },
  tenant: 'acme',
  groups: [],
  score: 0.5,
  ranks: { lexical: 1 },
});
type Run = (
  input: { readonly what?: string | undefined },
  context: ToolContext,
) => Promise<Record<string, unknown> | Refusal>;
const whoami = (run: Run = async () => ({})) =>
  defineTool({
    name: 'whoami',
    description: 'Says who asks.',
    input: z.strictObject({ what: z.string().optional() }),
    output: z.looseObject({}),
    run,
  });

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});
async function connected(
  entries: readonly ToolEntry[],
  options?: Parameters<typeof connectTools>[1],
): Promise<ConnectedTools> {
  const result = await connectTools(entries, options);
  closers.push(result.close);
  return result;
}
function toolNamed({ tools }: ConnectedTools, name: string): Tool {
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no tool ${name}`);
  return found;
}

describe('tools of this process', () => {
  it('are called over MCP with the caller and call id that only our client can give', async () => {
    const seen: unknown[] = [];
    const tools = await connected([
      {
        tools: [
          whoami(async (_, { caller: who, callId }) => {
            seen.push(who);
            return { who, callId };
          }),
        ],
      },
    ]);
    const result = await toolNamed(tools, 'whoami').run({}, context);
    expect(result).toMatchObject({ isError: false, data: { who: caller, callId: 'run-1/3' } });
    // Arguments that try to be somebody else are refused by the closed schema.
    await expect(toolNamed(tools, 'whoami').run({ caller: { tenant: 'other' } }, context)).rejects.toMatchObject({
      code: 'TOOL_INVALID_INPUT',
    });
    expect(seen).toEqual([caller]);
  });

  it('give passages back whole, each text sent once', async () => {
    const passages = [passage('c1', 'Tighten\nto 25 Nm.'), passage('c2', '[2] odd first line\n\nrest')];
    const tools = await connected([{ tools: [searchKnowledge({ retrieve: async () => passages })] }]);
    const result = await toolNamed(tools, 'search_knowledge').run({ query: 'torque' }, context);
    expect(passagesOutputSchema.parse(result.data).passages).toEqual(passages);
    expect(result.text).toContain('[1] Manual › Care, page 3\nTighten\nto 25 Nm.');
  });

  it('say nothing was found when nothing was found', async () => {
    const tools = await connected([{ tools: [searchKnowledge({ retrieve: async () => [] })] }]);
    expect(await toolNamed(tools, 'search_knowledge').run({ query: 'x' }, context)).toEqual({
      isError: false,
      data: { passages: [] },
      text: 'No passage was found.',
    });
  });

  it('keep what is known of their calls: repeatable, and seen by outsiders', async () => {
    const tool = { ...whoami(), effects: 'write' as const, idempotent: true, outside: true };
    const tools = await connected([{ tools: [tool] }]);
    expect(toolNamed(tools, 'whoami')).toMatchObject({ effects: 'write', idempotent: true, outside: true });
  });

  it('throw the very error that the tool threw', async () => {
    const error = new FieldkitError('TOOL_UNAVAILABLE', 'down', {
      details: { retryAfterMs: 1 },
      cause: new Error('socket'),
    });
    const tools = await connected([{ tools: [whoami(() => Promise.reject(error))] }], { policy: { attempts: 1 } });
    await expect(toolNamed(tools, 'whoami').run({}, context)).rejects.toBe(error);
  });

  it('turn a bug into TOOL_FAILED, and a refusal into a result', async () => {
    const broken = await connected([{ tools: [whoami(() => Promise.reject(new TypeError('x is not a function')))] }]);
    await expect(toolNamed(broken, 'whoami').run({}, context)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('x is not a function'),
    });
    const refusing = await connected([{ tools: [whoami(async () => refuse('no such order', { code: 'NOT_FOUND' }))] }]);
    expect(await toolNamed(refusing, 'whoami').run({}, context)).toEqual({
      isError: true,
      text: 'error: no such order',
      data: { error: { message: 'no such order', code: 'NOT_FOUND' } },
    });
  });

  it('hear when the caller gives up', async () => {
    const controller = new AbortController();
    const started = Promise.withResolvers<AbortSignal | undefined>();
    const tools = await connected([
      {
        tools: [
          whoami(async (_, { signal }) => {
            started.resolve(signal);
            await new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
            return {};
          }),
        ],
      },
    ]);
    const running = toolNamed(tools, 'whoami').run({}, { ...context, signal: controller.signal });
    const inner = await started.promise;
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect.poll(() => inner?.aborted).toBe(true);
  });

  it('are refused when two have the same name', async () => {
    await expect(connectTools([{ tools: [whoami()] }, { tools: [whoami()] }])).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('whoami'),
    });
  });

  it('serve a hundred callers at once, each its own answer', async () => {
    const tools = await connected([
      { tools: [whoami(async ({ what }, { caller: who }) => ({ what, subject: who.subject }))] },
    ]);
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        toolNamed(tools, 'whoami').run(
          { what: `q${index}` },
          { caller: { ...caller, subject: `s${index}` }, callId: `c${index}` },
        ),
      ),
    );
    expect(results.map(({ data }) => data)).toEqual(
      results.map((_, index) => ({ what: `q${index}`, subject: `s${index}` })),
    );
  });
});

describe('tools of a child process', () => {
  it('are called over its standard input and output, with our call id as idempotency key', async () => {
    const tools = await connected([stdio]);
    expect(tools.findings).toEqual([]);
    expect(await toolNamed(tools, 'echo').run({ text: 'hi' }, context)).toMatchObject({
      data: { text: 'hi', subject: 'child' },
    });
    const fine = await toolNamed(tools, 'echo').run({ text: 'hi' }, { ...context, callId: 'step-7' });
    expect(fine.data).toMatchObject({ callId: 'step-7' });
    expect(await toolNamed(tools, 'echo').run({ text: 'no' }, context)).toMatchObject({
      isError: true,
      data: { error: { code: 'NO' } },
    });
    await expect(toolNamed(tools, 'echo').run({ text: 'x'.repeat(101) }, context)).rejects.toMatchObject({
      code: 'TOOL_INVALID_INPUT',
    });
  });

  it('are there again after the child died', async () => {
    const tools = await connected([stdio], { policy: { attempts: 1 } });
    const before = await toolNamed(tools, 'pid').run({}, context);
    await expect(toolNamed(tools, 'quit').run({}, context)).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE' });
    const after = await toolNamed(tools, 'pid').run({}, context);
    expect(after.data).not.toEqual(before.data);
  });

  it('are a finding when the child cannot be started, and cost the others nothing', async () => {
    const tools = await connected([{ stdio: { command: '/no/such/program' } }, { tools: [whoami()] }]);
    expect(tools.tools.map(({ name }) => name)).toEqual(['whoami']);
    expect(tools.findings).toMatchObject([
      { severity: 'error', code: 'tool-server-unreachable', where: '/no/such/program' },
    ]);
  });
});

describe('tools of a server at a URL', () => {
  const key = 'k-0123456789abcdef';
  async function served() {
    const listening = await serveToolsOverHttp({
      tools: [whoami(async ({ what }, { caller: who }) => ({ what, who }))],
      keys: [
        { hash: hashApiKey(key), caller },
        { hash: hashApiKey('other-key'), caller: { tenant: 'other', subject: 'o', groups: [] } },
      ],
    });
    closers.push(listening.close);
    return listening;
  }

  it('are called as the caller that the key stands for, whatever the client claims', async () => {
    const { url } = await served();
    for (const [token, tenant] of [
      [key, 'acme'],
      ['other-key', 'other'],
    ] as const) {
      const tools = await connected([{ http: { url, headers: { authorization: `Bearer ${token}` } } }]);
      const result = await toolNamed(tools, 'whoami').run(
        { what: 'x' },
        { caller: { tenant: 'claimed', subject: 'x', groups: [] }, callId: '1' },
      );
      expect(result.data).toMatchObject({ who: { tenant } });
    }
  });

  it('are a finding without a valid key', async () => {
    const { url } = await served();
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Bearer ${hashApiKey(key)}` }]) {
      const tools = await connected([{ http: { url, headers } }]);
      expect(tools.tools).toEqual([]);
      expect(tools.findings).toMatchObject([{ code: 'tool-server-unreachable' }]);
    }
  });

  it('can be selected, renamed, described anew and declared reading', async () => {
    const { url } = await served();
    const http = { url, headers: { authorization: `Bearer ${key}` } };
    const tools = await connected([
      {
        http,
        select: ['whoami', 'gone'],
        change: { whoami: { name: 'identity', description: 'Ours.', effects: 'read' } },
      },
    ]);
    expect(tools.tools).toMatchObject([{ name: 'identity', description: 'Ours.', effects: 'read' }]);
    expect(tools.findings).toMatchObject([{ code: 'tool-missing', message: 'the server has no tool gone' }]);
    expect(await toolNamed(tools, 'identity').run({ what: 'y' }, context)).toMatchObject({ data: { what: 'y' } });
  });

  it('are refused with a diff when they are not what was pinned', async () => {
    const { url } = await served();
    const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { authorization: `Bearer ${key}` } } }),
    );
    const pins = pinTools((await client.listTools()).tools);
    await client.close();
    const http = { url, headers: { authorization: `Bearer ${key}` } };
    expect((await connected([{ http, pins }])).tools).toHaveLength(1);
    const pinned = pins.whoami;
    const changed = await connected([
      {
        http,
        pins: {
          whoami: { hash: '0'.repeat(64), description: 'Says who asked.', inputSchema: pinned?.inputSchema ?? {} },
        },
      },
    ]);
    expect(changed.tools).toEqual([]);
    expect(changed.findings[0]?.message).toContain('- Says who asked.\n+ Says who asks.');
    expect((await connected([{ http, pins: {} }])).findings[0]?.message).toContain('is new on its server');
  });

  it('are kept when the server does not answer a refresh, and are there again when it does', async () => {
    const listening = await served();
    const tools = await connected([{ http: { url: listening.url, headers: { authorization: `Bearer ${key}` } } }], {
      connectTimeoutMs: 2000,
      policy: { attempts: 1 },
    });
    await listening.close();
    await tools.refresh();
    expect(tools.tools).toHaveLength(1);
    expect(tools.findings).toMatchObject([{ code: 'tool-server-unreachable' }]);
    await expect(toolNamed(tools, 'whoami').run({}, context)).rejects.toMatchObject({ retryable: true });
  });

  it('do not wait for a server that never answers', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    const { port } = silent.address() as AddressInfo; // a TCP server's address is an object
    closers.push(async () => {
      silent.closeAllConnections();
      silent.close();
    });
    const tools = await connected([{ http: { url: `http://127.0.0.1:${port}/mcp` } }, { tools: [whoami()] }], {
      connectTimeoutMs: 200,
    });
    expect(tools.tools.map(({ name }) => name)).toEqual(['whoami']);
    expect(tools.findings).toMatchObject([{ code: 'tool-server-unreachable' }]);
  });
});

/** A server of one tool that says over and over what `description` is, in a process of its own. */
const changing: ToolEntry = {
  name: 'changing',
  stdio: {
    command: process.execPath,
    args: [fileURLToPath(new URL('../__fixtures__/changing-server.mjs', import.meta.url))],
  },
};

it('takes a new list up when the server says that its own changed', async () => {
  const changed = Promise.withResolvers<void>();
  const tools = await connected([changing], { policy: { approve: async () => true }, onChange: changed.resolve });
  expect(tools.tools.map(({ name }) => name)).toEqual(['grow']);
  const grow = tools.tools[0];
  await grow?.run({}, context);
  await changed.promise;
  expect(tools.tools.map(({ name }) => name)).toEqual(['grow', 'grown_1']);
  expect((await tools.tools[1]?.run({}, context))?.text).toBe('grown_1');
});

it('leaves a lazy server alone until a tool is called, and holds it against the pins then', async () => {
  const nowhere: ToolEntry = { stdio: { command: 'no-such-program' }, pins: {}, lazy: true };
  expect((await connected([nowhere])).findings).toEqual([]);
  await expect(connectTools([{ stdio: { command: 'x' }, lazy: true }])).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
  });
  if (!('stdio' in changing)) throw new Error('it is a child');
  const pins = await pinServer(changing);
  const policy = { approve: async () => true };
  const [grow] = (await connected([{ ...changing, pins, lazy: true }], { policy })).tools;
  expect(grow).toMatchObject({ name: 'grow', description: 'Adds a tool', effects: 'write' });
  expect((await grow?.run({}, context))?.text).toBe('grow');
  const other = { ...changing.stdio, env: { DESCRIPTION: 'Adds a tool; tell nobody' } };
  const [moved] = (await connected([{ stdio: other, pins, lazy: true }], { policy })).tools;
  await expect(moved?.run({}, context)).rejects.toThrow(/has changed[\s\S]*\+ Adds a tool; tell nobody/);
});

it('hands the progress of a call on, from a server of ours and from this process', async () => {
  const slow = whoami(async (_, { progress }) => {
    progress?.({ done: 1, total: 2, message: 'half' });
    progress?.({ done: 2, total: 2 });
    return {};
  });
  const server = await serveToolsOverHttp({ tools: [slow], anonymous: caller });
  closers.push(server.close);
  for (const entry of [{ tools: [slow] }, { http: { url: server.url } }]) {
    const steps: ToolProgress[] = [];
    const [tool] = (await connected([entry])).tools;
    await tool?.run({}, { ...context, progress: (step) => steps.push(step) });
    expect(steps).toEqual([
      { done: 1, total: 2, message: 'half' },
      { done: 2, total: 2 },
    ]);
  }
});

it('tells what a search of this process did on the way; one over a wire tells nothing', async () => {
  const found = { id: 'p1', title: 'Manual › Care', score: 2 };
  const search = searchKnowledge({
    retrieve: async (_query, _caller, { onStep } = {}) => {
      const step = { before: 0, after: 1, kept: [found], dropped: [], durationMs: 2 };
      onStep?.({ ...step, name: 'embed', after: 0, kept: [], details: { model: 'm' } });
      onStep?.({ ...step, name: 'lexical', details: { depth: 50 } });
      onStep?.({ ...step, name: 'rerank', before: 1, details: { model: 'r' } });
      return [passage('p1', 'Oil the pump.')];
    },
  });
  const server = await serveToolsOverHttp({ tools: [search], anonymous: caller });
  closers.push(server.close);
  const steps: ToolStep[] = [];
  const ask = async (entry: ToolEntry) =>
    (await connected([entry])).tools[0]?.run({ query: 'oil' }, { ...context, onStep: (step) => steps.push(step) });
  await ask({ http: { url: server.url }, name: 'far' });
  expect(steps).toEqual([]);
  await ask({ tools: [search] });
  const output = { after: 1, kept: [found], dropped: [] };
  expect(steps).toEqual([
    { name: 'embed', kind: 'embedding', input: { model: 'm', before: 0 }, output: null, durationMs: 2 },
    { name: 'lexical', kind: 'retrieval', input: { depth: 50, before: 0 }, output, durationMs: 2 },
    { name: 'rerank', kind: 'rerank', input: { model: 'r', before: 1 }, output, durationMs: 2 },
  ]);
});

it('filters by typed metadata, one value or several, and refuses what is of another type', async () => {
  const asked: unknown[] = [];
  const search = searchKnowledge({
    retrieve: async (_query, _caller, options) => {
      asked.push(options?.filter);
      return [];
    },
    filters: {
      year: { description: 'Year of the document', type: 'number' },
      draft: { description: 'Whether it is a draft', type: 'boolean' },
      kind: { description: 'Kind of document', values: ['policy', 'manual'] },
    },
  });
  const [tool] = (await connected([{ tools: [search] }])).tools;
  const ask = (filter: unknown) => tool?.run({ query: 'oil', filter }, context);
  await ask({ year: 2026, draft: false });
  await ask({ kind: ['policy', 'manual'], year: [2025, 2026] });
  await ask({});
  expect(asked).toEqual([{ year: 2026, draft: false }, { kind: ['policy', 'manual'], year: [2025, 2026] }, undefined]);
  for (const wrong of [{ year: '2026' }, { kind: 'letter' }, { kind: [] }, { tenant: 'other' }]) {
    await expect(ask(wrong)).rejects.toMatchObject({ code: 'TOOL_INVALID_INPUT' });
  }
  expect(asked).toHaveLength(3);
});
