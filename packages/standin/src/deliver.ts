import type { Clock } from '@fieldkit/core';
import { type FaultKind, faultError, inspection } from './faults.ts';
import { type DrawnLatency, draw, type Latency } from './latency.ts';
import { errorBody, type WireError } from './wire-error.ts';

/** What a route answers with, before anything goes wrong with it. */
export type Outgoing =
  | { readonly kind: 'json'; readonly body: unknown }
  | { readonly kind: 'events'; readonly chunks: readonly unknown[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'error'; readonly error: WireError };

/** An answer as it goes out: `body` may wait between pieces, never end, or throw to cut the connection. */
export interface Delivery {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<string>;
}

/** Thrown by a body that breaks off on purpose. */
export const CUT = new Error('the connection is cut on purpose');

export const STANDIN_HEADERS: Readonly<Record<string, string>> = {
  'x-fieldkit-standin': '1',
  'access-control-allow-origin': '*',
};

export interface DeliverContext {
  readonly fault: FaultKind | undefined;
  readonly latency: Latency;
  readonly drawn: DrawnLatency;
  readonly random: () => number;
  readonly clock: Clock;
  readonly requestId: string;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

/** Pieces of a body that is not streamed but has to hang, drip or be cut. */
const DRIP_PIECES = 40;
const DRIP_MS = 1000;

/** Waits as long as it must before the head, then gives the answer with its fault, if it has one. */
export async function deliver(outgoing: Outgoing, context: DeliverContext): Promise<Delivery> {
  const { fault, latency, drawn, random, clock, signal } = context;
  if (fault === 'hang-before-headers') await gone(signal);
  const faulty = spoil(outgoing, fault);
  const error = faultError(fault) ?? (faulty.kind === 'error' ? faulty.error : undefined);
  if (error !== undefined) {
    const headers = {
      ...STANDIN_HEADERS,
      'content-type': 'application/json',
      'x-request-id': context.requestId,
      ...error.headers,
    };
    return { status: error.status, headers, body: pieces([errorBody(error, context.requestId)]) };
  }
  const firstTokenMs = draw(latency.firstToken, random);
  Object.assign(drawn, { firstTokenMs });
  if (firstTokenMs > 0) await clock.sleep(firstTokenMs, signal);
  if (faulty.kind === 'events') {
    const headers = {
      ...STANDIN_HEADERS,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    };
    return { status: 200, headers, body: eventBody(faulty.chunks, context) };
  }
  const text = faulty.kind === 'text' ? faulty.text : faulty.kind === 'json' ? JSON.stringify(faulty.body) : '';
  const type = faulty.kind === 'text' ? 'application/jsonl' : 'application/json';
  return { status: 200, headers: { ...STANDIN_HEADERS, 'content-type': type }, body: textBody(text, context) };
}

async function* pieces(texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

/** Never ends by itself. */
function gone(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(CUT);
    else signal.addEventListener('abort', () => reject(CUT), { once: true });
  });
}

async function* textBody(text: string, { fault, clock, signal }: DeliverContext): AsyncGenerator<string> {
  const half = Math.ceil(text.length / 2);
  switch (fault) {
    case 'bad-json':
      yield `${text.slice(0, -1)}#`;
      return;
    case 'cut-mid-stream':
      yield text.slice(0, half);
      throw CUT;
    case 'hang-mid-stream':
      yield text.slice(0, half);
      await gone(signal);
      return;
    case 'slow-drip': {
      const size = Math.ceil(text.length / DRIP_PIECES);
      for (let at = 0; at < text.length; at += size) {
        yield text.slice(at, at + size);
        await clock.sleep(DRIP_MS, signal);
      }
      return;
    }
    default:
      yield text;
  }
}

async function* eventBody(chunks: readonly unknown[], context: DeliverContext): AsyncGenerator<string> {
  const { fault, latency, drawn, random, clock, signal } = context;
  if (fault === undefined && latency.betweenTokens === undefined) {
    // nothing happens between the events: one write
    yield `${chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')}data: [DONE]\n\n`;
    return;
  }
  const middle = Math.ceil(chunks.length / 2);
  for (const [index, chunk] of chunks.entries()) {
    if (index > 0 && latency.betweenTokens !== undefined) {
      const ms = draw(latency.betweenTokens, random);
      drawn.betweenTokensMs.push(ms);
      if (ms > 0) await clock.sleep(ms, signal);
    }
    if (fault === 'slow-drip' && index > 0) await clock.sleep(DRIP_MS, signal);
    if (index === middle) {
      if (fault === 'cut-mid-stream') throw CUT;
      if (fault === 'hang-mid-stream') await gone(signal);
      if (fault === 'bad-json') yield 'data: {"choices":[{"delta":\n\n';
      if (fault === 'inspection-mid-stream') {
        yield `data: ${errorBody(inspection('Output'), context.requestId)}\n\n`;
        return;
      }
    }
    // A server that ends its lines but forgets what an event looks like.
    yield fault === 'wrong-framing' ? `${JSON.stringify(chunk)}\n` : `data: ${JSON.stringify(chunk)}\n\n`;
  }
  yield fault === 'wrong-framing' ? '[DONE]\n' : 'data: [DONE]\n\n';
}

/** Faults in what is said rather than in how it comes. */
function spoil(outgoing: Outgoing, fault: FaultKind | undefined): Outgoing {
  switch (fault) {
    case 'inspection-mid-stream':
      return outgoing.kind === 'events' ? outgoing : { kind: 'error', error: inspection('Output') };
    case 'wrong-model':
      return mapBodies(outgoing, (body) => ('model' in body ? { ...body, model: 'another-model' } : body));
    case 'empty-choice':
      return mapBodies(outgoing, emptied);
    case 'embedding-base64':
      return mapVectors(outgoing, (vector) => Buffer.from(Float32Array.from(vector).buffer).toString('base64'));
    case 'embedding-length':
      return mapVectors(outgoing, (vector) => vector.slice(1));
    default:
      return outgoing;
  }
}

type Body = Readonly<Record<string, unknown>>;

function mapBodies(outgoing: Outgoing, change: (body: Body) => Body): Outgoing {
  const of = (body: unknown) => (body !== null && typeof body === 'object' ? change(body as Body) : body); // an object, just checked
  if (outgoing.kind === 'json') return { kind: 'json', body: of(outgoing.body) };
  return outgoing.kind === 'events' ? { kind: 'events', chunks: outgoing.chunks.map(of) } : outgoing;
}

function emptied(body: Body): Body {
  if (Array.isArray(body.data)) return { ...body, data: [] };
  if (Array.isArray(body.results)) return { ...body, results: [] };
  if (!Array.isArray(body.choices) || body.choices.length === 0) return body;
  const [choice] = body.choices as Body[]; // written by ourselves
  if (choice === undefined) return body;
  const empty = 'delta' in choice ? { delta: {} } : { message: { role: 'assistant', content: '' } };
  const finish_reason = choice.finish_reason === null ? null : 'stop';
  return { ...body, choices: [{ ...choice, ...empty, finish_reason }] };
}

function mapVectors(outgoing: Outgoing, change: (vector: readonly number[]) => unknown): Outgoing {
  return mapBodies(outgoing, (body) => {
    if (!Array.isArray(body.data)) return body;
    const rows = body.data as { embedding?: readonly number[] }[]; // written by ourselves
    return {
      ...body,
      data: rows.map((row) => (row.embedding === undefined ? row : { ...row, embedding: change(row.embedding) })),
    };
  });
}
