import type { Readable, Writable } from 'node:stream';
import { type Caller, sha256, type Tool } from '@fieldkit/core';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createToolServer } from './tool-server.ts';

export interface ServeToolsOverStdioOptions {
  /** Everybody on the other end of the pipe is this caller. */
  readonly caller: Caller;
  /** Default `process.stdin`. */
  readonly input?: Readable;
  /** Default `process.stdout`. Nothing else may write to it. */
  readonly output?: Writable;
  /** Told of failures; default none. Write to stderr, never to stdout. */
  readonly onError?: (error: unknown) => void;
  readonly name?: string;
}

export interface StdioToolServer {
  /** Settles when the input ends or `close` is called. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Serves tools as an MCP server on standard input and output, for clients of the 2026-07-28 and 2025-11-25 protocol. */
export async function serveToolsOverStdio(
  tools: readonly Tool[],
  options: ServeToolsOverStdioOptions,
): Promise<StdioToolServer> {
  const { caller, input = process.stdin, output = process.stdout, onError, name } = options;
  const transport = new StdioServerTransport(input, output);
  const ended = Promise.withResolvers<void>();
  const handle = serveStdio(
    () =>
      createToolServer({
        tools,
        ...(name === undefined ? {} : { name }),
        ...(onError === undefined ? {} : { onError }),
        context: ({ params }, { mcpReq }) => ({ caller, callId: callIdOf(mcpReq.id, params), signal: mcpReq.signal }),
      }),
    { transport, ...(onError === undefined ? {} : { onerror: onError }) },
  );
  for (const event of ['end', 'close', 'error'] as const) input.once(event, () => ended.resolve());
  return {
    closed: ended.promise,
    async close() {
      await handle.close();
      ended.resolve();
    },
  };
}

/**
 * The id of a call that came over the wire: the caller's own idempotency key (`_meta["fieldkit/callId"]`) when it sent one, else a hash of the
 * request's id and content.
 */
export function callIdOf(requestId: unknown, params: { readonly _meta?: Record<string, unknown> | undefined }): string {
  const given = params._meta?.['fieldkit/callId'];
  if (typeof given === 'string' && /^[\w.:-]{1,200}$/.test(given)) return given;
  return `wire-${sha256(JSON.stringify([requestId, params])).slice(0, 24)}`;
}
