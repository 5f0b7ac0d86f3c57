import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, McpServer } from '@modelcontextprotocol/server';
import { createGuardedMcpHandler } from '../mcp/http-handler.ts';
import { type Listening, type ListenOptions, listenHttp } from '../mcp/node-http.ts';
import { type FlowState, registerInputRequiredTools } from './input-required.ts';
import { registerResourcesAndPrompts } from './resources-and-prompts.ts';
import { registerTools } from './tools.ts';

/**
 * Serves the fixture that the MCP conformance suite calls by name, through the same guarded handler that serves a project's tools. Local use
 * only: it has no keys.
 */
export async function serveConformanceFixture(options: ListenOptions = {}): Promise<Listening> {
  const codec = createRequestStateCodec<FlowState>({ key: randomBytes(32) });
  const handler = createGuardedMcpHandler({
    anonymous: { tenant: 'default', subject: 'conformance', groups: [] },
    retryIntervalMs: 500,
    serve: (_, era) => {
      const server = new McpServer(
        { name: 'fieldkit-conformance', version: '0.1.0' },
        {
          capabilities: {
            tools: { listChanged: true },
            prompts: { listChanged: true },
            resources: { subscribe: true, listChanged: true },
            completions: {},
            logging: {},
          },
          requestState: { verify: codec.verify },
        },
      );
      registerTools(server, {
        toolsChanged: () => handler.notify.toolsChanged(),
        promptsChanged: () => handler.notify.promptsChanged(),
      });
      registerResourcesAndPrompts(server);
      if (era === 'modern') registerInputRequiredTools(server, codec);
      return server;
    },
  });
  const listening = await listenHttp({ [options.path ?? '/mcp']: handler.fetch }, options);
  return {
    ...listening,
    async close() {
      const closed = listening.close();
      await handler.close();
      await closed;
    },
  };
}
