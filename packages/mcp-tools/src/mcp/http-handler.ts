import { randomUUID } from 'node:crypto';
import { type Caller, callerKey, FieldkitError, type Tool } from '@fieldkit/core';
import {
  createMcpHandler,
  isLegacyRequest,
  type McpServer,
  readRequestBody,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { createEventStore } from './event-store.ts';
import { createGate, failure, type GateOptions } from './gate.ts';
import { callIdOf } from './serve-stdio.ts';
import { createToolServer } from './tool-server.ts';

export interface ToolHttpHandlerOptions extends GateOptions {
  readonly tools: readonly Tool[];
  /** Longest request body in bytes. Default 1,000,000. */
  readonly maxBodyBytes?: number;
  /** Sessions of 2025-era clients at most; the longest unused goes first. Default 500. */
  readonly maxSessions?: number;
  /** A session that nobody used for this long ends when another one begins; its client would begin anew. Default half an hour. */
  readonly sessionIdleMs?: number;
  /** Told of failures. */
  readonly onError?: (error: unknown) => void;
}

/** A web-standard handler: mount it under any path. */
export interface ToolHttpHandler {
  fetch(request: Request): Promise<Response>;
  /** Tells 2026-07-28 clients that listen for it that a list changed. */
  readonly notify: { toolsChanged(): void; promptsChanged(): void };
  /** Ends all sessions and streams. */
  close(): Promise<void>;
}

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  readonly server: Served;
  readonly owner: string;
  /** On the clock of `performance.now`. */
  usedAt: number;
}

type Served = Server | McpServer;

/**
 * Serves tools over MCP's streamable HTTP: the 2026-07-28 protocol without sessions, 2025-era clients with them. Host and Origin are checked before anything
 * else, then the bearer key, which decides the caller.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when neither `keys` nor `anonymous` is given.
 */
export function createToolHttpHandler(options: ToolHttpHandlerOptions): ToolHttpHandler {
  const { tools, onError } = options;
  return createGuardedMcpHandler({
    ...options,
    serve: (caller) =>
      createToolServer({
        tools,
        context: ({ params }, { mcpReq }) => ({ caller, callId: callIdOf(mcpReq.id, params), signal: mcpReq.signal }),
        ...(onError === undefined ? {} : { onError }),
      }),
  });
}

export interface GuardedMcpHandlerOptions extends Omit<ToolHttpHandlerOptions, 'tools'> {
  /** Makes a server for a caller: one per request (2026-07-28) or session (2025). */
  serve(caller: Caller, era: 'legacy' | 'modern'): Served;
  /** Asked of 2025-era clients that lost their stream, in ms. */
  readonly retryIntervalMs?: number;
}

/** The same for any MCP server, not only for tools. */
export function createGuardedMcpHandler(options: GuardedMcpHandlerOptions): ToolHttpHandler {
  const { serve, onError, retryIntervalMs } = options;
  const { maxBodyBytes = 1_000_000, maxSessions = 500, sessionIdleMs = 1_800_000 } = options;
  const admit = createGate(options);
  const callers = new WeakMap<Request, Caller>();
  const sessions = new Map<string, Session>();

  const modern = createMcpHandler(
    ({ requestInfo }) => {
      const caller = requestInfo === undefined ? undefined : callers.get(requestInfo);
      if (caller === undefined) throw new FieldkitError('INTERNAL', 'a request reached the tools without a caller');
      return serve(caller, 'modern');
    },
    { legacy: 'reject', maxRequestBodySize: maxBodyBytes, ...(onError === undefined ? {} : { onerror: onError }) },
  );

  const endSession = async (id: string) => {
    const session = sessions.get(id);
    sessions.delete(id);
    await session?.server.close();
  };

  /** Most clients leave without saying so. The longest unused stand first. */
  const endUnused = async () => {
    const before = performance.now() - sessionIdleMs;
    for (const [id, { usedAt }] of sessions) {
      if (usedAt > before) return;
      await endSession(id);
    }
  };

  const openSession = async (request: Request, body: unknown, caller: Caller): Promise<Response> => {
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: createEventStore(),
      maxRequestBodySize: maxBodyBytes,
      ...(retryIntervalMs === undefined ? {} : { retryInterval: retryIntervalMs }),
      onsessioninitialized: (id) => {
        sessions.set(id, { transport, server, owner: callerKey(caller), usedAt: performance.now() });
      },
      onsessionclosed: (id) => {
        sessions.delete(id);
      },
    });
    const server = serve(caller, 'legacy');
    await server.connect(transport);
    await endUnused();
    const [oldest] = sessions.keys();
    if (sessions.size >= maxSessions && oldest !== undefined) await endSession(oldest);
    return transport.handleRequest(request, { parsedBody: body });
  };

  const serveLegacy = async (request: Request, body: unknown, caller: Caller): Promise<Response> => {
    const id = request.headers.get('mcp-session-id');
    if (id === null) {
      const opening = request.method === 'POST' && isInitialize(body);
      return opening
        ? openSession(request, body, caller)
        : failure(400, -32_000, 'Bad Request: no valid session; send initialize first');
    }
    const session = sessions.get(id);
    // Another caller's session does not exist for this one.
    if (session === undefined || session.owner !== callerKey(caller)) return failure(404, -32_001, 'Session not found');
    session.usedAt = performance.now();
    sessions.delete(id);
    sessions.set(id, session); // now the most recently used
    return session.transport.handleRequest(request, { parsedBody: body });
  };

  return {
    async fetch(request) {
      const admitted = admit(request);
      if ('refused' in admitted) return admitted.refused;
      const { caller } = admitted;
      try {
        if (request.method !== 'POST') return await serveLegacy(request, undefined, caller);
        const read = await readRequestBody(request, maxBodyBytes);
        if (read.tooLarge) return failure(413, -32_000, `the request is longer than ${maxBodyBytes} bytes`);
        const copy = new Request(request.url, {
          method: 'POST',
          headers: request.headers,
          body: read.text,
          signal: request.signal,
        });
        const body = parsed(read.text);
        callers.set(copy, caller);
        if (body !== undefined && (await isLegacyRequest(copy.clone(), body)))
          return await serveLegacy(copy, body, caller);
        return await modern.fetch(copy);
      } catch (error) {
        onError?.(error);
        return failure(500, -32_603, 'Internal error');
      }
    },
    notify: modern.notify,
    async close() {
      await modern.close();
      await Promise.allSettled([...sessions.keys()].map(endSession));
    },
  };
}

function isInitialize(body: unknown): boolean {
  return (Array.isArray(body) ? body : [body]).some(
    (message) =>
      message !== null && typeof message === 'object' && 'method' in message && message.method === 'initialize',
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
