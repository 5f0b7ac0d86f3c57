import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGuardedFetch, isPublicAddress } from './guarded-fetch.ts';

const server = createServer((request, response) => {
  if (request.url === '/to-metadata')
    response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
  else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
  else if (request.url === '/elsewhere')
    response.writeHead(302, { location: `http://other.example:${port}/echo` }).end();
  else
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ host: request.headers.host, authorization: request.headers.authorization ?? null }));
});
let port = 0;
beforeAll(async () => {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as AddressInfo).port; // a TCP server's address is an object
});
afterAll(() => server.close());

/** Every form in which a private, special or metadata address is known to be written. */
const REFUSED = [
  'http://127.0.0.1/',
  'http://127.1/',
  'http://127.0.1/',
  'http://2130706433/',
  'http://0x7f000001/',
  'http://0x7f.0x0.0x0.0x1/',
  'http://0177.0.0.1/',
  'http://017700000001/',
  'http://0/',
  'http://0.0.0.0/',
  'http://127.255.255.254/',
  'http://10.0.0.1/',
  'http://10.255.255.255/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.0.1/',
  'http://169.254.169.254/',
  'http://0xa9fea9fe/',
  'http://2852039166/',
  'http://0251.0376.0251.0376/',
  'http://100.100.100.200/',
  'http://0x646464c8/',
  'http://1684301000/',
  'http://100.64.0.1/',
  'http://100.127.255.255/',
  'http://192.0.0.1/',
  'http://192.0.2.1/',
  'http://198.18.0.1/',
  'http://198.51.100.1/',
  'http://203.0.113.1/',
  'http://224.0.0.1/',
  'http://240.0.0.1/',
  'http://255.255.255.255/',
  'http://[::1]/',
  'http://[::]/',
  'http://[0:0:0:0:0:0:0:1]/',
  'http://[::ffff:127.0.0.1]/',
  'http://[::ffff:7f00:1]/',
  'http://[::ffff:169.254.169.254]/',
  'http://[::ffff:a9fe:a9fe]/',
  'http://[::127.0.0.1]/',
  'http://[64:ff9b::169.254.169.254]/',
  'http://[64:ff9b::a00:1]/',
  'http://[2002:7f00:1::]/',
  'http://[2002:a9fe:a9fe::1]/',
  'http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/',
  'http://[fc00::1]/',
  'http://[fd00:ec2::254]/',
  'http://[fe80::1]/',
  'http://[fec0::1]/',
  'http://[ff02::1]/',
  'http://[2001:db8::1]/',
  'http://[::ffff:0:127.0.0.1]/',
  'http://１２７.０.０.１/',
  'http://127。0。0。1/',
  'http://①②⑦.⓪.⓪.①/',
  'http://localhost/',
  'http://LOCALHOST./',
  'http://internal.example/',
  'http://mixed.example/',
  'file:///etc/passwd',
  'ftp://127.0.0.1/',
  'gopher://127.0.0.1:70/',
  'data:text/plain,hello',
  'http://user:password@example.com/',
  'http://public.example@127.0.0.1/',
];

const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1'],
  'internal.example': ['10.1.2.3'],
  'mixed.example': ['93.184.216.34', '192.168.1.1'],
  'other.example': ['127.0.0.1'],
  'project.example': ['127.0.0.1'],
};
const resolve = async (host: string) => (NAMES[host] ?? []).map((address) => ({ address, family: 4 }));

describe('createGuardedFetch', () => {
  it(`refuses each of ${REFUSED.length} ways to write an address that must not be reached`, async () => {
    const fetch = createGuardedFetch({ resolve });
    for (const url of REFUSED) await expect(fetch(url), url).rejects.toMatchObject({ code: 'TOOL_FORBIDDEN' });
    expect(REFUSED.length).toBeGreaterThanOrEqual(40);
  });

  it('fetches from a host that the project names, at the address that was checked', async () => {
    const fetch = createGuardedFetch({ resolve, allowHosts: ['project.example'] });
    const response = await fetch(`http://project.example:${port}/`, { headers: { authorization: 'Bearer x' } });
    expect(await response.json()).toEqual({ host: `project.example:${port}`, authorization: 'Bearer x' });
  });

  it('asks the resolver once, so that a second answer cannot lead elsewhere', async () => {
    let asked = 0;
    const rebinding = async () => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    };
    const fetch = createGuardedFetch({ resolve: rebinding, allowHosts: ['project.example'] });
    expect((await fetch(`http://project.example:${port}/`)).status).toBe(200);
    expect(asked).toBe(1);
  });

  it('checks redirects like first requests, and bounds them', async () => {
    const fetch = createGuardedFetch({ resolve, allowHosts: ['project.example'] });
    await expect(fetch(`http://project.example:${port}/to-metadata`)).rejects.toMatchObject({ code: 'TOOL_FORBIDDEN' });
    await expect(fetch(`http://project.example:${port}/loop`)).rejects.toMatchObject({ code: 'TOOL_FORBIDDEN' });
    expect((await fetch(`http://project.example:${port}/to-metadata`, { redirect: 'manual' })).status).toBe(302);
  });

  it('leaves credentials with their origin when it is redirected', async () => {
    const fetch = createGuardedFetch({ resolve, allowHosts: ['project.example', 'other.example'] });
    const response = await fetch(`http://project.example:${port}/elsewhere`, {
      headers: { authorization: 'Bearer x' },
    });
    expect(await response.json()).toEqual({ host: `other.example:${port}`, authorization: null });
  });

  it('says when a name has no address, and ends when it is cancelled', async () => {
    await expect(createGuardedFetch({ resolve })('http://nowhere.example/')).rejects.toMatchObject({
      code: 'TOOL_UNAVAILABLE',
    });
    const fetch = createGuardedFetch({ resolve, allowHosts: ['project.example'] });
    await expect(
      fetch(`http://project.example:${port}/`, { signal: AbortSignal.abort(new Error('stop')) }),
    ).rejects.toThrow('stop');
  });
});

describe('isPublicAddress', () => {
  it('lets public addresses through, in each family and wrapped', () => {
    for (const address of [
      '8.8.8.8',
      '93.184.216.34',
      '100.63.255.255',
      '100.128.0.0',
      '172.32.0.1',
      '2606:2800:220:1::1',
      '::ffff:8.8.8.8',
      '64:ff9b::8.8.8.8',
      '2002:808:808::',
    ]) {
      expect(isPublicAddress(address), address).toBe(true);
    }
  });

  it('takes what is no address for none', () => {
    for (const text of ['', 'example.com', '1.2.3', '::g', '999.1.1.1'])
      expect(isPublicAddress(text), text).toBe(false);
  });
});

it('tries the next checked address when the first does not answer', async () => {
  const server = createServer((_, response) => response.end('here'));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo; // a TCP server
  const fetch = createGuardedFetch({
    allowHosts: ['records.test'],
    resolve: async () => [
      { address: '::1', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ],
  });
  try {
    expect(await (await fetch(`http://records.test:${port}/`)).text()).toBe('here');
  } finally {
    server.close();
  }
});
