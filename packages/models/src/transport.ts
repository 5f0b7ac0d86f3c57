import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type Clock, FieldkitError, systemClock } from '@fieldkit/core';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import type { Cassette } from './cassette.ts';
import { fetchSend, type HttpAnswer, type HttpCall, networkSend } from './http.ts';
import { isObject, type JsonObject } from './json.ts';
import { bodyFailure, endpointError, type FailureContext, modelError, responseFailure } from './model-error.ts';
import { createServerEventReader } from './server-events.ts';

export interface TransportOptions {
  /** Up to and including `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  /** Replaces the network: tests, recordings. Proxy and certificate options are then its own business. */
  readonly fetch?: typeof fetch;
  /** Longest wait for the answer's head and between two pieces of it. Default 60,000 ms. */
  readonly timeoutMs?: number;
  /** Longest whole call. Default 600,000 ms. */
  readonly totalTimeoutMs?: number;
  readonly proxy?: { readonly httpsProxy?: string; readonly noProxy?: string };
  /** PEM file with certificate authorities that are trusted besides the usual ones. */
  readonly caFile?: string;
  readonly clock?: Clock;
  /** Keeps all calls in a file, or answers them from it. */
  readonly cassette?: Cassette;
  /** Told of the head of every answer. */
  readonly onHead?: (header: HttpAnswer['header']) => void;
  /** What to add when the endpoint does not know a model: names that were perhaps meant. */
  readonly modelAdvice?: (model: string) => string;
}

export interface WireCall {
  readonly signal?: AbortSignal | undefined;
  readonly model?: string;
}

export interface DataReader {
  read(data: unknown): void;
  /** After each piece of the body: a promise when nothing more is to be read until it settles. */
  room?(): Promise<void> | undefined;
  /** When all was read. */
  end(): void;
}

export interface StreamCall {
  /** @throws {FieldkitError} when it failed, or the reader threw. */
  readonly over: Promise<void>;
  /** Nobody reads on: closes the connection. */
  stop(): void;
}

/** HTTP to one endpoint. Every failure is a `FieldkitError`; only our own headers leave, whatever the environment says. */
export interface Transport {
  readonly host: string;
  readonly baseUrl: string;
  /** Whether an answer said that it came from the stand-in. */
  isStandin(): boolean;
  getJson(path: string, call: WireCall): Promise<JsonObject>;
  /** `path` under the base URL, or a whole URL on the same host. */
  postJson(path: string, body: unknown, call: WireCall): Promise<JsonObject>;
  /** Gives the data of server-sent events, parsed, to the reader as it comes. A server that answers with plain JSON gives that one object. */
  postStream(path: string, body: unknown, call: WireCall, reader: DataReader): StreamCall;
  /** Text of any resource, such as a result file. */
  getText(path: string, call: WireCall): Promise<string>;
  postForm(path: string, form: FormData, call: WireCall): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Bytes of a JSON answer: the largest are embeddings, a few MB. */
const LONGEST_BODY = 64 * 2 ** 20;
/** Bytes of a file, which a batch writes: as many as one may have. */
const LONGEST_FILE = 500 * 2 ** 20;
/** Reads of a response that is not a success stop here. */
const ERROR_BODY_LIMIT = 64 * 1024;
/** How long the end of a stream may take after its last event: a connection that ended well is used again. */
const LAST_WAIT_MS = 500;

/**
 * @throws {FieldkitError} `INVALID_CONFIG` for a base URL that is none, a missing key, or a certificate file that cannot be read.
 */
export function createTransport(options: TransportOptions): Transport {
  const { apiKey, timeoutMs = 60_000, totalTimeoutMs = 600_000, clock = systemClock } = options;
  const base = parseBaseUrl(options.baseUrl);
  if (apiKey.trim() === '')
    throw new FieldkitError('INVALID_CONFIG', `endpoint.apiKey is empty; give a key for ${base.host}`);
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      'endpoint.apiKey has white space or letters that no key has; copy it again',
    );
  }
  for (const [name, value] of Object.entries({ timeoutMs, totalTimeoutMs })) {
    if (!(Number.isFinite(value) && value > 0)) {
      throw new FieldkitError('INVALID_OPTION', `${name} must be a positive number of milliseconds, not ${value}`);
    }
  }
  const dispatcher = options.fetch === undefined ? createDispatcher(base, options) : undefined;
  const proxy = dispatcher === undefined ? undefined : proxyFor(base, options.proxy);
  const goal = { host: base.host, ...(proxy === undefined ? {} : { via: new URL(proxy).host }) };
  const network = dispatcher === undefined ? fetchSend(options.fetch ?? fetch) : networkSend(dispatcher);
  const send = options.cassette?.through(network, [apiKey]) ?? network;
  const own = { authorization: `Bearer ${apiKey}`, 'user-agent': 'fieldkit/0.1', accept: 'application/json' };
  const json = { ...own, 'content-type': 'application/json' };
  const prefix = base.href.replace(/\/$/, '');
  let standin = false;

  /** The head of a good answer. @throws {FieldkitError} for any other. */
  async function open(
    method: HttpCall['method'],
    path: string,
    body: string | FormData | undefined,
    attempt: Attempt,
  ): Promise<HttpAnswer> {
    const url = path.startsWith('/') ? `${prefix}${path}` : path;
    const headers = typeof body === 'string' ? json : own;
    const answer = await send({
      method,
      url,
      headers,
      signal: attempt.signal,
      ...(body === undefined ? {} : { body }),
    });
    if (answer.header('x-fieldkit-standin') === '1') standin = true;
    options.onHead?.(answer.header);
    if (answer.status >= 200 && answer.status < 300) return answer;
    const text = await readText(answer, ERROR_BODY_LIMIT).catch(() => '');
    attempt.throwIfStopped();
    attempt.abandon(); // there may be more of it
    throw endpointError(responseFailure(answer, text, clock.now()), attempt.context(false));
  }

  /** One call with its two time limits, read to its end. */
  async function text(
    method: HttpCall['method'],
    path: string,
    body: string | FormData | undefined,
    call: WireCall,
    limit = LONGEST_BODY,
  ): Promise<string> {
    const attempt = startAttempt(call, timeoutMs, totalTimeoutMs, goal, options.modelAdvice);
    let begun = false;
    try {
      const answer = await open(method, path, body, attempt);
      begun = true;
      attempt.progress();
      return await readWhole(answer, base.host, limit);
    } catch (thrown) {
      const failure = attempt.failure(thrown, begun);
      attempt.abandon(); // there may be more of it
      throw failure;
    } finally {
      attempt.end();
    }
  }

  async function readStream(path: string, body: string, call: WireCall, reader: DataReader, attempt: Attempt) {
    const events = createServerEventReader(base.host, reader.read);
    let begun = false;
    const onBytes = (bytes: Uint8Array) => {
      if (events.done()) return; // to its end, so that its connection can be used again
      events.read(bytes);
      if (events.done()) return attempt.allow(LAST_WAIT_MS);
      const room = reader.room?.();
      if (room === undefined) return attempt.progress();
      attempt.allow(totalTimeoutMs); // the silence is not the endpoint's
      return room.then(() => attempt.allow(timeoutMs));
    };
    try {
      const answer = await open('POST', path, body, attempt);
      begun = true;
      attempt.progress();
      if (/event-stream/i.test(answer.header('content-type') ?? 'text/event-stream')) {
        await answer.read(onBytes);
        events.end();
      } else reader.read(reply(await readWhole(answer, base.host, LONGEST_BODY), base.host, call));
      if (!events.done()) attempt.throwIfStopped();
    } catch (thrown) {
      const failure = attempt.failure(thrown, begun);
      attempt.abandon();
      if (!events.done()) throw failure;
    } finally {
      attempt.end();
    }
    reader.end();
  }

  return {
    host: base.host,
    baseUrl: base.href,
    isStandin: () => standin,
    getJson: async (path, call) => reply(await text('GET', path, undefined, call), base.host, call),
    postJson: async (path, body, call) => reply(await text('POST', path, JSON.stringify(body), call), base.host, call),
    postForm: async (path, form, call) => reply(await text('POST', path, form, call), base.host, call),
    getText: (path, call) => text('GET', path, undefined, call, LONGEST_FILE),
    postStream(path, body, call, reader) {
      const attempt = startAttempt(call, timeoutMs, totalTimeoutMs, goal, options.modelAdvice);
      return { over: readStream(path, JSON.stringify(body), call, reader, attempt), stop: attempt.abandon };
    },
    async close() {
      await dispatcher?.close().catch(() => undefined); // closing twice is allowed
    },
  };
}

/** A body as text, which must not have more than `limit` bytes. */
async function readWhole(answer: HttpAnswer, host: string, limit: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  await answer.read((bytes) => {
    size += bytes.length;
    if (size > limit) {
      throw new FieldkitError('MODEL_INVALID_RESPONSE', `${host} answered with more than ${limit / 2 ** 20} MB`);
    }
    pieces.push(bytes);
  });
  return Buffer.concat(pieces).toString('utf8');
}

/** The first `limit` bytes of a body as text; the call is then to be abandoned. */
async function readText(answer: HttpAnswer, limit: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  await new Promise<void>((resolve, reject) => {
    const onBytes = (bytes: Uint8Array) => {
      if (size < limit) pieces.push(bytes);
      size += bytes.length;
      if (size >= limit) resolve();
    };
    answer.read(onBytes).then(resolve, reject);
  });
  return Buffer.concat(pieces).toString('utf8');
}

interface Attempt {
  readonly signal: AbortSignal;
  progress(): void;
  /** From now on it may be silent this long. */
  allow(ms: number): void;
  /** Closes the connection. */
  abandon(): void;
  throwIfStopped(): void;
  context(midStream: boolean): FailureContext;
  failure(thrown: unknown, midStream: boolean): FieldkitError;
  end(): void;
}

function startAttempt(
  call: WireCall,
  timeoutMs: number,
  totalTimeoutMs: number,
  { host, via }: Pick<FailureContext, 'host' | 'via'>,
  modelAdvice: TransportOptions['modelAdvice'],
): Attempt {
  const controller = new AbortController();
  let stopped: FieldkitError | undefined;
  const stop = (error: FieldkitError) => {
    stopped ??= error;
    controller.abort(stopped);
  };
  const onAbort = () => {
    const timedOut = call.signal?.reason instanceof Error && call.signal.reason.name === 'TimeoutError';
    stop(
      timedOut
        ? new FieldkitError('TIMED_OUT', `the time for this call to ${host} is up`, {
            cause: call.signal?.reason,
            retryable: false,
          })
        : new FieldkitError('CANCELLED', `the call to ${host} was cancelled`, { cause: call.signal?.reason }),
    );
  };
  const expire = (ms: number, what: string) => () =>
    stop(
      new FieldkitError('TIMED_OUT', `${host} ${what} ${ms} ms; try again or raise the endpoint's time limits`, {
        details: { host, timeoutMs: ms },
      }),
    );
  let idle = setTimeout(expire(timeoutMs, 'sent nothing for'), timeoutMs);
  const total = setTimeout(expire(totalTimeoutMs, 'did not finish within'), totalTimeoutMs);
  if (call.signal?.aborted === true) onAbort();
  else call.signal?.addEventListener('abort', onAbort, { once: true });
  const context = (midStream: boolean): FailureContext => ({
    host,
    ...(via === undefined ? {} : { via }),
    midStream,
    ...(call.model === undefined ? {} : { model: call.model, advice: modelAdvice?.(call.model) ?? '' }),
  });
  return {
    signal: controller.signal,
    progress() {
      idle.refresh();
    },
    allow(ms) {
      clearTimeout(idle);
      idle = setTimeout(expire(ms, 'sent nothing for'), ms);
    },
    abandon: () => controller.abort(),
    throwIfStopped() {
      if (stopped !== undefined) throw stopped;
    },
    context,
    failure: (thrown, midStream) => stopped ?? modelError(thrown, context(midStream)),
    end() {
      clearTimeout(idle);
      clearTimeout(total);
      call.signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** A JSON object; an error that came with status 200 is thrown. */
function reply(text: string, host: string, call: WireCall): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new FieldkitError('MODEL_INVALID_RESPONSE', `${host} answered with something that is not JSON`, { cause });
  }
  const failure = bodyFailure(body);
  if (failure !== undefined) {
    throw endpointError(failure, { host, ...(call.model === undefined ? {} : { model: call.model }) });
  }
  if (!isObject(body)) {
    throw new FieldkitError('MODEL_INVALID_RESPONSE', `${host} answered with something that is no JSON object`);
  }
  return body;
}

function parseBaseUrl(baseUrl: string): URL {
  if (!URL.canParse(baseUrl)) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `endpoint.baseUrl is no URL: ${JSON.stringify(baseUrl)}; write it with https://`,
    );
  }
  const url = new URL(baseUrl.replace(/\/+$/, ''));
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '') {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `endpoint.baseUrl must be a plain http or https address, not ${url.protocol}//…`,
    );
  }
  return url;
}

/** The proxy on the way to `base`; undefined when there is none, or none for this host. */
function proxyFor(base: URL, proxy: TransportOptions['proxy']): string | undefined {
  const { httpsProxy = '', noProxy = '' } = proxy ?? {};
  return httpsProxy === '' || isExempt(base, noProxy) ? undefined : httpsProxy;
}

function createDispatcher(base: URL, { proxy, caFile }: TransportOptions): Dispatcher {
  const ca = caFile === undefined ? undefined : [...rootCertificates, readCertificates(caFile)];
  const limits = { headersTimeout: 0, bodyTimeout: 0 }; // ours are stricter
  const proxyUrl = proxyFor(base, proxy);
  if (proxyUrl === undefined) {
    return new Agent({ ...limits, ...(ca === undefined ? {} : { connect: { ca } }) });
  }
  if (!URL.canParse(proxyUrl)) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      'endpoint.proxy.httpsProxy is no URL; write it like http://proxy.example:8080',
    );
  }
  return new ProxyAgent({
    uri: proxyUrl,
    ...limits,
    ...(ca === undefined ? {} : { requestTls: { ca }, proxyTls: { ca } }),
  });
}

/** `NO_PROXY`: host names, suffixes with or without a leading dot, `host:port`, or `*`, separated by commas or blanks. */
export function isExempt(url: URL, noProxy: string): boolean {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return noProxy
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = '', onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
      const suffix = name.replace(/^\*?\./, '');
      const matches = url.hostname === suffix || url.hostname.endsWith(`.${suffix}`);
      return matches && (onlyPort === undefined || onlyPort === port);
    });
}

function readCertificates(caFile: string): string {
  try {
    const text = readFileSync(caFile, 'utf8');
    if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new Error('it holds no PEM certificate');
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FieldkitError('INVALID_CONFIG', `cannot use endpoint.caFile ${caFile}: ${reason}`, { cause: error });
  }
}
