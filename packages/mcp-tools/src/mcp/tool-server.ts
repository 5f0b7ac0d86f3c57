import { FieldkitError, nearestName, type Tool, type ToolContext } from '@fieldkit/core';
import { type CallToolRequest, type CallToolResult, Server, type ServerContext } from '@modelcontextprotocol/server';
import { toWireError, toWireResult, toWireTool } from './wire.ts';

export interface ToolServerOptions {
  readonly tools: readonly Tool[];
  /** Who calls: told by the transport (a key, a closure), never by the arguments. */
  context(request: CallToolRequest, context: ServerContext): ToolContext;
  /** Told of every failure before it goes over the wire. */
  readonly onError?: (error: unknown, request: CallToolRequest) => void;
  readonly name?: string;
  readonly version?: string;
}

/** One MCP server instance over the given tools, for one connection or request, of either era of the protocol. */
export function createToolServer({
  tools,
  context,
  onError,
  name = 'fieldkit',
  version = '0.1.0',
}: ToolServerOptions): Server {
  const server = new Server({ name, version }, { capabilities: { tools: {} } });
  const listed = tools.map(toWireTool);
  server.setRequestHandler('tools/list', () => ({ tools: listed }));
  server.setRequestHandler('tools/call', async (request, extra): Promise<CallToolResult> => {
    const tool = tools.find((candidate) => candidate.name === request.params.name);
    try {
      if (tool === undefined) throw notFound(request.params.name, tools);
      const progress = progressOf(extra);
      const result = await tool.run(request.params.arguments ?? {}, {
        ...context(request, extra),
        ...(progress === undefined ? {} : { progress }),
      });
      return toWireResult(tool, result);
    } catch (error) {
      onError?.(error, request);
      return toWireError(error);
    }
  });
  return server;
}

/** Tells a client that asked for it how far a call is. A step that cannot be sent is no failure of the call. */
function progressOf({ mcpReq }: ServerContext): ToolContext['progress'] {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return ({ done, total, message }) => {
    const step = {
      progress: done,
      ...(total === undefined ? {} : { total }),
      ...(message === undefined ? {} : { message }),
    };
    mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...step } }).catch(() => {});
  };
}

function notFound(name: string, tools: readonly Tool[]): FieldkitError {
  const near = nearestName(
    name,
    tools.map((tool) => tool.name),
  );
  return new FieldkitError(
    'TOOL_NOT_FOUND',
    `there is no tool ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
  );
}
