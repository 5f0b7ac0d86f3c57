import { request as rawRequest } from 'node:http';
import type { Tool } from '@fieldkit/core';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OlderClient } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as OlderSse } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport as OlderHttp } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { serveConformanceFixture } from '../conformance/serve-conformance.ts';
import { defineTool } from '../define-tool.ts';
import { searchKnowledge } from '../tools/search-knowledge.ts';
import { hashApiKey } from './api-keys.ts';
import { createToolHttpHandler } from './http-handler.ts';
import type { Listening } from './node-http.ts';
import { serveToolsOverHttp } from './serve-http.ts';

const local = { tenant: 't', subject: 'local', groups: [] };
const lee = { tenant: 't', subject: 'lee', groups: ['service'] };
const slow = Promise.withResolvers<void>();
const called = Promise.withResolvers<void>();
const tools: Tool[] = [
  searchKnowledge({
    retrieve: async (query, { subject }) => [
      {
        id: 'c1',
        documentId: 'd1',
        index: 0,
        start: 0,
        end: 5,
        text: `${query} for ${subject}`,
        context: '',
        headings: [],
        tokens: 1,
        metadata: { title: 'Manual' },
        tenant: 't',
        groups: [],
        score: 1,
        ranks: { lexical: 1 },
      },
    ],
  }),
  defineTool({
    name: 'lookup_record',
    description: 'Looks up.',
    input: z.strictObject({ id: z.string() }),
    output: z.strictObject({ order: z.strictObject({ id: z.string() }) }),
    run: async ({ id }) => {
      if (id === 'slow') {
        called.resolve();
        await slow.promise;
      }
      return { order: { id } };
    },
  }),
];

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
};

let server: Listening;
beforeAll(async () => {
  server = await serveToolsOverHttp({
    tools,
    anonymous: local,
    keys: [{ hash: hashApiKey('key-of-lee'), caller: lee }],
    sse: true,
    maxBodyBytes: 2000,
  });
});
afterAll(() => server.close());
const sseUrl = () => new URL('/sse', server.url);

/** A request with headers that `fetch` would not send. */
function raw(
  headers: Record<string, string>,
  body: unknown = { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  path = '/mcp',
  method = 'POST',
): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const outgoing = rawRequest(
      {
        port: server.port,
        path,
        method,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
      },
      async (response) => {
        let text = '';
        for await (const part of response) text += part;
        done({ status: response.statusCode ?? 0, text });
      },
    );
    outgoing.once('error', fail);
    outgoing.end(method === 'GET' ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

describe('real clients call both tools', () => {
  const newer = (mode: 'auto' | 'legacy') => new Client({ name: 't', version: '1' }, { versionNegotiation: { mode } });
  const older = () => new OlderClient({ name: 't', version: '1' });
  it.each<
    [
      string,
      () => Promise<{
        callTool: (call: { name: string; arguments: Record<string, unknown> }) => Promise<unknown>;
        close: () => Promise<void>;
      }>,
    ]
  >([
    [
      'SDK 2.x, 2026-07-28',
      async () => {
        const client = newer('auto');
        await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
        expect(client.getNegotiatedProtocolVersion()).toBe('2026-07-28');
        return client;
      },
    ],
    [
      'SDK 2.x, 2025-11-25',
      async () => {
        const client = newer('legacy');
        await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
        expect(client.getNegotiatedProtocolVersion()).toBe('2025-11-25');
        return client;
      },
    ],
    // The older SDK's own transport declares an optional field that its own interface has not.
    [
      'SDK 1.32',
      async () => {
        const client = older();
        await client.connect(new OlderHttp(new URL(server.url)) as never);
        await client.listTools();
        return client;
      },
    ],
    [
      'SDK 2.x over SSE',
      async () => {
        const client = newer('legacy');
        await client.connect(new SSEClientTransport(sseUrl()));
        return client;
      },
    ],
    [
      'SDK 1.32 over SSE',
      async () => {
        const client = older();
        await client.connect(new OlderSse(sseUrl()));
        await client.listTools();
        return client;
      },
    ],
  ])('%s', async (_, connect) => {
    const client = await connect();
    expect(await client.callTool({ name: 'search_knowledge', arguments: { query: 'torque' } })).toMatchObject({
      content: [{ type: 'text', text: '[1] Manual\ntorque for local' }],
      structuredContent: { passages: [{ id: 'c1', score: 1 }] },
    });
    expect(await client.callTool({ name: 'lookup_record', arguments: { id: 'SO-1' } })).toMatchObject({
      content: [{ type: 'text', text: 'order.id: SO-1' }],
      structuredContent: { order: { id: 'SO-1' } },
    });
    expect(await client.callTool({ name: 'lookup_record', arguments: {} })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('wrong arguments') }],
    });
    await client.close();
  });

  it('never says a passage twice', async () => {
    const client = newer('auto');
    await client.connect(new StreamableHTTPClientTransport(new URL(server.url)));
    const result = await client.callTool({ name: 'search_knowledge', arguments: { query: 'unrepeatable' } });
    expect(JSON.stringify(result).split('unrepeatable')).toHaveLength(2);
    await client.close();
  });
});

describe('guards', () => {
  const good = { host: 'localhost' };
  it.each<[string, Record<string, string>]>([
    ['another host', { host: 'evil.example' }],
    ['a host that only begins like ours', { host: 'localhost.evil.example' }],
    ['another origin', { ...good, origin: 'https://evil.example' }],
    ['the null origin', { ...good, origin: 'null' }],
    ['an origin that ends like ours', { ...good, origin: 'https://evil-localhost' }],
  ])('refuse %s on every path', async (_, headers) => {
    for (const path of ['/mcp', '/messages', '/sse']) expect((await raw(headers, {}, path)).status, path).toBe(403);
    expect((await raw(headers, '', '/sse', 'GET')).status).toBe(403);
  });

  it('let local pages and programs through', async () => {
    for (const headers of [
      good,
      { host: '127.0.0.1:1234' },
      { host: '[::1]:80' },
      { ...good, origin: 'http://localhost:5173' },
    ]) {
      expect((await raw(headers)).status).not.toBe(403);
    }
  });

  it('refuse a wrong key even where none is needed, and take the caller from a right one', async () => {
    for (const authorization of ['Bearer nope', 'Bearer ', 'Basic x', `Bearer ${hashApiKey('key-of-lee')}`]) {
      expect((await raw({ ...good, authorization })).status, authorization).toBe(401);
    }
    const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(server.url), {
        requestInit: { headers: { authorization: 'Bearer key-of-lee' } },
      }),
    );
    expect(await client.callTool({ name: 'search_knowledge', arguments: { query: 'x' } })).toMatchObject({
      content: [{ text: '[1] Manual\nx for lee' }],
    });
    await client.close();
  });

  it("do not let one caller use another's session", async () => {
    const opened = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: 'Bearer key-of-lee',
      },
      body: JSON.stringify(initialize),
    });
    await opened.text();
    const id = opened.headers.get('mcp-session-id') ?? '';
    expect(id).not.toBe('');
    const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
    const session = { ...good, 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' };
    expect((await raw(session, ping)).status).toBe(404);
    expect((await raw({ ...session, authorization: 'Bearer key-of-lee' }, ping)).status).toBe(200);
    expect((await raw({ ...session, 'mcp-session-id': 'made-up' }, ping)).status).toBe(404);
  });

  it('forget a session that nobody used, when another one begins', async () => {
    const handler = createToolHttpHandler({ tools, anonymous: local, sessionIdleMs: 0 });
    const send = (body: object, id?: string) =>
      handler.fetch(
        new Request('http://localhost/mcp', {
          method: 'POST',
          headers: {
            host: 'localhost',
            'content-type': 'application/json',
            accept: 'application/json, text/event-stream',
            ...(id === undefined ? {} : { 'mcp-session-id': id, 'mcp-protocol-version': '2025-11-25' }),
          },
          body: JSON.stringify(body),
        }),
      );
    const open = async () => (await send(initialize)).headers.get('mcp-session-id') ?? '';
    const ping = { jsonrpc: '2.0', id: 2, method: 'ping' };
    const first = await open();
    expect((await send(ping, first)).status).toBe(200);
    const second = await open();
    expect([(await send(ping, first)).status, (await send(ping, second)).status]).toEqual([404, 200]);
    await handler.close();
  });

  it('bound what is read and answer what is broken', async () => {
    expect((await raw(good, 'x'.repeat(2001))).status).toBe(413);
    expect((await raw(good, '{')).status).toBe(400);
    expect((await raw(good, {}, '/elsewhere')).status).toBe(404);
    expect((await raw(good, '{', '/messages?sessionId=x')).status).toBe(404);
    expect((await raw(good, {}, '/sse', 'PUT')).status).toBe(405);
  });

  it('need keys or an anonymous caller, and keys as hashes', async () => {
    await expect(serveToolsOverHttp({ tools })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(serveToolsOverHttp({ tools, keys: [{ hash: 'plain', caller: lee }] })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });
});

describe('the end', () => {
  it('waits for calls under way', async () => {
    const ending = await serveToolsOverHttp({ tools, anonymous: local });
    const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(ending.url)));
    const running = client.callTool({ name: 'lookup_record', arguments: { id: 'slow' } });
    await called.promise;
    const closed = ending.close();
    slow.resolve();
    expect(await running).toMatchObject({ structuredContent: { order: { id: 'slow' } } });
    await Promise.all([client.close(), closed]);
    await ending.close();
    await expect(fetch(ending.url)).rejects.toThrow();
  });

  it('says that a port is taken', async () => {
    await expect(serveToolsOverHttp({ tools, anonymous: local, port: server.port })).rejects.toMatchObject({
      code: 'SERVICE_START_FAILED',
    });
  });
});

it('serves the conformance fixture by the same handler', async () => {
  const fixture = await serveConformanceFixture();
  const client = new Client({ name: 't', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(fixture.url)));
  expect((await client.listTools()).tools.length).toBeGreaterThan(25);
  expect((await fetch(fixture.url, { method: 'POST', headers: { origin: 'https://evil.example' } })).status).toBe(403);
  await client.close();
  await fixture.close();
});
