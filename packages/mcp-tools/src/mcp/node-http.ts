import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { toFieldkitError } from '@fieldkit/core';

export interface ListenOptions {
  /** 0 (the default) takes a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** Where the tools are served. Default `/mcp`. */
  readonly path?: string;
  /** How long requests under way may go on after `close`. Default 5,000 ms. */
  readonly graceMs?: number;
}

export interface Listening {
  /** Ends in `path`. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export type FetchHandler = (request: Request) => Promise<Response>;

/** Serves web-standard handlers by path on a port of node's own HTTP server. `close` lets requests under way finish. */
export async function listenHttp(
  handlers: Readonly<Record<string, FetchHandler>>,
  { port = 0, host = '127.0.0.1', path = '/mcp', graceMs = 5_000 }: ListenOptions = {},
): Promise<Listening> {
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, maxHeaderSize: 16_384 },
    (incoming, outgoing) => {
      void answer(handlers, incoming, outgoing).catch(() => outgoing.destroy());
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(toFieldkitError(error, 'SERVICE_START_FAILED', `cannot listen on ${host}:${port}`)),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const taken = address !== null && typeof address === 'object' ? address.port : port;
  return {
    port: taken,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}${path}`,
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        const timer = setTimeout(() => server.closeAllConnections(), graceMs);
        // A kept-alive connection is idle only after its last answer.
        const idle = setInterval(() => server.closeIdleConnections(), 20);
        server.close(() => {
          clearTimeout(timer);
          clearInterval(idle);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

async function answer(
  handlers: Readonly<Record<string, FetchHandler>>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(incoming.url ?? '/', 'http://localhost');
  const fetch = handlers[pathname];
  if (fetch === undefined) {
    outgoing.writeHead(404).end();
    return;
  }
  const gone = new AbortController();
  outgoing.once('close', () => gone.abort());
  const response = await fetch(toRequest(incoming, gone.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  for await (const part of response.body) {
    if (outgoing.destroyed) break; // leaving the loop cancels the body
    if (!outgoing.write(part))
      await new Promise<void>((resolve) => outgoing.once('drain', resolve).once('close', resolve));
  }
  outgoing.end();
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    for (const item of Array.isArray(value) ? value : [value]) if (item !== undefined) headers.append(name, item);
  }
  const url = new URL(incoming.url ?? '/', 'http://localhost');
  const method = incoming.method ?? 'GET';
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal });
  // Node's stream type and the DOM's are the same object with two declarations.
  const body = Readable.toWeb(incoming) as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array>;
  return new Request(url, { method, headers, body, duplex: 'half', signal } as RequestInit); // `duplex` is missing in the DOM's type
}
