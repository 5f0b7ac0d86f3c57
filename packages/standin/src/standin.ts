import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, FieldkitError, sha256, systemClock } from '@fieldkit/core';
import { createBatchStore } from './batches.ts';
import { CUT, type Delivery, deliver, type Outgoing, STANDIN_HEADERS } from './deliver.ts';
import { checkFaults, createFaultPicker, type FaultRule } from './faults.ts';
import type { DrawnLatency, Latency } from './latency.ts';
import { createRandom } from './random.ts';
import { createRateMeter, type RateLimits, type RateMeter } from './rate-limits.ts';
import { answerRoute, type Route, type RouteContext, WireFailure } from './routes.ts';
import { createPrompter, type Script } from './script.ts';
import { badRequest, type WireError } from './wire-error.ts';

export interface StandinOptions {
  /** Further model names that are answered as the stand-in's own. */
  readonly models?: readonly string[];
  /** Default: at once. */
  readonly latency?: Latency;
  readonly faults?: readonly FaultRule[];
  /** For each model. Default: none. */
  readonly limits?: RateLimits;
  /** What to say instead of quoting. */
  readonly script?: Script;
  /** Of everything that is drawn. Default 1. */
  readonly seed?: number;
  readonly clock?: Clock;
}

export interface RunningStandin {
  /** Ends in `/v1`. */
  readonly url: string;
  /** Ends open connections too; may be called twice. */
  close(): Promise<void>;
}

export interface Standin {
  /** On loopback only. Default: any free port. */
  listen(port?: number): Promise<RunningStandin>;
  /** The same without a network, for tests with a clock of their own. */
  readonly fetch: typeof fetch;
  /** Latencies drawn so far, in order of arrival; also at `GET /v1/standin/latencies`. */
  drawn(): readonly DrawnLatency[];
  /** Requests let through and refused by the limits. */
  counts: RateMeter['counts'];
}

export const STANDIN_MODELS = ['standin-extractive', 'standin-embedding', 'standin-rerank'] as const;
const MAX_BODY_BYTES = 32 * 1024 * 1024;

interface Incoming {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly contentType: string;
  readonly body: Buffer;
  readonly signal: AbortSignal;
}

/**
 * A local endpoint with the OpenAI wire protocol and no language model behind it: answers are quoted from the evidence in the request, by
 * rules. Deterministic: the same request gets the same answer. Every response carries `x-fieldkit-standin: 1`.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for a fault or a script that is none.
 */
export function createStandin(options: StandinOptions = {}): Standin {
  const { clock = systemClock, latency = {}, faults = [], limits = {}, seed = 1 } = options;
  const models = new Set<string>([...STANDIN_MODELS, ...(options.models ?? [])]);
  const random = createRandom(seed);
  const pickFault = createFaultPicker(checkFaults(faults), createRandom(seed + 1));
  const meter = createRateMeter(limits, clock);
  const drawn: DrawnLatency[] = [];
  const batches = createBatchStore((path, body) => {
    try {
      const outgoing = answerRoute(path.includes('embeddings') ? 'embeddings' : 'chat', body, context);
      return { status: 200, body: outgoing.kind === 'json' ? outgoing.body : null };
    } catch (error) {
      if (!(error instanceof WireFailure)) throw error;
      return { status: error.wire.status, body: { error: error.wire } };
    }
  });
  const context: RouteContext = { models, clock, meter, batches, script: createPrompter(options.script) };

  async function respond(incoming: Incoming): Promise<Delivery> {
    const number = drawn.length + 1;
    const route = `${incoming.method} ${routePath(incoming.path)}`;
    const name = routeName(route);
    const log: DrawnLatency = { number, path: incoming.path, firstTokenMs: 0, betweenTokensMs: [] };
    if (name !== undefined) drawn.push(log);
    const fault = name === undefined ? undefined : pickFault(name);
    let outgoing: Outgoing;
    try {
      if (!/^Bearer \S/.test(incoming.authorization)) throw new WireFailure(NO_KEY);
      outgoing = await answer(route, incoming, context, drawn);
    } catch (error) {
      outgoing = { kind: 'error', error: error instanceof WireFailure ? error.wire : defect(error) };
    }
    const requestId = sha256(`${number} ${incoming.path}`).slice(0, 32);
    return deliver(outgoing, { fault, latency, drawn: log, random, clock, requestId, signal: incoming.signal });
  }

  return {
    drawn: () => drawn,
    counts: meter.counts,
    listen: (port = 0) => listen(port, respond),
    fetch: async (input, init = {}) => {
      const request = new Request(input, init);
      const signal = init.signal ?? request.signal;
      const delivery = await respond({
        method: request.method,
        path: new URL(request.url).pathname,
        authorization: request.headers.get('authorization') ?? '',
        contentType: request.headers.get('content-type') ?? '',
        body: Buffer.from(await request.arrayBuffer()),
        signal,
      });
      return new Response(ReadableStream.from(encoded(delivery.body)), {
        status: delivery.status,
        headers: delivery.headers,
      });
    },
  };
}

async function* encoded(body: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of body) yield encoder.encode(piece);
}

async function listen(port: number, respond: (incoming: Incoming) => Promise<Delivery>): Promise<RunningStandin> {
  const server = createServer((request, response) => {
    // Cut on purpose, or the client is gone: what was written still goes out.
    serve(request, response, respond).catch(() => response.socket?.destroySoon());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new FieldkitError('SERVICE_START_FAILED', `the stand-in cannot listen on port ${port}: ${error.message}`, {
          cause: error,
        }),
      ),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actual}/v1`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  respond: (incoming: Incoming) => Promise<Delivery>,
): Promise<void> {
  if (request.method === 'OPTIONS') {
    response
      .writeHead(204, { ...STANDIN_HEADERS, 'access-control-allow-headers': '*', 'access-control-allow-methods': '*' })
      .end();
    return;
  }
  const gone = new AbortController();
  response.on('close', () => gone.abort(CUT));
  const { status, headers, body } = await respond({
    method: request.method ?? 'GET',
    path: new URL(request.url ?? '/', 'http://localhost').pathname,
    authorization: request.headers.authorization ?? '',
    contentType: request.headers['content-type'] ?? '',
    body: await readBody(request),
    signal: gone.signal,
  });
  response.writeHead(status, headers);
  for await (const piece of body) {
    if (response.destroyed) return;
    if (!response.write(piece)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
  }
  response.end();
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    const bytes = piece as Buffer; // a request without an encoding gives buffers
    size += bytes.length;
    if (size <= MAX_BODY_BYTES) pieces.push(bytes);
  }
  return size > MAX_BODY_BYTES ? Buffer.from('too large') : Buffer.concat(pieces);
}

const NO_KEY: WireError = {
  status: 401,
  code: 'invalid_api_key',
  type: 'invalid_request_error',
  message: 'Incorrect API key provided.',
};

function defect(error: unknown): WireError {
  return {
    status: 500,
    code: 'standin_defect',
    type: 'server_error',
    message: error instanceof Error ? error.message : String(error),
  };
}

/** The part of a path that decides, whatever base path the client was given. */
function routePath(path: string): string {
  const bare = path.replace(/\/+$/, '');
  return (
    /\/(?:chat\/completions|embeddings|models|reranks?|files(?:\/[\w-]+(?:\/content)?)?|batches(?:\/\w+(?:\/cancel)?)?|standin\/latencies)$/.exec(
      bare,
    )?.[0] ?? bare
  );
}

const ROUTES: Readonly<Record<string, Route>> = {
  'POST /chat/completions': 'chat',
  'POST /embeddings': 'embeddings',
  'POST /rerank': 'rerank',
  'POST /reranks': 'rerank',
};

function routeName(route: string): Route | 'batches' | undefined {
  return ROUTES[route] ?? (/ \/(?:files|batches)\b/.test(route) ? 'batches' : undefined);
}

async function answer(
  route: string,
  incoming: Incoming,
  context: RouteContext,
  drawn: readonly DrawnLatency[],
): Promise<Outgoing> {
  const name = ROUTES[route];
  if (name !== undefined) return answerRoute(name, readJson(incoming), context);
  if (route === 'GET /models') {
    const data = [...context.models].map((id) => ({ id, object: 'model', created: 0, owned_by: 'fieldkit-standin' }));
    return { kind: 'json', body: { object: 'list', data } };
  }
  if (route === 'GET /standin/latencies') return { kind: 'json', body: { data: drawn } };
  const [, method, kind, id = '', more] =
    /^(GET|POST) \/(files|batches)(?:\/([\w-]+))?(?:\/(content|cancel))?$/.exec(route) ?? [];
  const { batches } = context;
  if (kind === 'files' && method === 'POST') return upload(incoming, context);
  if (kind === 'files') return more === 'content' ? batches.content(id) : batches.file(id);
  if (kind === 'batches' && method === 'POST')
    return id === '' ? batches.create(readJson(incoming)) : batches.cancel(id);
  if (kind === 'batches') return batches.batch(id);
  throw new WireFailure({
    status: 404,
    code: 'not_found',
    type: 'invalid_request_error',
    message: `nothing is served at ${route}`,
  });
}

function readJson({ body }: Incoming): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new WireFailure(badRequest('The request body is not valid JSON.'));
  }
}

async function upload({ body, contentType }: Incoming, { batches }: RouteContext): Promise<Outgoing> {
  try {
    const form = await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
    const file = form.get('file');
    if (!(file instanceof File)) throw new Error('no file');
    return batches.upload(file.name, String(form.get('purpose')), await file.text());
  } catch {
    throw new WireFailure(badRequest('The request body is not a form with a file.'));
  }
}
