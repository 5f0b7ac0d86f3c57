import { type ErrorCode, FieldkitError } from '@fieldkit/core';
import type { HttpAnswer } from './http.ts';
import { isObject, stringAt, tryJson } from './json.ts';

/** What the endpoint said when it failed, whatever way it came: status and body, or an error object inside a stream. */
export interface EndpointFailure {
  /** HTTP status; absent for an error inside a stream. */
  readonly status?: number;
  readonly code?: string;
  readonly message: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
}

export interface FailureContext {
  readonly host: string;
  /** The proxy on the way there. */
  readonly via?: string;
  readonly model?: string;
  /** Whether part of an answer had arrived. */
  readonly midStream?: boolean;
  /** For a model that is not known. */
  readonly advice?: string;
}

interface Rule {
  readonly code: ErrorCode;
  readonly retryable?: boolean;
  /** Status, where it decides. */
  readonly status?: readonly number[];
  /** Matched against the error's code and message. */
  readonly text?: RegExp;
  readonly advice: string;
}

/**
 * First match wins. Codes and messages as in Model Studio's error-code page and public reports (MAAS facts of November 2026) and in
 * OpenAI's; a server of another make is judged by its status.
 */
const RULES: readonly Rule[] = [
  {
    code: 'MODEL_ACCOUNT_UNPAID',
    text: /arrearage|overdue|account is in arrears|billing_not_active/i,
    advice: 'the account is unpaid: settle it in the console; nothing else will work until then',
  },
  {
    code: 'MODEL_CONTENT_REFUSED',
    text: /data_?inspection_?failed|content_filter|content_policy|inappropriate content/i,
    advice: 'content inspection refused the input or the output: this item cannot be answered, others can',
  },
  {
    code: 'MODEL_CONTEXT_TOO_LONG',
    text: /range of input length|context_length_exceeded|maximum context length|input is too long|prompt is too long/i,
    advice: 'the input is longer than the model takes: send fewer or shorter passages',
  },
  {
    code: 'MODEL_RATE_LIMITED',
    status: [429],
    text: /allocated quota exceeded|exceeded your current quota|throttling|tokens per (?:minute|second)|rate.?limit|limit_requests|burst|increased too quickly|too many requests/i,
    advice: 'the account is over its rate limit: slow down, raise the limit, or add a fallback model',
  },
  {
    code: 'MODEL_QUOTA_EXHAUSTED',
    text: /insufficient_quota|free.?(?:tier|quota).*(?:exhausted|used up|only)|quota.*exhausted|AllocationQuota\.FreeTierOnly/i,
    advice: 'the quota is used up: buy more or switch off "free tier only" in the console',
  },
  {
    code: 'MODEL_NOT_FOUND',
    text: /model_?not_?found|model .* (?:does not|doesn't) exist|model not exist/i,
    advice: 'no such model here: check its name, its region, and whether it was retired',
  },
  {
    code: 'MODEL_UNAUTHORIZED',
    status: [401],
    advice: 'the key was not accepted: a key belongs to one region and one plan, so check apiKey and baseUrl together',
  },
  {
    code: 'MODEL_FORBIDDEN',
    status: [403],
    advice: 'the key has no right to this model: activate the model, or use a key of the right workspace',
  },
  {
    code: 'MODEL_NOT_FOUND',
    status: [404],
    advice: 'nothing answers at this address: check baseUrl and the model name',
  },
  { code: 'MODEL_RATE_LIMITED', status: [429], advice: 'the account is over its rate limit: slow down or raise it' },
  {
    code: 'MODEL_UNREACHABLE',
    status: [301, 302, 303, 307, 308],
    retryable: false,
    advice:
      'it sends to another address, which is not followed, as a key goes only where it was meant to: check baseUrl',
  },
  { code: 'TIMED_OUT', status: [408, 504], advice: 'the endpoint gave up waiting: try again' },
  { code: 'MODEL_BAD_REQUEST', status: [400, 405, 409, 413, 415, 422], advice: 'the endpoint refused the request' },
  {
    code: 'MODEL_OVERLOADED',
    text: /internal_?error|server_error|overload|unavailable|ModelServingError|too busy|capacity/i,
    advice: 'the endpoint is overloaded or broken: try again later or add a fallback',
  },
];

/** Endpoints like to repeat the key that they refuse: it must not reach a log, a run or a screen. */
function withoutKeys(text: string): string {
  return text
    .replace(/\b(?:sk|ak|pk|key|token)-[\w-]{4,}/gi, '[key]')
    .replace(/(\bapi[ _-]?keys?\b[^:=]{0,30}[:=]\s*["']?)[^\s"',.;)]+/gi, '$1[key]')
    .replace(/(\bbearer\s+)[\w.~+/-]{6,}=*/gi, '$1[key]');
}

/** The typed error of an endpoint's failure: decided by status, code and message. */
export function endpointError(failure: EndpointFailure, context: FailureContext, cause?: unknown): FieldkitError {
  const { status, code, requestId, retryAfterMs } = failure;
  const said = `${code ?? ''} ${failure.message}`;
  const rule = RULES.find(
    (one) =>
      (one.status === undefined ||
        (status !== undefined && one.status.includes(status)) ||
        (status === undefined && one.text !== undefined)) &&
      (one.text === undefined || one.text.test(said)),
  );
  const fallback: Rule =
    (status ?? 500) >= 500
      ? { code: 'MODEL_OVERLOADED', advice: 'the endpoint failed: try again later' }
      : { code: 'MODEL_BAD_REQUEST', advice: 'the endpoint refused the request' };
  const { code: ours, advice, retryable } = rule ?? fallback;
  const where = context.model === undefined ? context.host : `${context.model} at ${context.host}`;
  const meant = ours === 'MODEL_NOT_FOUND' ? (context.advice ?? '') : '';
  const reason = withoutKeys(failure.message.replace(/\s+/g, ' ').trim().slice(0, 300));
  return new FieldkitError(ours, `${where}: ${advice} (${[status, code, reason].filter(Boolean).join(', ')})${meant}`, {
    ...(cause === undefined ? {} : { cause }),
    ...(retryable === undefined ? {} : { retryable }),
    details: {
      host: context.host,
      ...(context.model === undefined ? {} : { model: context.model }),
      ...(status === undefined ? {} : { status }),
      ...(code === undefined ? {} : { endpointCode: code }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(context.midStream === true ? { midStream: true } : {}),
    },
  });
}

/** Anything thrown while talking to the endpoint, as a `FieldkitError`. Aborts are told apart by the caller, who knows the reason. */
export function modelError(thrown: unknown, { host, via, midStream = false }: FailureContext): FieldkitError {
  if (thrown instanceof FieldkitError) return thrown;
  const reason = rootCause(thrown);
  if (midStream) {
    return new FieldkitError('MODEL_STREAM_BROKEN', `${host} broke off in the middle of an answer (${reason})`, {
      cause: thrown,
      details: { host },
    });
  }
  return new FieldkitError('MODEL_UNREACHABLE', unreachableAdvice(host, reason, via), {
    cause: thrown,
    details: { host, reason },
  });
}

function unreachableAdvice(host: string, reason: string, via: string | undefined): string {
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY|certificate/i.test(reason)) {
    return `cannot trust the certificate of ${host} (${reason}); give the private certificate authority as endpoint.caFile`;
  }
  if (via !== undefined)
    return `cannot reach ${host} through the proxy ${via} (${reason}); check the proxy (HTTPS_PROXY), or name ${host} in NO_PROXY`;
  if (/ENOTFOUND|EAI_AGAIN/.test(reason)) return `cannot find ${host} (${reason}); check baseUrl, DNS and the proxy`;
  return `cannot reach ${host} (${reason}); check baseUrl, the network and the proxy`;
}

/** `Retry-After` in seconds or as a date, `retry-after-ms`: milliseconds from now, at most an hour. */
function retryAfter(header: HttpAnswer['header'], now: number): number | undefined {
  const inMs = header('retry-after-ms');
  const said = header('retry-after');
  const value =
    inMs !== undefined
      ? Number(inMs)
      : said === undefined
        ? Number.NaN
        : /^\s*\d+(\.\d+)?\s*$/.test(said)
          ? Number(said) * 1000
          : Date.parse(said) - now;
  return Number.isFinite(value) && value >= 0 ? Math.min(value, 3_600_000) : undefined;
}

/** The innermost reason of a failed fetch: `ECONNREFUSED`, a certificate code, or the message. */
function rootCause(thrown: unknown): string {
  let error = thrown;
  for (let depth = 0; depth < 6 && error instanceof Error; depth += 1) {
    if (error instanceof AggregateError && error.errors.length > 0) error = error.errors[0];
    if (error instanceof Error && error.cause === undefined) break;
    if (error instanceof Error) error = error.cause;
  }
  const code = stringAt(error, 'code');
  if (code !== undefined) return code;
  return error instanceof Error ? error.message : String(error);
}

/** Errors that an endpoint reports with status 200 and a JSON body. */
export function bodyFailure(body: unknown): EndpointFailure | undefined {
  if (!isObject(body)) return undefined;
  if (body.choices !== undefined && !isObject(body.error)) return undefined;
  const inner = isObject(body.error) ? body.error : body.data === undefined ? body : {};
  const code = stringAt(inner, 'code') ?? stringAt(inner, 'type');
  const message = stringAt(inner, 'message');
  if (message === undefined || (code === undefined && !isObject(body.error))) return undefined;
  const requestId = stringAt(body, 'request_id');
  return {
    message,
    ...(code === undefined ? {} : { code }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** An answer that is no success, as a failure. */
export function responseFailure(
  { status, header }: Pick<HttpAnswer, 'status' | 'header'>,
  text: string,
  now: number,
): EndpointFailure {
  const retryAfterMs = retryAfter(header, now);
  const failure = bodyFailure(tryJson(text)) ?? { message: text.slice(0, 300) || 'no body' };
  const requestId = header('x-request-id') ?? header('x-dashscope-request-id') ?? failure.requestId;
  const location = status >= 300 && status < 400 ? header('location') : undefined;
  return {
    ...failure,
    ...(location === undefined ? {} : { message: `it redirects to ${location}` }),
    status,
    ...(requestId === undefined ? {} : { requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}
