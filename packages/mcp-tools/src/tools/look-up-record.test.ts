import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileSchema } from '../json-schema.ts';
import { type LookupRecordOptions, lookupRecord } from './look-up-record.ts';

const context = { caller: { tenant: 't', subject: 's', groups: [] }, callId: 'c1' };
let requests: IncomingMessage[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
const server = createServer((request, response) => {
  requests.push(request);
  answer(request, response);
});
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`; // a TCP server's address is an object
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const order = {
  orderNumber: 'SO-1042',
  shippedOn: '2026-11-02',
  items: [{ sku: 'SEAL-204', quantity: 2, secretMargin: 0.4 }],
  internal: 'x',
};
beforeEach(() => {
  requests = [];
  answer = (_, response) => json(response, 200, order);
});

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) {
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers })
    .end(JSON.stringify(body));
}

const get = (operationId: string, path: string, name: string, schema: object, response: object) => ({
  [path]: {
    get: {
      operationId,
      summary: `Look up ${operationId}`,
      parameters: [{ name, in: 'path', required: true, description: `${name} as printed`, schema }],
      responses: { 200: { description: 'ok', content: { 'application/json': { schema: response } } } },
    },
  },
});
const orderSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['orderNumber'],
  properties: {
    orderNumber: { type: 'string' },
    shippedOn: { type: ['string', 'null'], format: 'date', title: 'Ship date' },
    items: {
      type: 'array',
      items: { type: 'object', properties: { sku: { type: 'string' }, quantity: { type: 'integer' } } },
    },
  },
};
const openapi = {
  openapi: '3.1.0',
  info: { title: 'Order desk', version: '1' },
  paths: {
    ...get(
      'getOrder',
      '/orders/{orderNumber}',
      'orderNumber',
      { type: 'string', pattern: '^SO-\\d{4}$', examples: ['SO-1042'] },
      orderSchema,
    ),
    ...get(
      'getAsset',
      '/assets/{serial}',
      'serial',
      { type: 'string', pattern: '^(?:XP|ZT)-\\d{5}$' },
      { type: 'object', properties: { model: { type: 'string' } } },
    ),
    ...get(
      'getTechnician',
      '/technicians/{id}',
      'id',
      { type: 'integer', minimum: 1 },
      { type: 'object', properties: { name: { type: 'string' } } },
    ),
    '/orders': { post: { operationId: 'createOrder', responses: {} } },
  },
};
const lookup = (patch: Partial<LookupRecordOptions> = {}) =>
  lookupRecord({ openapi, operations: ['getOrder', 'getAsset'], baseUrl, ...patch });

describe('the input of lookup_record', () => {
  it('is a kind of record and an id with the patterns of all kinds; the kind may be left out when the id tells', async () => {
    const { inputSchema } = await lookup();
    expect(inputSchema).toMatchObject({
      type: 'object',
      required: ['id'],
      additionalProperties: false,
      properties: {
        record: { enum: ['order', 'asset'] },
        id: { pattern: '^(?:SO-\\d{4}|(?:(?:XP|ZT)-\\d{5}))$', examples: ['SO-1042'] },
      },
    });
    const check = compileSchema(inputSchema);
    expect(check({ id: 'SO-1042' })).toEqual([]);
    expect(check({ record: 'asset', id: 'ZT-00001' })).toEqual([]);
    for (const bad of [
      {},
      { id: 'SO-104' },
      { id: 'xSO-1042' },
      { id: 'SO-1042', extra: 1 },
      { record: 'other', id: 'SO-1042' },
      { id: 1042 },
    ]) {
      expect(check(bad), JSON.stringify(bad)).not.toEqual([]);
    }
  });

  it('needs the kind when two kinds have ids of the same form', async () => {
    const same = {
      openapi: '3.0.3',
      paths: {
        ...get('getA', '/a/{x}', 'x', { type: 'string' }, {}),
        ...get('getB', '/b/{x}', 'x', { type: 'string' }, {}),
      },
    };
    const tool = await lookup({ openapi: same, operations: ['getA', 'getB'] });
    expect(tool.inputSchema).toMatchObject({
      required: ['record', 'id'],
      properties: { record: { enum: ['a', 'b'] } },
    });
  });

  it('turns an id into the type that the system wants', async () => {
    const tool = await lookup({ operations: ['getOrder', 'getTechnician'] });
    answer = (_, response) => json(response, 200, { name: 'Li' });
    expect(await tool.run({ id: '17' }, context)).toMatchObject({ data: { technician: { name: 'Li' } } });
    expect(requests[0]?.url).toBe('/api/technicians/17');
    await expect(tool.run({ id: '0' }, context)).rejects.toMatchObject({ code: 'TOOL_INVALID_INPUT' });
  });

  it("is a single operation's own parameters", async () => {
    const tool = await lookup({ operations: ['GET /orders/{orderNumber}'], name: 'order_state' });
    expect(tool.name).toBe('order_state');
    expect(tool.inputSchema).toMatchObject({
      required: ['orderNumber'],
      properties: { orderNumber: { pattern: '^SO-\\d{4}$', description: 'orderNumber as printed' } },
    });
    expect(await tool.run({ orderNumber: 'SO-1042' }, context)).toMatchObject({
      data: { order: { orderNumber: 'SO-1042' } },
    });
  });

  it('is the parameters of all when operations take several', async () => {
    const find = {
      get: {
        operationId: 'findVisits',
        parameters: [
          { name: 'site', in: 'query', required: true, schema: { type: 'string' } },
          { name: 'month', in: 'query', required: true, schema: { type: 'integer' } },
        ],
        responses: {},
      },
    };
    const tool = await lookup({
      openapi: { ...openapi, paths: { ...openapi.paths, '/visits': find } },
      operations: ['getOrder', 'findVisits'],
    });
    expect(tool.inputSchema).toMatchObject({ required: ['record'] });
    answer = (_, response) => json(response, 200, { visits: 3 });
    await tool.run({ record: 'visits', site: 'a&b', month: 5 }, context);
    expect(requests[0]?.url).toBe('/api/visits?site=a%26b&month=5');
    await expect(tool.run({ record: 'visits', site: 'a' }, context)).rejects.toMatchObject({
      code: 'TOOL_INVALID_INPUT',
      message: expect.stringContaining('month'),
    });
    await expect(tool.run({ record: 'order', site: 'a', month: 5 }, context)).rejects.toMatchObject({
      code: 'TOOL_INVALID_INPUT',
    });
  });

  it('says which kind an id belongs to when it was called with another', async () => {
    const tool = await lookup();
    await expect(tool.run({ record: 'asset', id: 'SO-1042' }, context)).rejects.toMatchObject({
      code: 'TOOL_INVALID_INPUT',
      message: expect.stringContaining('"SO-1042" is an identifier of order'),
    });
    expect(requests).toEqual([]);
  });
});

describe('a lookup', () => {
  it('gives the declared fields only, as data and as lines with the names of the fields', async () => {
    const tool = await lookup();
    const { data, text, isError } = await tool.run({ id: 'SO-1042' }, context);
    expect(isError).toBe(false);
    expect(data).toEqual({
      order: { orderNumber: 'SO-1042', shippedOn: '2026-11-02', items: [{ sku: 'SEAL-204', quantity: 2 }] },
    });
    expect(text.split('\n')).toEqual([
      'order.orderNumber: SO-1042',
      'order.shippedOn (Ship date): 2026-11-02',
      'order.items[0].sku: SEAL-204',
      'order.items[0].quantity: 2',
    ]);
    expect(compileSchema(tool.outputSchema ?? {})(data)).toEqual([]);
    expect(requests[0]).toMatchObject({ method: 'GET', url: '/api/orders/SO-1042' });
  });

  it.each([400, 404, 409, 410, 422])('makes HTTP %i a result with the words of the system', async (status) => {
    answer = (_, response) => json(response, status, { code: 'X1', message: 'No order of that number.' });
    expect(await (await lookup()).run({ id: 'SO-9999' }, context)).toEqual({
      isError: true,
      text: `error: order SO-9999: No order of that number. (HTTP ${status})`,
      data: { error: { status, code: 'X1', message: 'No order of that number.' } },
    });
  });

  it('takes the words from problem details, nested errors and plain text, and never from HTML', async () => {
    const tool = await lookup();
    const said = async (body: string, type: string) => {
      answer = (_, response) => response.writeHead(404, { 'content-type': type }).end(body);
      return (await tool.run({ id: 'SO-1042' }, context)).text;
    };
    expect(await said('{"type":"x","title":"Gone","detail":"Order archived"}', 'application/problem+json')).toContain(
      'Order archived',
    );
    expect(await said('{"error":{"message":"nested"}}', 'application/json')).toContain('nested');
    expect(await said('plain words', 'text/plain')).toContain('plain words');
    expect(await said('<html><script>alert(1)</script></html>', 'text/html')).not.toContain('script');
    expect((await said(`${'x'.repeat(5000)}`, 'text/plain')).length).toBeLessThan(600);
  });

  it.each<[string, number, string, boolean]>([
    ['no access', 401, 'TOOL_FORBIDDEN', false],
    ['no access', 403, 'TOOL_FORBIDDEN', false],
    ['a limit', 429, 'TOOL_UNAVAILABLE', true],
    ['a fault', 500, 'TOOL_UNAVAILABLE', true],
    ['maintenance', 503, 'TOOL_UNAVAILABLE', true],
    ['a teapot', 418, 'TOOL_FAILED', false],
  ])('throws for %s (HTTP %i)', async (_, status, code, retryable) => {
    answer = (_request, response) => json(response, status, { message: 'said so' }, { 'retry-after': '7' });
    const thrown = (await lookup()).run({ id: 'SO-1042' }, context);
    await expect(thrown).rejects.toMatchObject({ code, retryable, message: expect.stringContaining('said so') });
    if (status === 429) await expect(thrown).rejects.toMatchObject({ details: { retryAfterMs: 7000 } });
  });

  it('does not follow a redirect', async () => {
    answer = (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    await expect((await lookup()).run({ id: 'SO-1042' }, context)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('redirect'),
    });
    expect(requests).toHaveLength(1);
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['another shape', (response) => json(response, 200, { orderNumber: 7 }), 'orderNumber must be string'],
    ['a missing field', (response) => json(response, 200, { shippedOn: null }), 'orderNumber'],
    ['no JSON', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":'), 'JSON'],
    ['a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'), 'text/html'],
    ['nothing', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(), 'empty'],
  ])('throws TOOL_INVALID_OUTPUT for %s', async (_, respond, words) => {
    answer = (_request, response) => respond(response);
    await expect((await lookup()).run({ id: 'SO-1042' }, context)).rejects.toMatchObject({
      code: 'TOOL_INVALID_OUTPUT',
      message: expect.stringContaining(words),
    });
  });

  it('stops reading an answer that is too long', async () => {
    answer = (_, response) => json(response, 200, { ...order, internal: 'x'.repeat(300_000) });
    await expect((await lookup({ maxBytes: 1000 })).run({ id: 'SO-1042' }, context)).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('1000 bytes'),
    });
    expect(await (await lookup({ maxBytes: 400_000 })).run({ id: 'SO-1042' }, context)).toMatchObject({
      isError: false,
    });
  });

  it('gives up in time, and at once when it is cancelled', async () => {
    answer = () => {};
    await expect((await lookup({ timeoutMs: 50 })).run({ id: 'SO-1042' }, context)).rejects.toMatchObject({
      code: 'TIMED_OUT',
    });
    const controller = new AbortController();
    const arrived = new Promise<void>((resolve) => {
      answer = () => resolve();
    });
    const running = (await lookup()).run({ id: 'SO-1042' }, { ...context, signal: controller.signal });
    await arrived;
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('says that nobody answers', async () => {
    const tool = await lookup({ baseUrl: 'http://127.0.0.1:9' });
    await expect(tool.run({ id: 'SO-1042' }, context)).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
      retryable: true,
      message: expect.stringContaining('cannot reach'),
    });
  });
});

describe('the configuration of lookup_record', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fieldkit-openapi-'));
  });
  afterAll(() => rm(folder, { recursive: true }));
  const file = async (content: string) => {
    const path = join(folder, 'api.yaml');
    await writeFile(path, content);
    return path;
  };

  it('reads YAML and JSON files', async () => {
    const path = await file(JSON.stringify(openapi));
    expect((await lookup({ openapi: path })).name).toBe('lookup_record');
    const yaml = await file(
      'openapi: 3.0.3\npaths:\n  /a/{x}:\n    get:\n      operationId: getA\n      parameters: [{ name: x, in: path, required: true, schema: { type: string, nullable: true } }]\n      responses: {}\n',
    );
    expect((await lookup({ openapi: yaml, operations: ['getA'] })).inputSchema).toMatchObject({
      properties: { x: { type: ['string', 'null'] } },
    });
  });

  it.each<[string, Partial<LookupRecordOptions> | string, string]>([
    ['no such file', { openapi: '/no/such.yaml' }, 'no such file'],
    ['no YAML', 'a: [', 'neither YAML nor JSON'],
    ['a list', '- a', 'no object'],
    ['Swagger', 'swagger: "2.0"\npaths: {}', 'Swagger 2.0'],
    ['another version', 'openapi: 4.0.0\npaths: {}', '4.0.0'],
    ['no paths', 'openapi: 3.1.0', 'no paths'],
    [
      'a reference to nothing',
      'openapi: 3.1.0\npaths:\n  /a:\n    get:\n      operationId: getOrder\n      parameters: [{ $ref: "#/components/parameters/x" }]\n',
      '#/components/parameters/x',
    ],
    [
      'a reference to a file',
      'openapi: 3.1.0\npaths:\n  /a:\n    get:\n      parameters: [{ $ref: "other.yaml#/x" }]\n',
      'other.yaml',
    ],
    [
      'an undeclared placeholder',
      'openapi: 3.1.0\npaths:\n  /a/{id}:\n    get:\n      operationId: getOrder\n',
      '{id}',
    ],
    ['an unknown operation', { operations: ['getOrdre'] }, 'did you mean getOrder'],
    ['an operation that writes', { operations: ['createOrder'] }, 'writes'],
    ['no operation', { operations: [] }, 'at least one'],
    ['the same record twice', { operations: ['getOrder', 'getOrder'] }, 'two operations for the record order'],
    ['a relative base URL', { baseUrl: '/api' }, 'http or https'],
    ['another protocol', { baseUrl: 'file:///etc' }, 'http or https'],
    ['credentials in the base URL', { baseUrl: 'http://a:b@host/' }, 'credentials'],
  ])('refuses %s', async (_, wrong, words) => {
    const patch = typeof wrong === 'string' ? { openapi: await file(wrong) } : wrong;
    await expect(lookup(patch)).rejects.toMatchObject({
      name: 'FieldkitError',
      message: expect.stringContaining(words),
    });
  });
});
