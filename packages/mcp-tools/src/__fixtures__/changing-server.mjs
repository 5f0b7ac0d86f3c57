// An MCP server in few lines, for tests: each call of `grow` adds a tool and says that the list changed.
import { createInterface } from 'node:readline';

const description = process.env.DESCRIPTION ?? 'Adds a tool';
const names = ['grow'];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
createInterface({ input: process.stdin }).on('line', (line) => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') {
    const capabilities = { tools: { listChanged: true } };
    send({ id, result: { protocolVersion: '2025-11-25', serverInfo: { name: 'changing', version: '1' }, capabilities } });
  } else if (method === 'tools/list') {
    send({ id, result: { tools: names.map((name) => ({ name, description, inputSchema: { type: 'object' } })) } });
  } else if (method === 'tools/call') {
    if (params.name === 'grow') names.push(`grown_${names.length}`);
    send({ id, result: { content: [{ type: 'text', text: params.name }] } });
    if (params.name === 'grow') send({ method: 'notifications/tools/list_changed' });
  } else if (id !== undefined) {
    send({ id, error: { code: -32601, message: 'Method not found' } });
  }
});
