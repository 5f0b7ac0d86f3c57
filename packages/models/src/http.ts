import { Readable } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { type Dispatcher, request } from 'undici';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  readonly signal: AbortSignal;
}

/** An answer whose head has arrived. Whoever stops reading the body early closes its connection. */
export interface HttpAnswer {
  readonly status: number;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** What is read of an answer before somebody asks for it: of many streams at once, most of the memory. */
const READ_AHEAD_BYTES = 8 * 1024;

/** One request and its answer, whatever its status; redirects are not followed. */
export type HttpSend = (call: HttpCall) => Promise<HttpAnswer>;

/**
 * The network through undici's `request`, which takes a seventh of the CPU of the openai SDK for the same call and a third of that of `fetch`
 * (`bench/models/overhead.ts`).
 */
export function networkSend(dispatcher: Dispatcher): HttpSend {
  return async ({ method, url, headers, body, signal }) => {
    const form = body instanceof FormData ? new Response(body) : undefined; // which writes it down, with its boundary
    const answer = await request(url, {
      method,
      headers: form === undefined ? headers : { ...headers, 'content-type': form.headers.get('content-type') ?? '' },
      dispatcher,
      signal,
      highWaterMark: READ_AHEAD_BYTES,
      body: form === undefined ? ((body as string | undefined) ?? null) : Buffer.from(await form.arrayBuffer()), // no form: just checked
    });
    const header = (name: string) => {
      const value = answer.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    return { status: answer.statusCode, header, body: decompressed(answer.body, header('content-encoding')) };
  };
}

/** None is asked for, but some gateways compress all the same. */
function decompressed(body: Readable, encoding: string | undefined): AsyncIterable<Uint8Array> {
  const decoder =
    encoding === 'gzip' || encoding === 'deflate'
      ? createUnzip()
      : encoding === 'br'
        ? createBrotliDecompress()
        : undefined;
  if (decoder === undefined) return body;
  body.on('error', (error) => decoder.destroy(error));
  decoder.on('close', () => body.destroy());
  return body.pipe(decoder);
}

/** Any `fetch` in place of the network. */
export function fetchSend(fetch: typeof globalThis.fetch): HttpSend {
  return async ({ method, url, headers, body, signal }) => {
    const init = { method, headers, signal, redirect: 'manual' as const, ...(body === undefined ? {} : { body }) };
    const response = await fetch(url, init);
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: response.body ?? Readable.from([]),
    };
  };
}
