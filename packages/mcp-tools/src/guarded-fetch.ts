import { lookup as dnsLookup } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { FieldkitError, toFieldkitError } from '@fieldkit/core';

export interface GuardedFetchOptions {
  /** Host names (with or without port) that the project names itself: they may be private. Default none. */
  readonly allowHosts?: readonly string[];
  /** Redirects followed at most, each of them checked. Default 3. */
  readonly maxRedirects?: number;
  /** Default: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly { address: string; family: number }[]>;
}

/** Special-purpose addresses (IANA registries, RFC 6890), metadata services of clouds among them. */
const FORBIDDEN = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared address space, Alibaba Cloud's metadata service 100.100.100.200 in it
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, the metadata service of most clouds in it
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  FORBIDDEN.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96], // unspecified, loopback, and the IPv4-compatible form
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23], // Teredo and other protocol assignments
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  FORBIDDEN.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address belongs to the public internet. IPv4 inside IPv6 (mapped, translated, 6to4) is judged as that IPv4 address. */
export function isPublicAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 4) return !FORBIDDEN.check(bare, 'ipv4');
  if (family !== 6) return false;
  const inner = embeddedIpv4(bare);
  if (inner !== undefined) return !FORBIDDEN.check(inner, 'ipv4');
  return !FORBIDDEN.check(bare, 'ipv6');
}

/** The IPv4 address in `::ffff:0:0/96`, `::ffff:0:0:0/96`, `64:ff9b::/96` or `2002::/16`. */
function embeddedIpv4(address: string): string | undefined {
  const groups = ipv6Groups(address);
  const pair = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const [g0 = 0, g1 = 0, g2 = 0, , g4 = 0, g5 = 0, g6 = 0, g7 = 0] = groups;
  const middle = groups.slice(2, 5).every((group) => group === 0);
  const zero = groups.slice(0, 4).every((group) => group === 0);
  if (zero && ((g4 === 0 && g5 === 0xffff) || (g4 === 0xffff && g5 === 0))) return pair(g6, g7);
  if (g0 === 0x64 && g1 === 0xff9b && middle && g5 === 0) return pair(g6, g7);
  if (g0 === 0x2002) return pair(g1, g2);
  return undefined;
}

function ipv6Groups(address: string): number[] {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain =
    dotted === null
      ? address
      : address.slice(0, dotted.index) +
        [(Number(dotted[1]) << 8) | Number(dotted[2]), (Number(dotted[3]) << 8) | Number(dotted[4])]
          .map((group) => group.toString(16))
          .join(':');
  const [head = '', tail] = plain.split('::');
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const before = parse(head);
  const after = tail === undefined ? [] : parse(tail);
  return [...before, ...new Array<number>(Math.max(0, 8 - before.length - after.length)).fill(0), ...after];
}

/**
 * A `fetch` for addresses that a model or a document may have chosen: only http and https, every resolved address is checked and the connection is made to the
 * very address that was checked, redirects are checked like first requests. Hosts that the project names are exempt.
 *
 * @throws {FieldkitError} from the function: `TOOL_FORBIDDEN` for what may not be fetched.
 */
export function createGuardedFetch(options: GuardedFetchOptions = {}): typeof globalThis.fetch {
  const { allowHosts = [], maxRedirects = 3, resolve = (host) => dnsLookup(host, { all: true }) } = options;
  const allowed = new Set(allowHosts.map((host) => host.toLowerCase()));
  return async (input, init) => {
    let request = toRequest(input, init);
    const mode = init?.redirect ?? 'follow';
    for (let hops = 0; ; hops += 1) {
      const response = await fetchChecked(request, allowed, resolve);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null || mode === 'manual') return response;
      await response.body?.cancel();
      if (mode === 'error' || hops >= maxRedirects) throw forbidden(`${new URL(request.url).host} redirects too often`);
      request = redirected(request, location, response.status);
    }
  };
}

function toRequest(input: string | URL | Request, init: RequestInit | undefined): Request {
  try {
    return new Request(input, { ...init, redirect: 'manual' });
  } catch (error) {
    throw new FieldkitError('TOOL_FORBIDDEN', 'this is no address that can be fetched', { cause: error });
  }
}

/** The next request of a redirect; credentials stay with their origin, and a body is not sent again. */
function redirected(request: Request, location: string, status: number): Request {
  const url = new URL(location, request.url);
  const headers = new Headers(request.headers);
  if (url.origin !== new URL(request.url).origin)
    for (const name of ['authorization', 'cookie', 'proxy-authorization', 'x-api-key']) headers.delete(name);
  const keeps = status === 307 || status === 308 || request.method === 'GET' || request.method === 'HEAD';
  if (keeps && request.method !== 'GET' && request.method !== 'HEAD')
    throw forbidden(`${url.host} asks to send the request elsewhere`);
  return new Request(url, {
    method: keeps ? request.method : 'GET',
    headers,
    redirect: 'manual',
    signal: request.signal,
  });
}

async function fetchChecked(
  request: Request,
  allowed: ReadonlySet<string>,
  resolve: NonNullable<GuardedFetchOptions['resolve']>,
): Promise<Response> {
  const url = new URL(request.url);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw forbidden(`${url.protocol} addresses are not fetched`);
  if (url.username !== '' || url.password !== '') throw forbidden('addresses with credentials are not fetched');
  const host = url.hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  const exempt = allowed.has(host) || allowed.has(url.host.toLowerCase());
  const addresses = isIP(host) === 0 ? await resolved(host, resolve) : [{ address: host, family: isIP(host) }];
  const [first] = addresses;
  if (first === undefined) throw new FieldkitError('TOOL_UNAVAILABLE', `${host} has no address`);
  if (!exempt && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw forbidden(
      `${host} is an address of a private or special network; name it in the configuration if it should be reached`,
    );
  }
  return send(request, url, [first, ...addresses.slice(1)]);
}

async function resolved(host: string, resolve: NonNullable<GuardedFetchOptions['resolve']>) {
  try {
    return await resolve(host);
  } catch (error) {
    throw toFieldkitError(error, 'TOOL_UNAVAILABLE', `cannot resolve ${host}`);
  }
}

interface CheckedAddress {
  readonly address: string;
  readonly family: number;
}

/** Sends to one of the checked addresses, the first that answers; name and certificate are still the host's. */
async function send(
  request: Request,
  url: URL,
  pinned: readonly [CheckedAddress, ...CheckedAddress[]],
): Promise<Response> {
  const body = request.body === null ? undefined : Buffer.from(await request.arrayBuffer());
  const make = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const message = await new Promise<IncomingMessage>((done, fail) => {
    const outgoing: ClientRequest = make(url, {
      method: request.method,
      headers: {
        ...Object.fromEntries(request.headers),
        host: url.host,
        ...(body === undefined ? {} : { 'content-length': body.length }),
      },
      lookup: (_, lookupOptions, callback) => {
        if (lookupOptions.all === true) callback(null, [...pinned]);
        else callback(null, pinned[0].address, pinned[0].family);
      },
      signal: request.signal,
      agent: false,
    });
    outgoing
      .once('response', done)
      .once('error', (error) => fail(request.signal.aborted ? request.signal.reason : error));
    outgoing.end(body);
  });
  const status = message.statusCode ?? 502;
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined) headers.append(name, item);
  }
  if (status === 101 || status === 204 || status === 205 || status === 304) {
    message.resume();
    return new Response(null, { status: status === 101 ? 502 : status, headers });
  }
  // Node's stream type and the DOM's are the same object with two declarations.
  const stream = Readable.toWeb(message) as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array>;
  return new Response(stream, { status, statusText: message.statusMessage ?? '', headers });
}

function forbidden(message: string): FieldkitError {
  return new FieldkitError('TOOL_FORBIDDEN', message);
}
