import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectTools } from './connect-tools.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done).closeAllConnections())));
});

function listen(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(handler);
  servers.push(server);
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done((server.address() as AddressInfo).port))); // a TCP server
}

it('does not follow a remote server to a private address that the project did not name', async () => {
  let reached = 0;
  const inner = await listen((_, response) => {
    reached += 1;
    response.end('{}');
  });
  let asked = 0;
  const outer = await listen((_, response) => {
    asked += 1;
    response.writeHead(307, { location: `http://127.0.0.1:${inner}/` }).end();
  });
  // the SDK's own redirect policy sees to it; this pins it over upgrades
  const connected = await connectTools([{ name: 'remote', http: { url: `http://localhost:${outer}/mcp` } }]);
  try {
    expect(connected.tools).toEqual([]);
    expect(connected.findings).toHaveLength(1);
    expect(asked).toBeGreaterThan(0);
    expect(reached).toBe(0);
  } finally {
    await connected.close();
  }
});
