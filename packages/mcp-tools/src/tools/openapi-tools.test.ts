import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { JsonSchema, Tool } from '@fieldkit/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { compileSchema } from '../json-schema.ts';
import { applyPolicy } from '../policy/apply-policy.ts';
import { badInputs, goodInputs } from '../standards/generate-input.ts';
import { openApiTools } from './openapi-tools.ts';

const context = { caller: { tenant: 't', subject: 's', groups: [] }, callId: 'run-1.step-2' };
const folder = fileURLToPath(new URL('../openapi/__fixtures__/', import.meta.url));
const files = readdirSync(folder).sort();

let requests: { request: IncomingMessage; body: string }[] = [];
let respond: (request: IncomingMessage) => [number, unknown] = () => [200, {}];
const server = createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  requests.push({ request, body });
  const [status, value] = respond(request);
  response
    .writeHead(status, { 'content-type': 'application/json' })
    .end(status === 204 ? undefined : JSON.stringify(value));
});
let baseUrl = '';
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`; // a TCP server's address is an object
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  respond = () => [200, {}];
});

const toolsOf = async (file: string): Promise<readonly Tool[]> =>
  (await openApiTools({ openapi: folder + file, baseUrl })).tools;
async function toolOf(file: string, name: string): Promise<Tool> {
  const tools = await toolsOf(file);
  const found = tools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`${file} has ${tools.map((tool) => tool.name)}`);
  return found;
}

describe.each(files)('%s', (file) => {
  it('becomes tools with closed inputs that generated inputs fit', async () => {
    const tools = await toolsOf(file);
    expect(tools.length).toBeGreaterThan(0);
    for (const { name, inputSchema, outputSchema } of tools) {
      expect(name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
      expect(inputSchema).toMatchObject({ type: 'object', additionalProperties: false });
      const check = compileSchema(inputSchema);
      const inputs = goodInputs(inputSchema, 20);
      expect(inputs.length, name).toBeGreaterThan(0);
      for (const input of inputs) expect(check(input), `${name} ${JSON.stringify(input)}`).toEqual([]);
      if (outputSchema !== undefined) expect(outputSchema.type).toBe('object');
    }
  });

  it('lets no input that breaks its schema reach the system, and every good one', async () => {
    let tried = 0;
    respond = () => [404, { message: 'never mind' }];
    const tools = applyPolicy(await toolsOf(file), {
      grants: (await toolsOf(file)).map(({ name }) => name),
      attempts: 1,
    });
    for (const tool of tools) {
      for (const { input } of badInputs(tool.inputSchema, 600)) {
        await expect(tool.run(input, context), `${tool.name} ${JSON.stringify(input)}`).rejects.toMatchObject({
          code: 'TOOL_INVALID_INPUT',
        });
        tried += 1;
      }
      expect(requests, tool.name).toEqual([]);
      for (const input of goodInputs(tool.inputSchema, 10)) {
        expect(await tool.run(input, context), JSON.stringify(input)).toMatchObject({ isError: true });
        const [sent] = requests.splice(0);
        expect(sent?.request.url?.startsWith('/base/')).toBe(true);
      }
    }
    fuzzed += tried;
    expect(tried).toBeGreaterThan(400);
  });
});

let fuzzed = 0;
it('of at least 5,000 broken inputs none reached a system', () => {
  expect(files).toHaveLength(6);
  expect(fuzzed).toBeGreaterThanOrEqual(5000);
});

describe('a request', () => {
  it('carries parameters in the styles that OpenAPI knows', async () => {
    const search = await toolOf('search-deep-object.yaml', 'search_parts');
    await search.run(
      {
        filter: { maker: 'A&B', price: 2 },
        page: { size: 5, number: 2 },
        where: { sku: 'S 1' },
        ids: [1, 2],
        view: 'list',
      },
      context,
    );
    expect(requests[0]?.request.url).toBe(
      '/base/parts?filter%5Bmaker%5D=A%26B&filter%5Bprice%5D=2&size=5&number=2&where=%7B%22sku%22%3A%22S%201%22%7D&ids=1%202',
    );
    expect(requests[0]?.request.headers.cookie).toBe('view=list');
    const list = await toolOf('orders-3.0.yaml', 'list_orders');
    respond = () => [200, []];
    await list.run({ tags: ['urgent', 'a,b'], status: 'open' }, context);
    expect(requests[1]?.request.url).toBe('/base/orders?status=open&tags=urgent,a%2Cb');
    const read = await toolOf('assets-3.1.json', 'assets_read');
    await read.run({ serial: 'XP-00042', fields: ['model', 'site'] }, context).catch(() => {});
    expect(requests[2]?.request.url).toBe('/base/v1/assets/XP-00042?fields=model%7Csite');
  });

  it('carries a JSON body, a form body, and the call id as idempotency key', async () => {
    respond = () => [200, { orderNumber: 'SO-1042', status: 'open', shippedOn: null, internal: 1, cardNumber: '4' }];
    const update = await toolOf('orders-3.0.yaml', 'update_order');
    expect([update.effects, update.idempotent]).toEqual(['write', true]);
    expect(update.inputSchema).toMatchObject({ required: ['orderNumber', 'deliveryDate'] });
    expect(Object.keys(update.inputSchema.properties as object)).toEqual([
      'orderNumber',
      'deliveryDate',
      'discount',
      'note',
    ]); // an object schema
    const result = await update.run({ orderNumber: 'SO-1042', deliveryDate: '2026-12-01', note: null }, context);
    expect(result.data).toEqual({ orderNumber: 'SO-1042', status: 'open', shippedOn: null });
    expect(requests[0]).toMatchObject({
      body: '{"deliveryDate":"2026-12-01","note":null}',
      request: {
        method: 'PATCH',
        headers: { 'content-type': 'application/merge-patch+json', 'idempotency-key': 'run-1.step-2' },
      },
    });
    respond = () => [204, undefined];
    const confirm = await toolOf('bookings-form.yaml', 'confirm_booking');
    await confirm.run({ id: '7f000000-0000-4000-8000-000000000001', body: { id: 3, slot: '09:30' } }, context);
    expect(requests[1]).toMatchObject({
      body: 'id=3&slot=09%3A30',
      request: { url: '/base/bookings/7f000000-0000-4000-8000-000000000001/confirm' },
    });
    const cancel = await toolOf('bookings-form.yaml', 'cancel_booking');
    await cancel.run({ id: '7f000000-0000-4000-8000-000000000001' }, context);
    expect(requests[2]).toMatchObject({ body: '', request: { method: 'DELETE' } });
  });

  it('cannot be led elsewhere by what stands in a path', async () => {
    const file: JsonSchema = {
      openapi: '3.1.0',
      paths: {
        '/files/{name}': {
          get: {
            operationId: 'getFile',
            parameters: [{ name: 'name', in: 'path', schema: { type: 'string' } }],
            responses: {},
          },
        },
      },
    };
    const [tool] = (await openApiTools({ openapi: file, baseUrl })).tools;
    if (tool === undefined) throw new Error('no tool');
    for (const name of ['..', '.', ''])
      await expect(tool.run({ name }, context)).rejects.toMatchObject({ code: 'TOOL_INVALID_INPUT' });
    for (const name of [
      '../x',
      'a/../../b',
      '%2e%2e',
      '..%2f',
      '\\..\\',
      'a?b#c',
      '//evil.example/',
      ';x=1',
      'a\u0000b',
      '@evil',
    ]) {
      await tool.run({ name }, context);
      expect(requests.at(-1)?.request.url, name).toMatch(/^\/base\/files\/[^/?#]+$/);
    }
  });

  it('takes its name from a Chinese operation without losing it', async () => {
    const tools = await toolsOf('记录系统-3.1.yaml');
    expect(tools.map(({ name }) => name)).toEqual([expect.stringMatching(/^operation_[0-9a-f]{8}$/), 'submit_leave']);
    respond = () => [200, { 剩余: 4.5, 姓名: '宋' }];
    const result = await tools[0]?.run({ 工号: 'LB10234' }, context);
    expect(result).toMatchObject({ data: { 剩余: 4.5 }, text: '剩余 (剩余年假): 4.5' });
    expect(decodeURIComponent(requests[0]?.request.url ?? '')).toBe('/base/假期/LB10234');
  });
});

describe('an answer', () => {
  it('that is a list stands under result, and is cut with a word about it', async () => {
    respond = () => [
      200,
      Array.from({ length: 60 }, (_, index) => ({ orderNumber: `SO-${1000 + index}`, status: 'open' })),
    ];
    const result = await (await toolOf('orders-3.0.yaml', 'list_orders')).run({}, context);
    expect((result.data as { result: unknown[] }).result).toHaveLength(50); // the schema says so
    expect(result.text).toContain('[10 more entries left out: ask for fewer]');
  });

  it('may be recursive', async () => {
    respond = () => [200, { sku: 'a', parts: [{ sku: 'b', parts: [], price: 1 }], price: 2 }];
    const result = await (await toolOf('assets-3.1.json', 'assets_parts_list')).run({ serial: 'XP-00042' }, context);
    expect(result.data).toEqual({ sku: 'a', parts: [{ sku: 'b', parts: [] }] });
  });

  it('to a write that fails half-way is an unknown outcome', async () => {
    respond = () => [500, { message: 'crash' }];
    const update = await toolOf('orders-3.0.yaml', 'update_order');
    await expect(update.run({ orderNumber: 'SO-1042', deliveryDate: '2026-12-01' }, context)).rejects.toMatchObject({
      code: 'TOOL_OUTCOME_UNKNOWN',
      retryable: false,
    });
  });
});

it('asks which operations are meant when a file has very many', async () => {
  const paths = Object.fromEntries(
    Array.from({ length: 31 }, (_, index) => [`/a${index}`, { get: { responses: {} } }]),
  );
  await expect(openApiTools({ openapi: { openapi: '3.1.0', paths }, baseUrl })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('31 operations'),
  });
  expect(
    (
      await openApiTools({ openapi: { openapi: '3.1.0', paths }, baseUrl, operations: ['GET /a3'], prefix: 'shop_' })
    ).tools.map(({ name }) => name),
  ).toEqual(['shop_get_a3']);
});
