import { createToolHttpHandler, type ToolHttpHandlerOptions } from './http-handler.ts';
import { type Listening, type ListenOptions, listenHttp } from './node-http.ts';

/** Serves tools over streamable HTTP on a port: `createToolHttpHandler` on node's own HTTP server. */
export async function serveToolsOverHttp(options: ToolHttpHandlerOptions & ListenOptions): Promise<Listening> {
  const handler = createToolHttpHandler(options);
  const listening = await listenHttp(handler.fetch, options);
  return {
    ...listening,
    async close() {
      const closed = listening.close();
      await handler.close();
      await closed;
    },
  };
}
