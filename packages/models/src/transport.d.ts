import { type Clock } from '@fieldkit/core';
import { type CassetteOptions } from './cassette.ts';
import { type JsonObject } from './json.ts';
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
  readonly proxy?: {
    readonly httpsProxy?: string;
    readonly noProxy?: string;
  };
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
/**
 * @throws {FieldkitError} `INVALID_CONFIG` for a base URL that is none, a missing key, or a certificate file that cannot be read.
 */
export declare function createTransport(options: TransportOptions): Transport;
/** `NO_PROXY`: host names, suffixes with or without a leading dot, `host:port`, or `*`, separated by commas or blanks. */
export declare function isExempt(url: URL, noProxy: string): boolean;
