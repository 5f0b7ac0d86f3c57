import { setTimeout as wait } from 'node:timers/promises';
import { createToolHttpHandler, type ToolHttpHandlerOptions } from './http-handler.ts';
import { type Listening, type ListenOptions, listenHttp } from './node-http.ts';
import { createToolSseHandler } from './sse-handler.ts';

export interface ServeToolsOverHttpOptions extends ToolHttpHandlerOptions, ListenOptions {
  /** Also the older transport, at `/sse` and `/messages`, for platforms that accept nothing else. Default false. */
  readonly sse?: boolean;
}

/**
 * Serves tools over streamable HTTP on a port: `createToolHttpHandler` on node's own HTTP server. `close` takes no new calls and gives those under way `graceMs`
 * to end.
 */
export async function serveToolsOverHttp(options: ServeToolsOverHttpOptions): Promise<Listening> {
  const { path = '/mcp', sse = false, graceMs = 5_000 } = options;
  const handler = createToolHttpHandler(options);
  const older = sse ? createToolSseHandler(options) : undefined;
  const underWay = new Set<Promise<unknown>>();
  const tracked = async (request: Request): Promise<Response> => {
    const answer = handler.fetch(request);
    const settled = answer.catch(() => {});
    underWay.add(settled);
    settled.finally(() => underWay.delete(settled));
    return answer;
  };
  const listening = await listenHttp(
    { [path]: tracked, ...(older === undefined ? {} : { '/sse': older.fetch, '/messages': older.fetch }) },
    options,
  );
  return {
    ...listening,
    async close() {
      const closed = listening.close();
      await Promise.race([Promise.all(underWay), wait(graceMs, undefined, { ref: false })]);
      await Promise.all([handler.close(), older?.close()]);
      await closed;
    },
  };
}
