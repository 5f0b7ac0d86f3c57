export interface CassetteOptions {
  /** A file of JSON lines. */
  readonly path: string;
  /** `record`: calls go out and are written down. `replay`: nothing goes out. */
  readonly mode: 'record' | 'replay';
  /** Replaced by `[redacted]` wherever they occur. The endpoint's key always is. */
  readonly secrets?: readonly string[];
}
/**
 * A `fetch` that writes every call down, or gives back what was written. Headers of requests are never kept. Calls are found again by method,
 * path and body (the unguessable markers around evidence aside); equal calls are given back in the order in which they were recorded.
 *
 * @throws {FieldkitError} `STORE_DAMAGED` for a file that is no cassette, `FILE_NOT_FOUND` when there is none to replay.
 */
export declare function cassetteFetch(
  options: CassetteOptions,
  secrets: readonly string[],
  send: typeof fetch,
): typeof fetch;
