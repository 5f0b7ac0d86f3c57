import { once } from 'node:events';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import type { Dispatcher } from 'undici';

export interface HttpCall {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  readonly signal: AbortSignal;
}

/** An answer whose head has arrived. */
export interface HttpAnswer {
  readonly status: number;
  /** `name` in lower case. */
  header(name: string): string | undefined;
  /**
   * Reads the body to its end; to be called once. Each piece is told, and after one for which a promise is given nothing is read until it settles.
   * Whoever throws, or wants no more, aborts the call, which closes its connection.
   */
  read(onBytes: OnBytes): Promise<void>;
}

export type OnBytes = (bytes: Uint8Array) => Promise<void> | undefined | void;

/** One request and its answer, whatever its status; redirects are not followed. */
export type HttpSend = (call: HttpCall) => Promise<HttpAnswer>;

/**
 * The network through undici's `dispatch`, which takes a seventh of the CPU of the openai SDK for the same call (`bench/models/overhead.ts`). Bodies
 * are pushed: a Node stream and a generator around it leave more garbage for each piece than the piece itself (`bench/models/memory.ts`).
 */
export function networkSend(dispatcher: Dispatcher): HttpSend {
  return async ({ method, url, headers, body, signal }) => {
    const { origin, pathname, search } = new URL(url);
    const form = body instanceof FormData ? new Response(body) : undefined; // which writes it down, with its boundary
    const path = `${pathname}${search}`;
    if (form === undefined) {
      const text = (body as string | undefined) ?? null; // no form: just checked
      return dispatched(dispatcher, { origin, path, method, headers, body: text }, signal);
    }
    const typed = { ...headers, 'content-type': form.headers.get('content-type') ?? '' };
    const bytes = Buffer.from(await form.arrayBuffer());
    return dispatched(dispatcher, { origin, path, method, headers: typed, body: bytes }, signal);
  };
}

function dispatched(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  return new Promise((resolveHead, rejectHead) => {
    let connection: Dispatcher.DispatchController | undefined;
    let onBytes: OnBytes | undefined;
    let end: { resolve(): void; reject(error: unknown): void } | undefined;
    /** How it ended, for a body that is read later. */
    let ended: { readonly error?: unknown } | undefined;

    const finish = (outcome: { readonly error?: unknown }) => {
      ended ??= outcome;
      signal.removeEventListener('abort', onAbort);
      if ('error' in outcome) {
        rejectHead(outcome.error);
        end?.reject(outcome.error);
      } else end?.resolve();
    };
    const onAbort = () => {
      connection?.abort(signal.reason);
      finish({ error: signal.reason });
    };
    if (signal.aborted) return finish({ error: signal.reason });
    signal.addEventListener('abort', onAbort, { once: true });
    const read = (tell: OnBytes): Promise<void> => {
      onBytes = tell;
      return new Promise((resolve, reject) => {
        end = { resolve, reject };
        if (ended === undefined) connection?.resume();
        else finish(ended);
      });
    };
    dispatcher.dispatch(options, {
      onRequestStart(controller) {
        connection = controller;
        if (signal.aborted) controller.abort(signal.reason);
      },
      onResponseStart(controller, status, headers) {
        if (status < 200) return;
        const header = (name: string) => {
          const value = headers[name];
          return Array.isArray(value) ? value.join(', ') : value;
        };
        controller.pause(); // until somebody reads it
        resolveHead({ status, header, read: decompressed(read, header('content-encoding')) });
      },
      onResponseData(controller, bytes) {
        const wait = onBytes?.(bytes);
        if (!(wait instanceof Promise)) return; // whatever else a function that gives nothing gives
        controller.pause();
        wait.then(
          () => controller.resume(),
          (error) => controller.abort(error),
        );
      },
      onResponseEnd: () => finish({}),
      onResponseError: (_, error) => finish({ error }),
    });
  });
}

/** None is asked for, but some gateways compress all the same. */
function decompressed(read: HttpAnswer['read'], encoding: string | undefined): HttpAnswer['read'] {
  if (encoding !== 'gzip' && encoding !== 'deflate' && encoding !== 'br') return read;
  return async (onBytes) => {
    const decoder = encoding === 'br' ? createBrotliDecompress() : createUnzip();
    const fill = read((bytes) => {
      return decoder.write(bytes) ? undefined : once(decoder, 'drain').then(() => undefined);
    });
    fill.then(
      () => decoder.end(),
      (error) => decoder.destroy(error),
    );
    for await (const bytes of decoder) await onBytes(bytes);
  };
}

/** Any `fetch` in place of the network. */
export function fetchSend(fetch: typeof globalThis.fetch): HttpSend {
  return async ({ method, url, headers, body, signal }) => {
    const init = { method, headers, signal, redirect: 'manual' as const, ...(body === undefined ? {} : { body }) };
    const response = await fetch(url, init);
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      async read(onBytes) {
        for await (const bytes of response.body ?? []) await onBytes(bytes);
      },
    };
  };
}
