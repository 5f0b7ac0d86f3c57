/**
 * A customer's HTTP system as a tool, called over MCP: run with
 * `node --conditions=@fieldkit/source packages/mcp-tools/examples/customer-system.ts`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { connectTools, lintTools, lookupRecord } from '@fieldkit/mcp-tools';

// The customer's system: it answers with more than its description declares.
const system = createServer(({ url }, response) => {
  const [status, body] =
    url === '/orders/SO-1042'
      ? [200, { orderNumber: 'SO-1042', status: 'shipped', shippedOn: '2026-11-02', internalMargin: 0.4 }]
      : [404, { message: 'There is no order of that number.' }];
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});
await once(system.listen(0, '127.0.0.1'), 'listening');
const address = system.address();
assert.ok(address !== null && typeof address === 'object');

const openapi = fileURLToPath(new URL('orders-api.yaml', import.meta.url));
const lookup = await lookupRecord({ openapi, operations: ['getOrder'], baseUrl: `http://127.0.0.1:${address.port}` });
const connected = await connectTools([{ tools: [lookup] }]);
const [tool] = connected.tools;
assert.ok(tool !== undefined);
assert.deepEqual(lintTools(connected.tools), []);

const context = { caller: { tenant: 'acme', subject: 'lee', groups: [] }, callId: 'step-1' };
const found = await tool.run({ orderNumber: 'SO-1042' }, context);
assert.equal(found.text, 'order.orderNumber: SO-1042\norder.status: shipped\norder.shippedOn (Ship date): 2026-11-02');

const missing = await tool.run({ orderNumber: 'SO-9999' }, context);
assert.ok(missing.isError && missing.text.includes('There is no order of that number.'));

await assert.rejects(tool.run({ orderNumber: '../admin' }, context), { code: 'TOOL_INVALID_INPUT' });
console.log(`${found.text}\n${missing.text}`);
await connected.close();
system.close();
