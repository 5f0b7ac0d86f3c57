import { FieldkitError } from '@fieldkit/core';
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
  readonly model?: string;
  /** Whether part of an answer had arrived. */
  readonly midStream?: boolean;
  /** For a model that is not known. */
  readonly advice?: string;
}
/** The typed error of an endpoint's failure: decided by status, code and message. */
export declare function endpointError(
  failure: EndpointFailure,
  context: FailureContext,
  cause?: unknown,
): FieldkitError;
/** Anything thrown while talking to the endpoint, as a `FieldkitError`. Aborts are told apart by the caller, who knows the reason. */
export declare function modelError(thrown: unknown, context: FailureContext): FieldkitError;
/** `Retry-After` in seconds or as a date, `retry-after-ms`: milliseconds from now, at most an hour. */
export declare function retryAfter(headers: Headers | undefined, now: number): number | undefined;
/** Errors that an endpoint reports with status 200 and a JSON body. */
export declare function bodyFailure(body: unknown): EndpointFailure | undefined;
/** A raw error response (not through the SDK's error class) as a failure. */
export declare function responseFailure(status: number, text: string, headers: Headers, now: number): EndpointFailure;
