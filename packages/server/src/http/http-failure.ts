import { type ErrorCode, errorRecord, isFieldkitError } from '@fieldkit/core';

/** What a client is told of a failure, in OpenAI's shape. */
export interface WireFailure {
  readonly status: number;
  /** OpenAI's families: `invalid_request_error`, `authentication_error`, `permission_error`, `rate_limit_error`, `server_error`. */
  readonly type: string;
  /** Lower-case with underscores, for machines. */
  readonly code: string;
  readonly message: string;
  /** The part of the request that is wrong. */
  readonly param?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Carries a failure of the HTTP layer to where it is sent. Failures of our own functions stay `FieldkitError`. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly wire: WireFailure;

  constructor(wire: WireFailure, options?: ErrorOptions) {
    super(wire.message, options);
    this.wire = wire;
  }
}

export function badRequest(message: string, param?: string, code = 'invalid_request'): HttpFailure {
  return new HttpFailure({
    status: 400,
    type: 'invalid_request_error',
    code,
    message,
    ...(param === undefined ? {} : { param }),
  });
}

export function notFound(message: string, code = 'not_found'): HttpFailure {
  return new HttpFailure({ status: 404, type: 'invalid_request_error', code, message });
}

export function forbidden(message: string): HttpFailure {
  return new HttpFailure({ status: 403, type: 'permission_error', code: 'forbidden', message });
}

/** @param retryAfterSeconds Rounded up to whole seconds, at least 1. */
export function tooMany(message: string, code: string, retryAfterSeconds: number): HttpFailure {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  return new HttpFailure({ status: 429, type: 'rate_limit_error', code, message, headers });
}

/** @param retryAfterSeconds Rounded up to whole seconds, at least 1. */
export function unavailable(message: string, code: string, retryAfterSeconds: number, cause?: unknown): HttpFailure {
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))) };
  return new HttpFailure({ status: 503, type: 'server_error', code, message, headers }, { cause });
}

interface Said {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const MODEL_DOWN: Said = {
  status: 502,
  type: 'server_error',
  message: 'the model endpoint does not answer as it should; the operator finds the reason in the log',
};
const MODEL_BUSY: Said = {
  status: 503,
  type: 'server_error',
  message: 'the model endpoint is busy; try again',
  retryAfterSeconds: 5,
};
const TOO_LONG: Said = { status: 504, type: 'server_error', message: 'the answer took too long; try again' };
const NOT_READY: Said = {
  status: 503,
  type: 'server_error',
  message: 'the knowledge base cannot be searched at the moment',
  retryAfterSeconds: 5,
};

/** What is said of the codes that have a meaning for a client. The rest is a 500 that says nothing of the inside. */
const SAID: Partial<Record<ErrorCode, Said>> = {
  MODEL_UNREACHABLE: MODEL_DOWN,
  MODEL_UNAUTHORIZED: MODEL_DOWN,
  MODEL_FORBIDDEN: MODEL_DOWN,
  MODEL_NOT_FOUND: MODEL_DOWN,
  MODEL_BAD_REQUEST: MODEL_DOWN,
  MODEL_QUOTA_EXHAUSTED: MODEL_DOWN,
  MODEL_ACCOUNT_UNPAID: MODEL_DOWN,
  MODEL_STREAM_BROKEN: MODEL_DOWN,
  MODEL_INVALID_RESPONSE: MODEL_DOWN,
  MODEL_INVALID_OUTPUT: MODEL_DOWN,
  MODEL_RATE_LIMITED: MODEL_BUSY,
  MODEL_OVERLOADED: MODEL_BUSY,
  MODEL_CONTEXT_TOO_LONG: {
    status: 400,
    type: 'invalid_request_error',
    message: 'the conversation is too long for the model; start a new one',
  },
  MODEL_CONTENT_REFUSED: {
    status: 400,
    type: 'invalid_request_error',
    message: 'the model endpoint refused the content of the request',
  },
  TIMED_OUT: TOO_LONG,
  BUDGET_EXCEEDED: {
    status: 504,
    type: 'server_error',
    message: 'the answer reached the bound of its budget; ask for less at a time',
  },
  CANCELLED: { status: 499, type: 'server_error', message: 'the request was cancelled' },
  INDEX_NOT_FOUND: NOT_READY,
  INDEX_MISMATCH: NOT_READY,
  INDEX_UNAVAILABLE: NOT_READY,
  INDEX_DAMAGED: NOT_READY,
  STORE_LOCKED: NOT_READY,
  DOCUMENT_NOT_FOUND: { status: 404, type: 'invalid_request_error', message: 'there is no such document' },
  RUN_NOT_FOUND: { status: 404, type: 'invalid_request_error', message: 'there is no such run' },
};

/** What a client is told of anything thrown. Addresses, paths and stacks stay inside: they are in the log. */
export function wireFailure(error: unknown): WireFailure {
  if (error instanceof HttpFailure) return error.wire;
  return wireFailureOf(errorRecord(error).code, isFieldkitError(error, 'INVALID_OPTION') ? error.message : undefined);
}

/** The same for a code alone, as a run keeps it. `message` is shown for mistakes of the caller only. */
export function wireFailureOf(errorCode: ErrorCode | string, message?: string): WireFailure {
  const code = errorCode.toLowerCase();
  if (errorCode === 'INVALID_OPTION') {
    return { status: 400, type: 'invalid_request_error', code, message: message ?? 'the request is not valid' };
  }
  const said = Object.hasOwn(SAID, errorCode) ? SAID[errorCode as ErrorCode] : undefined; // an own key of the table
  if (said === undefined) {
    return {
      status: 500,
      type: 'server_error',
      code,
      message: 'the server failed; the operator finds the reason in the log',
    };
  }
  const { retryAfterSeconds, ...wire } = said;
  return {
    ...wire,
    code,
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  };
}

/** The body of a failure. */
export function failureBody({ message, type, code, param }: WireFailure): { error: Record<string, string | null> } {
  return { error: { message, type, code, param: param ?? null } };
}

export function failureResponse(wire: WireFailure): Response {
  return Response.json(failureBody(wire), { status: wire.status, headers: { ...wire.headers } });
}
