import { readFileSync } from 'node:fs';
import { rootCertificates } from 'node:tls';
import { type Clock, FieldkitError, systemClock } from '@fieldkit/core';
import OpenAI from 'openai';
import { Stream } from 'openai/core/streaming';
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici';
import { type CassetteOptions, cassetteFetch } from './cassette.ts';
import { isObject, type JsonObject } from './json.ts';
import { bodyFailure, endpointError, modelError, responseFailure } from './model-error.ts';

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
  /** Writes all calls to a file, or answers them from it. */
  readonly cassette?: CassetteOptions;
  /** What to add when the endpoint does not know a model: names that were perhaps meant. */
  readonly modelAdvice?: (model: string) => string;
}

export interface WireCall {
  readonly signal?: AbortSignal | undefined;
  readonly model?: string;
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
  /** The data of server-sent events, parsed. A server that answers with plain JSON gives that one object. */
  postStream(path: string, body: unknown, call: WireCall): AsyncIterable<unknown>;
  /** Text of any resource, such as a result file. */
  getText(path: string, call: WireCall): Promise<string>;
  postForm(path: string, form: FormData, call: WireCall): Promise<JsonObject>;
  close(): Promise<void>;
}

/** Reads of a response that is not a success stop here. */
const ERROR_BODY_LIMIT = 64 * 1024;

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
  // undici's own fetch, so that its dispatcher fits; its Response is the same interface as the global one.
  const network = options.fetch ?? (undiciFetch as unknown as typeof fetch);
  const send = options.cassette === undefined ? network : cassetteFetch(options.cassette, [apiKey], network);
  let standin = false;

  const wireFetch: typeof fetch = async (input, init = {}) => {
    const given = new Headers(init.headers);
    const headers: Record<string, string> = { authorization: `Bearer ${apiKey}`, 'user-agent': 'fieldkit/0.1' };
    for (const name of ['content-type', 'accept']) {
      const value = given.get(name);
      if (value !== null && !(init.body instanceof FormData)) headers[name] = value;
    }
    const response = await send(input, {
      ...init,
      headers,
      redirect: 'error',
      ...(dispatcher === undefined ? {} : { dispatcher }),
    } as RequestInit); // `dispatcher` is undici's addition
    if (response.headers.get('x-fieldkit-standin') === '1') standin = true;
    if (!response.ok) {
      const text = (await response.text()).slice(0, ERROR_BODY_LIMIT);
      const failure = responseFailure(response.status, text, response.headers, clock.now());
      throw endpointError(failure, { host: base.host });
    }
    return response;
  };

  const client = new OpenAI({
    apiKey,
    baseURL: base.href,
    maxRetries: 0,
    timeout: 2 ** 31 - 1, // ours is stricter and tells its two kinds apart
    organization: null,
    project: null,
    logLevel: 'off',
    fetch: wireFetch,
  });

  /** One call with its two time limits; `run` may call `progress` whenever something arrived. */
  async function guarded<T>(call: WireCall, run: (attempt: Attempt) => Promise<T>): Promise<T> {
    const attempt = startAttempt(call, timeoutMs, totalTimeoutMs, base.host, options.modelAdvice);
    try {
      return await run(attempt);
    } catch (thrown) {
      throw attempt.failure(thrown, false);
    } finally {
      attempt.end();
    }
  }

  return {
    host: base.host,
    baseUrl: base.href,
    isStandin: () => standin,
    getJson: (path, call) =>
      guarded(call, async ({ signal }) => reply(await client.get(path, { signal }), base.host, call)),
    postJson: (path, body, call) =>
      guarded(call, async ({ signal }) => reply(await client.post(path, { body, signal }), base.host, call)),
    postForm: (path, form, call) =>
      guarded(call, async ({ signal }) => reply(await client.post(path, { body: form, signal }), base.host, call)),
    getText: (path, call) =>
      guarded(call, async ({ signal }) =>
        (await client.get(path, { signal, __binaryResponse: true }).asResponse()).text(),
      ),
    async *postStream(path, body, call) {
      const attempt = startAttempt(call, timeoutMs, totalTimeoutMs, base.host, options.modelAdvice);
      let midStream = false;
      try {
        const response = await client
          .post(path, { body, signal: attempt.signal, stream: true, __binaryResponse: true })
          .asResponse();
        attempt.progress();
        if (!/event-stream/i.test(response.headers.get('content-type') ?? 'text/event-stream')) {
          const text = await response.text();
          const parsed: unknown = JSON.parse(text);
          yield reply(parsed, base.host, call);
          return;
        }
        for await (const data of Stream.fromSSEResponse<unknown>(response, attempt.controller, client)) {
          attempt.progress();
          midStream = true;
          yield data;
        }
        attempt.throwIfStopped(); // the SDK ends an aborted stream in silence
      } catch (thrown) {
        throw attempt.failure(thrown, midStream);
      } finally {
        attempt.end();
      }
    },
    async close() {
      await dispatcher?.close().catch(() => undefined); // closing twice is allowed
    },
  };
}

interface Attempt {
  readonly controller: AbortController;
  readonly signal: AbortSignal;
  progress(): void;
  throwIfStopped(): void;
  failure(thrown: unknown, midStream: boolean): FieldkitError;
  end(): void;
}

function startAttempt(
  call: WireCall,
  timeoutMs: number,
  totalTimeoutMs: number,
  host: string,
  modelAdvice: TransportOptions['modelAdvice'],
): Attempt {
  const controller = new AbortController();
  let stopped: FieldkitError | undefined;
  const stop = (error: FieldkitError) => {
    stopped ??= error;
    controller.abort();
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
  const idle = setTimeout(expire(timeoutMs, 'sent nothing for'), timeoutMs);
  const total = setTimeout(expire(totalTimeoutMs, 'did not finish within'), totalTimeoutMs);
  if (call.signal?.aborted === true) onAbort();
  else call.signal?.addEventListener('abort', onAbort, { once: true });
  return {
    controller,
    signal: controller.signal,
    progress: () => idle.refresh(),
    throwIfStopped() {
      if (stopped !== undefined) throw stopped;
    },
    failure(thrown, midStream) {
      if (stopped !== undefined) return stopped;
      const { model } = call;
      return modelError(thrown, {
        host,
        midStream,
        ...(model === undefined ? {} : { model, advice: modelAdvice?.(model) ?? '' }),
      });
    },
    end() {
      clearTimeout(idle);
      clearTimeout(total);
      call.signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** A JSON body; an error that came with status 200 is thrown. */
function reply(body: unknown, host: string, call: WireCall): JsonObject {
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

function createDispatcher(base: URL, { proxy, caFile }: TransportOptions): Dispatcher {
  const ca = caFile === undefined ? undefined : [...rootCertificates, readCertificates(caFile)];
  const limits = { headersTimeout: 0, bodyTimeout: 0 }; // ours are stricter
  const proxyUrl = proxy?.httpsProxy;
  if (proxyUrl === undefined || proxyUrl === '' || isExempt(base, proxy?.noProxy ?? '')) {
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
