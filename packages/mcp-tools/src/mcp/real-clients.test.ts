import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMCPClient } from '@ai-sdk/mcp';
import type { Passage } from '@fieldkit/core';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Client as OldClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as OldTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { lookupRecord } from '../tools/look-up-record.ts';
import { searchKnowledge } from '../tools/search-knowledge.ts';
import { hashApiKey } from './api-keys.ts';
import type { Listening } from './node-http.ts';
import { serveToolsOverHttp } from './serve-http.ts';

/** Both built-in tools, called by clients that other people wrote. */
const KEY = 'key-of-the-test';
const headers = { authorization: `Bearer ${KEY}` };
const passage: Passage = {
  id: 'p1',
  documentId: 'd1',
  index: 0,
  start: 0,
  end: 31,
  text: 'The warranty lasts 24 months.',
  context: 'Manual › Warranty',
  headings: ['Warranty'],
  tokens: 7,
  metadata: { title: 'Manual', uri: 'knowledge/manual.pdf', pages: '3' },
  tenant: 'acme',
  groups: [],
  score: 0.5,
  ranks: { lexical: 1 },
};
const SEARCH = { query: 'warranty' };
const LOOKUP = { orderNumber: 'SO-1042' };

const system = createServer((_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ orderNumber: 'SO-1042', status: 'shipped', internalMargin: 0.4 }));
});
let served: Listening;
beforeAll(async () => {
  await new Promise<void>((done) => system.listen(0, '127.0.0.1', done));
  const { port } = system.address() as AddressInfo; // a TCP server
  const lookup = await lookupRecord({
    openapi: fileURLToPath(new URL('../../examples/orders-api.yaml', import.meta.url)),
    operations: ['getOrder'],
    baseUrl: `http://127.0.0.1:${port}`,
  });
  const search = searchKnowledge({
    retrieve: async (query, { tenant }) => (query === 'warranty' && tenant === 'acme' ? [passage] : []),
  });
  served = await serveToolsOverHttp({
    tools: [search, lookup],
    keys: [{ hash: hashApiKey(KEY), caller: { tenant: 'acme', subject: 'anna', groups: [] } }],
  });
});
afterAll(async () => {
  await served.close();
  system.close();
});

interface Called {
  readonly names: readonly string[];
  readonly found: unknown;
  readonly record: unknown;
}

const clients: Readonly<Record<string, () => Promise<Called>>> = {
  'SDK 2.x': async () => {
    const client = new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new StreamableHTTPClientTransport(new URL(served.url), { requestInit: { headers } }));
    const { tools } = await client.listTools();
    const found = await client.callTool({ name: 'search_knowledge', arguments: SEARCH });
    const record = await client.callTool({ name: 'lookup_record', arguments: LOOKUP });
    await client.close();
    return { names: tools.map(({ name }) => name), found, record };
  },
  'SDK 1.x': async () => {
    const client = new OldClient({ name: 'test', version: '1' });
    const transport = new OldTransport(new URL(served.url), { requestInit: { headers } });
    await client.connect(transport as Parameters<typeof client.connect>[0]); // its optional fields are declared otherwise
    const { tools } = await client.listTools();
    const found = await client.callTool({ name: 'search_knowledge', arguments: SEARCH });
    const record = await client.callTool({ name: 'lookup_record', arguments: LOOKUP });
    await client.close();
    return { names: tools.map(({ name }) => name), found, record };
  },
  "ai's MCP client": async () => {
    const client = await createMCPClient({ transport: { type: 'http', url: served.url, headers } });
    const tools = await client.tools();
    const call = async (name: string, input: unknown): Promise<unknown> =>
      tools[name]?.execute?.(input, { toolCallId: 'one', messages: [], context: {} });
    const found = await call('search_knowledge', SEARCH);
    const record = await call('lookup_record', LOOKUP);
    await client.close();
    return { names: Object.keys(tools), found, record };
  },
  "the inspector's command line": async () => {
    const listed = await inspect('--method', 'tools/list');
    const call = (name: string, input: object) =>
      inspect(
        ...['--method', 'tools/call', '--tool-name', name],
        ...Object.entries(input).flatMap(([key, value]) => ['--tool-arg', `${key}=${value}`]),
      );
    const found = await call('search_knowledge', SEARCH);
    const record = await call('lookup_record', LOOKUP);
    const names = Array.from(
      JSON.stringify(listed).matchAll(/"name":"(\w+)","(?:title|description)"/g),
      ([, name = '']) => name,
    );
    return { names, found, record };
  },
};

async function inspect(...args: string[]): Promise<unknown> {
  const entry = createRequire(import.meta.url).resolve('@modelcontextprotocol/inspector-cli/build/index.js');
  const options = { cwd: dirname(entry) }; // it looks for its own package.json from where it stands
  const target = [served.url, '--transport', 'http', '--header', `Authorization: ${headers.authorization}`];
  return new Promise((done, fail) =>
    execFile(process.execPath, [entry, ...target, ...args], options, (error, stdout, stderr) =>
      error === null ? done(JSON.parse(stdout)) : fail(new Error(stderr, { cause: error })),
    ),
  );
}

describe.each(Object.entries(clients))('%s', (_, run) => {
  it('lists both tools and calls them as the caller of the key', async () => {
    const { names, found, record } = await run();
    expect([...names].sort()).toEqual(['lookup_record', 'search_knowledge']);
    expect(found).toMatchObject({
      content: [{ type: 'text', text: expect.stringContaining(passage.text) }],
      structuredContent: { passages: [{ id: 'p1', score: 0.5 }] },
    });
    expect(record).toMatchObject({
      content: [{ type: 'text', text: 'order.orderNumber: SO-1042\norder.status: shipped' }],
      structuredContent: { order: { orderNumber: 'SO-1042', status: 'shipped' } },
    });
    expect(JSON.stringify(record)).not.toContain('internalMargin');
  });
});
