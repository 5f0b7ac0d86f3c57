import { type Caller, callerKey } from '@fieldkit/core';
import type { ToolHttpHandler } from '@fieldkit/mcp-tools';
import type { RouteRequest, Services } from '../services.ts';

/** Callers whose handler (and 2025-era sessions) are kept at a time; the longest unused goes first. */
const MOST_CALLERS = 200;
/** Sessions of 2025-era clients of one caller. */
const MOST_SESSIONS = 100;

export interface McpRoute {
  handle(route: RouteRequest): Promise<Response>;
  close(): Promise<void>;
}

/**
 * `/mcp`: the project's tools over streamable HTTP, for both eras of the protocol. Host, Origin and key were checked before; the caller of the key is the
 * caller of every tool.
 */
export function createMcpRoute({ project, config, log }: Services): McpRoute {
  const handlers = new Map<string, Promise<ToolHttpHandler>>();
  const close = async (handler: Promise<ToolHttpHandler>) => {
    await handler.then((made) => made.close()).catch(() => {}); // one that was never made has nothing to close
  };

  const make = async (caller: Caller): Promise<ToolHttpHandler> => {
    const { createToolHttpHandler } = await import('@fieldkit/mcp-tools');
    const tools = (await project.tools()).filter(({ effects }) => effects === 'read' || config.mcpWriteTools);
    return createToolHttpHandler({
      tools,
      anonymous: caller,
      allowedHosts: ['localhost'],
      maxBodyBytes: config.limits.bodyBytes,
      maxSessions: MOST_SESSIONS,
      onError: (error) => log.warn({ reason: String(error) }, 'a tool call over MCP failed'),
    });
  };

  const handlerOf = (caller: Caller): Promise<ToolHttpHandler> => {
    const key = callerKey(caller);
    const handler =
      handlers.get(key) ??
      make(caller).catch((error: unknown) => {
        handlers.delete(key); // the next request tries again
        throw error;
      });
    handlers.delete(key);
    handlers.set(key, handler);
    const [oldest] = handlers.entries();
    if (handlers.size > MOST_CALLERS && oldest !== undefined) {
      handlers.delete(oldest[0]);
      void close(oldest[1]);
    }
    return handler;
  };

  return {
    async handle({ request, principal, signal }) {
      const handler = await handlerOf(principal.caller);
      return handler.fetch(inside(request, signal));
    },
    async close() {
      await Promise.all([...handlers.values()].map(close));
    },
  };
}

/** The request as the handler sees it: from this machine, without the key. */
function inside(request: Request, signal: AbortSignal): Request {
  const headers = new Headers(request.headers);
  for (const name of ['authorization', 'origin', 'content-length']) headers.delete(name);
  headers.set('host', 'localhost');
  const { method, body } = request;
  const url = new URL('/mcp', 'http://localhost');
  const init = { method, headers, signal, ...(body === null ? {} : { body, duplex: 'half' }) };
  return new Request(url, init as RequestInit); // `duplex` is missing in the type
}
