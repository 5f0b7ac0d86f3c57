import { type Caller, FieldkitError } from '@fieldkit/core';
import {
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
} from '@modelcontextprotocol/server';
import { type ApiKey, createKeyCheck } from './api-keys.ts';

export interface GateOptions {
  /** Who may call, by bearer key. */
  readonly keys?: readonly ApiKey[];
  /** Who calls without a key; only for a server that nobody else can reach. Without it a key is needed. */
  readonly anonymous?: Caller;
  /** Host names under which the server is reached (no ports). Default: those of this machine only. */
  readonly allowedHosts?: readonly string[];
  /** Host names of web pages that may call. Default: those of this machine only. A request without an Origin is no page. */
  readonly allowedOrigins?: readonly string[];
}

/**
 * Checks Host and Origin before anything else, then the bearer key, which decides the caller.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when neither `keys` nor `anonymous` is given.
 */
export function createGate(options: GateOptions): (request: Request) => { caller: Caller } | { refused: Response } {
  const { keys = [], anonymous } = options;
  if (keys.length === 0 && anonymous === undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      'a tool server over HTTP needs keys, or an anonymous caller for local use',
    );
  }
  const hosts = [...(options.allowedHosts ?? localhostAllowedHostnames())];
  const origins = [...(options.allowedOrigins ?? localhostAllowedOrigins())];
  const callerOf = createKeyCheck(keys);
  return (request) => {
    const refused = hostHeaderValidationResponse(request, hosts) ?? originValidationResponse(request, origins);
    if (refused !== undefined) return { refused };
    const authorization = request.headers.get('authorization');
    const caller = callerOf(authorization) ?? (authorization === null ? anonymous : undefined);
    if (caller !== undefined) return { caller };
    return {
      refused: failure(401, -32_001, 'a valid bearer key is needed', { 'www-authenticate': 'Bearer realm="fieldkit"' }),
    };
  };
}

/** A JSON-RPC error that answers no request in particular. */
export function failure(status: number, code: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers });
}
