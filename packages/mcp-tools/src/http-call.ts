import { FieldkitError, isFieldkitError, type JsonSchema, toFieldkitError } from '@fieldkit/core';
import type { HttpAuthorizer } from './http-auth.ts';
import { isRecord, type SchemaCheck } from './json-schema.ts';
import type { HttpRequest } from './openapi/build-request.ts';
import { isJson } from './openapi/parse-openapi.ts';
import { trimToSchema } from './openapi/trim.ts';

export interface HttpCallOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly authorizer: HttpAuthorizer;
  readonly timeoutMs: number;
  /** Longest response body, in bytes. */
  readonly maxBytes: number;
  readonly effects: 'read' | 'write';
  readonly response?: { readonly schema: JsonSchema; readonly check: SchemaCheck };
  readonly signal?: AbortSignal;
}

/** What a system answered: a value, or its refusal in its own words. */
export type HttpOutcome =
  | { readonly ok: true; readonly value: unknown; readonly status: number }
  | { readonly ok: false; readonly status: number; readonly code?: string; readonly message: string };

/** Longest message that is taken over from a system's error, in code units. */
const MAX_MESSAGE = 500;

/**
 * Calls a customer's system. Refusals that concern the arguments (400, 404, 409, 410, 422) are outcomes; redirects are not followed.
 *
 * @throws {FieldkitError} `TOOL_FORBIDDEN` (401, 403), `TOOL_UNAVAILABLE` (no connection, 408, 429, 5xx), `TIMED_OUT`, `CANCELLED`,
 * `TOOL_FAILED` (redirect, any other status), `TOOL_INVALID_OUTPUT` (not what the description declares). A write whose outcome cannot be known
 * is `TOOL_OUTCOME_UNKNOWN`.
 */
export async function callHttp(request: HttpRequest, options: HttpCallOptions): Promise<HttpOutcome> {
  const { authorizer } = options;
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  let response = await send(request, options, signal);
  if (response.status === 401 && authorizer.renew()) {
    await response.body?.cancel();
    response = await send(request, options, signal);
  }
  const host = new URL(request.url).host;
  const { status } = response;
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    await response.body?.cancel();
    throw new FieldkitError(
      'TOOL_FAILED',
      `${host} answered with a redirect, which is not followed; correct the base URL`,
      {
        details: { status },
      },
    );
  }
  const body = await readBody(response, options, signal, host);
  if (response.ok) return { ok: true, status, value: readValue(response, body, options, host) };
  const said = errorText(body) || response.statusText || 'no reason given';
  const details = { status, host };
  switch (status) {
    case 400:
    case 404:
    case 409:
    case 410:
    case 422:
      return { ok: false, status, message: said, ...errorCode(body) };
    case 401:
    case 403:
      throw new FieldkitError(
        'TOOL_FORBIDDEN',
        `${host} refused access (HTTP ${status}): ${said}; check the credentials`,
        { details },
      );
    case 408:
    case 429:
    case 502:
    case 503:
    case 504:
      throw new FieldkitError('TOOL_UNAVAILABLE', `${host} is not available now (HTTP ${status}): ${said}`, {
        details: { ...details, ...retryAfter(response) },
      });
    default:
      if (status >= 500 && options.effects === 'write') throw outcomeUnknown(host, `HTTP ${status}`);
      throw new FieldkitError(
        status >= 500 ? 'TOOL_UNAVAILABLE' : 'TOOL_FAILED',
        `${host} answered HTTP ${status}: ${said}`,
        { details },
      );
  }
}

async function send(request: HttpRequest, options: HttpCallOptions, signal: AbortSignal): Promise<Response> {
  const { host } = new URL(request.url);
  const authorized = await options.authorizer.apply(request, signal);
  try {
    return await options.fetch(authorized.url, {
      method: request.method,
      headers: { ...request.headers, ...authorized.headers },
      ...(request.body === undefined ? {} : { body: request.body }),
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    throw transportError(error, options, host);
  }
}

function transportError(error: unknown, options: HttpCallOptions, host: string): FieldkitError {
  if (isFieldkitError(error)) return error;
  const { signal, effects, timeoutMs } = options;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const system = isRecord(cause) && typeof cause.code === 'string' ? cause.code : undefined;
  // A connection that was never made has changed nothing.
  const neverSent =
    system === 'ECONNREFUSED' || system === 'ENOTFOUND' || system === 'EAI_AGAIN' || system === 'CERT_HAS_EXPIRED';
  if (signal?.aborted !== true && effects === 'write' && !neverSent)
    return outcomeUnknown(host, system ?? 'the connection ended');
  if (signal?.aborted === true)
    return new FieldkitError('CANCELLED', `the call to ${host} was cancelled`, { cause: error });
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new FieldkitError('TIMED_OUT', `${host} did not answer within ${timeoutMs} ms`, { cause: error });
  }
  const reason = system ?? (cause instanceof Error ? cause.message : String(cause));
  return new FieldkitError(
    'TOOL_UNAVAILABLE',
    `cannot reach ${host} (${reason}); check that the system runs and the base URL is right`,
    {
      cause: error,
    },
  );
}

function outcomeUnknown(host: string, reason: string): FieldkitError {
  return new FieldkitError(
    'TOOL_OUTCOME_UNKNOWN',
    `${host} may or may not have done what was asked (${reason}); look there before it is tried again`,
  );
}

/** Reads at most `maxBytes`. */
async function readBody(
  response: Response,
  options: HttpCallOptions,
  signal: AbortSignal,
  host: string,
): Promise<string> {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body) {
      signal.throwIfAborted();
      length += part.length;
      if (length > options.maxBytes) {
        throw new FieldkitError(
          'TOOL_FAILED',
          `${host} answered with more than ${options.maxBytes} bytes; ask for less`,
          {
            details: { maxBytes: options.maxBytes },
          },
        );
      }
      parts.push(part);
    }
  } catch (error) {
    throw transportError(error, options, host);
  }
  return Buffer.concat(parts).toString('utf8');
}

function readValue(response: Response, body: string, options: HttpCallOptions, host: string): unknown {
  if (response.status === 204 || body === '') {
    if (options.response !== undefined && options.effects === 'read') throw invalid(host, ['the body is empty']);
    return {};
  }
  const type = response.headers.get('content-type') ?? '';
  let value: unknown;
  try {
    value = type !== '' && !isJson(type) ? undefined : JSON.parse(body);
  } catch (error) {
    throw toFieldkitError(error, 'TOOL_INVALID_OUTPUT', `${host} did not answer with JSON`);
  }
  if (value === undefined) throw invalid(host, [`the answer is ${type.slice(0, 80)}, not JSON`]);
  if (options.response === undefined) return value;
  const trimmed = trimToSchema(value, options.response.schema);
  const problems = options.response.check(trimmed);
  if (problems.length > 0) throw invalid(host, problems);
  return trimmed;
}

function invalid(host: string, problems: readonly string[]): FieldkitError {
  const shown = problems.slice(0, 3).join('; ');
  return new FieldkitError(
    'TOOL_INVALID_OUTPUT',
    `${host} answered otherwise than its description declares: ${shown}; correct the description or the system`,
    { details: { problems: problems.length } },
  );
}

/** The system's own words: RFC 9457 problem details, `{ message }`, `{ error: { message } }`, or the start of a text. */
function errorText(body: string): string {
  const value = parsed(body);
  const nested = isRecord(value) && isRecord(value.error) ? value.error : undefined;
  for (const source of [value, nested]) {
    if (!isRecord(source)) continue;
    for (const field of ['message', 'detail', 'title', 'error_description', 'error']) {
      const text = source[field];
      if (typeof text === 'string' && text.trim() !== '') return clean(text);
    }
  }
  return value === undefined && !/^\s*</.test(body) ? clean(body) : '';
}

function errorCode(body: string): { code?: string } {
  const value = parsed(body);
  const source = isRecord(value) && isRecord(value.error) ? value.error : value;
  return isRecord(source) && typeof source.code === 'string' ? { code: source.code.slice(0, 80) } : {};
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function clean(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, MAX_MESSAGE);
}

function retryAfter(response: Response): { retryAfterMs?: number } {
  const seconds = Number(response.headers.get('retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: Math.min(seconds, 60) * 1000 } : {};
}
