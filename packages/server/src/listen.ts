import { createServer, type IncomingMessage } from 'node:http';
import { FieldkitError, toFieldkitError } from '@fieldkit/core';
import { getRequestListener } from '@hono/node-server';

export interface ListenOptions {
  /** 0 takes a free one. Default 8080. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
}

/** A response that is given before a request is looked at any closer. */
export interface EarlyRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ListenInternals {
  readonly keyless: boolean;
  /** Undefined: the request is served. */
  readonly refuse: (request: IncomingMessage) => EarlyRefusal | undefined;
}

export interface Listening {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly host: string;
  /** No new connections; idle ones end. */
  stopAccepting(): void;
  /** Ends what is left; may be called twice. */
  close(): Promise<void>;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** @throws {FieldkitError} `INVALID_OPTION`, `SERVICE_START_FAILED`. */
export async function listen(
  fetch: (request: Request) => Promise<Response>,
  { port = 8080, host = '127.0.0.1', keyless, refuse }: ListenOptions & ListenInternals,
): Promise<Listening> {
  if (keyless && !LOOPBACK.test(host)) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `there are no keys, so the server is for this machine only and does not listen on ${host}; make a key with \`fieldkit keys new\`, or configure oidc in server.json`,
    );
  }
  const serve = getRequestListener(fetch, { overrideGlobalObjects: false });
  const server = createServer(
    { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 65_000, maxHeaderSize: 16_384 },
    (request, response) => {
      const refusal = refuse(request);
      if (refusal === undefined) return void serve(request, response);
      request.resume(); // the body is read away, so that the connection can be used again
      response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        'code' in error && error.code === 'EADDRINUSE'
          ? new FieldkitError(
              'SERVICE_START_FAILED',
              `port ${port} of ${host} is taken by another program: end it, or name another port with --port (0 takes a free one)`,
              { cause: error },
            )
          : toFieldkitError(error, 'SERVICE_START_FAILED', `cannot listen on ${host}:${port}`),
      ),
    );
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  const taken = address !== null && typeof address === 'object' ? address.port : port;
  let closed: Promise<void> | undefined;
  const stopAccepting = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
  };
  return {
    port: taken,
    host,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    stopAccepting,
    async close() {
      stopAccepting();
      // what was written is still on its way out: a moment for it, then the rest is cut
      const cut = setTimeout(() => server.closeAllConnections(), 500);
      await closed;
      clearTimeout(cut);
    },
  };
}
