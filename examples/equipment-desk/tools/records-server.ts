/**
 * The record system of the equipment desk: orders, assets and tickets, as the customer's own system would offer them.
 *
 *     node tools/records-server.ts [--port N]
 *
 * Listens on 127.0.0.1, on a free port unless one is given, prints `{"ready":true,"url":"http://127.0.0.1:PORT"}` when
 * ready, and ends when its standard input ends or on SIGTERM. Written tickets are kept in memory only.
 */

import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

interface Order {
  readonly id: string;
  readonly customer: string;
}

interface Asset {
  readonly serialNumber: string;
  readonly customer: string;
}

interface Ticket {
  readonly id: string;
  readonly assetSerialNumber: string | null;
  readonly orderId: string | null;
  readonly customer: string;
  readonly subject: string;
  readonly severity: number;
  readonly status: 'open' | 'waiting for customer' | 'closed';
  readonly openedOn: string;
  readonly assignedTo: string;
  readonly nextStep: string | null;
  readonly closedOn: string | null;
  readonly resolution: string | null;
}

/** Largest request body, in bytes. */
const MAX_BODY_BYTES = 16_384;
const ORDER_ID = /^SO-\d{5}$/;
const SERIAL_NUMBER = /^(XP|XC)-\d{2}-\d{4}$/;
const TICKET_ID = /^TK-\d{4}$/;

/** A failure that the caller is told about, with an HTTP status and a code. */
class RequestError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

// The data file is committed beside this one; records.yaml describes its fields.
const data = JSON.parse(readFileSync(new URL('./records-data.json', import.meta.url), 'utf8')) as {
  readonly orders: readonly Order[];
  readonly assets: readonly Asset[];
  readonly tickets: readonly Ticket[];
};
const orders = new Map(data.orders.map((order) => [order.id, order]));
const assets = new Map(data.assets.map((asset) => [asset.serialNumber, asset]));
const tickets = new Map(data.tickets.map((ticket) => [ticket.id, ticket]));
/** What each idempotency key has created, and from which body. */
const created = new Map<string, { readonly body: string; readonly ticket: Ticket }>();
let nextTicket = 5101;

const COLLECTIONS: Readonly<
  Record<string, { readonly noun: string; readonly pattern: RegExp; readonly records: ReadonlyMap<string, unknown> }>
> = {
  orders: { noun: 'order', pattern: ORDER_ID, records: orders },
  assets: { noun: 'asset', pattern: SERIAL_NUMBER, records: assets },
  tickets: { noun: 'ticket', pattern: TICKET_ID, records: tickets },
};

async function answer(request: IncomingMessage): Promise<Reply> {
  const [collection = '', id, ...rest] = pathSegments(request.url ?? '/');
  if (collection === 'health' && id === undefined) {
    requireMethod(request, 'GET');
    return { status: 200, body: { status: 'ok' } };
  }
  if (collection === 'tickets' && id === undefined) {
    requireMethod(request, 'POST');
    return createTicket(request);
  }
  const found = Object.hasOwn(COLLECTIONS, collection) ? COLLECTIONS[collection] : undefined;
  if (found === undefined || id === undefined || rest.length > 0)
    throw new RequestError(404, 'PATH_NOT_FOUND', 'there is no such address');
  requireMethod(request, 'GET');
  if (!found.pattern.test(id))
    throw new RequestError(400, 'INVALID_ID', `the ${found.noun} id does not match ${found.pattern.source}`);
  const record = found.records.get(id);
  if (record === undefined) throw new RequestError(404, 'NOT_FOUND', `there is no ${found.noun} ${id}`);
  return { status: 200, body: record };
}

async function createTicket(request: IncomingMessage): Promise<Reply> {
  const body = await readBody(request);
  const header = request.headers['idempotency-key'];
  const key = typeof header === 'string' && header !== '' ? header : undefined;
  const earlier = key === undefined ? undefined : created.get(key);
  if (earlier !== undefined) {
    if (earlier.body !== body)
      throw new RequestError(409, 'IDEMPOTENCY_KEY_REUSED', 'this idempotency key belongs to another ticket');
    return { status: 200, body: earlier.ticket };
  }
  const fields = parseTicket(body);
  const ticket: Ticket = {
    id: `TK-${nextTicket}`,
    assetSerialNumber: fields.assetSerialNumber,
    orderId: fields.orderId,
    customer: fields.customer,
    subject: fields.subject,
    severity: fields.severity,
    status: 'open',
    openedOn: new Date().toISOString().slice(0, 10),
    assignedTo: fields.orderId !== null && fields.assetSerialNumber === null ? 'Order desk' : 'Support desk',
    nextStep: fields.description,
    closedOn: null,
    resolution: null,
  };
  nextTicket += 1;
  tickets.set(ticket.id, ticket);
  if (key !== undefined) created.set(key, { body, ticket });
  return { status: 201, body: ticket };
}

interface TicketFields {
  readonly customer: string;
  readonly subject: string;
  readonly description: string;
  readonly severity: number;
  readonly assetSerialNumber: string | null;
  readonly orderId: string | null;
}

function parseTicket(body: string): TicketFields {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new RequestError(400, 'INVALID_JSON', 'the request body is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('the body must be an object');
  const fields = new Map<string, unknown>(Object.entries(value));
  const known = ['customer', 'subject', 'description', 'severity', 'assetSerialNumber', 'orderId'];
  for (const name of fields.keys()) if (!known.includes(name)) throw invalid(`unknown field "${name}"`);
  const text = (name: string, maxLength: number): string => {
    const field = fields.get(name);
    if (typeof field !== 'string' || field.trim() === '' || field.length > maxLength)
      throw invalid(`${name} must be a text of 1 to ${maxLength} characters`);
    return field;
  };
  const reference = (name: string, pattern: RegExp, records: ReadonlyMap<string, unknown>): string | null => {
    const field = fields.get(name) ?? null;
    if (field === null) return null;
    if (typeof field !== 'string' || !pattern.test(field)) throw invalid(`${name} must match ${pattern.source}`);
    if (!records.has(field)) throw new RequestError(404, 'NOT_FOUND', `there is no record ${field}`);
    return field;
  };
  const severity = fields.get('severity');
  if (typeof severity !== 'number' || !Number.isInteger(severity) || severity < 1 || severity > 4)
    throw invalid('severity must be 1, 2, 3 or 4');
  return {
    customer: text('customer', 120),
    subject: text('subject', 120),
    description: text('description', 2000),
    severity,
    assetSerialNumber: reference('assetSerialNumber', SERIAL_NUMBER, assets),
    orderId: reference('orderId', ORDER_ID, orders),
  };
}

function invalid(message: string): RequestError {
  return new RequestError(400, 'INVALID_FIELD', message);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\b/.test(type))
    throw new RequestError(415, 'UNSUPPORTED_MEDIA_TYPE', 'send application/json');
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part);
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new RequestError(413, 'BODY_TOO_LARGE', `at most ${MAX_BODY_BYTES} bytes`);
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString('utf8');
}

function pathSegments(url: string): string[] {
  try {
    return new URL(url, 'http://127.0.0.1').pathname.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw new RequestError(400, 'INVALID_ADDRESS', 'the address cannot be decoded');
  }
}

function requireMethod(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw new RequestError(405, 'METHOD_NOT_ALLOWED', `use ${method} here`);
}

function send(response: ServerResponse, { status, body }: Reply): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function failure(error: unknown): Reply {
  if (error instanceof RequestError)
    return { status: error.status, body: { code: error.code, message: error.message } };
  return { status: 500, body: { code: 'INTERNAL_ERROR', message: 'the record system failed; try again' } };
}

function portArgument(): number {
  const index = process.argv.indexOf('--port');
  if (index < 0) return 0;
  const port = Number(process.argv[index + 1]);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  console.error('records-server: --port needs a number from 0 to 65535');
  process.exit(2);
}

const server = createServer((request, response) => {
  answer(request).then(
    (reply) => send(response, reply),
    (error: unknown) => send(response, failure(error)),
  );
});

function stop(): void {
  server.close();
  server.closeAllConnections();
  process.stdin.destroy();
}

server.on('error', (error) => {
  console.error(`records-server: cannot listen: ${error.message}`);
  process.exit(1);
});
server.listen(portArgument(), '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  console.log(JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}` }));
});
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.stdin.on('end', stop);
process.stdin.on('error', stop);
process.stdin.resume();
