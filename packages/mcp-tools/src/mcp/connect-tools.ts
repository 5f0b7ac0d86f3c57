import { randomUUID } from 'node:crypto';
import {
  FieldkitError,
  type Finding,
  isFieldkitError,
  type Tool,
  type ToolContext,
  toFieldkitError,
} from '@fieldkit/core';
import {
  Client,
  InMemoryTransport,
  SdkError,
  SdkErrorCode,
  type Transport,
  type Tool as WireTool,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { createToolServer } from './tool-server.ts';
import { fromWireResult, toolFacts } from './wire.ts';

/** Where tools come from. */
export type ToolEntry =
  /** Ours, in this process. */
  | { readonly tools: readonly Tool[] }
  /** A server that is started as a child and speaks MCP on its standard input and output. */
  | { readonly stdio: StdioServer; readonly name?: string };

export interface StdioServer {
  readonly command: string;
  readonly args?: readonly string[];
  /** The child's environment besides the few harmless variables it always gets (PATH, HOME). */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface ConnectToolsOptions {
  /** Longest time to connect and list the tools of one server. Default 15,000 ms. */
  readonly connectTimeoutMs?: number;
}

export interface ConnectedTools {
  readonly tools: Tool[];
  /** Servers that could not be reached; their tools are missing. */
  readonly findings: Finding[];
  close(): Promise<void>;
}

/**
 * Makes every entry's tools callable over MCP, those of this process included, so that a tool behaves the same at home and at the
 * customer's. Servers are connected at the same time; one that fails is a finding and never costs the others their tools.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when two tools have the same name.
 */
export async function connectTools(
  entries: readonly ToolEntry[],
  options: ConnectToolsOptions = {},
): Promise<ConnectedTools> {
  const { connectTimeoutMs = 15_000 } = options;
  const connections = await Promise.allSettled(
    entries.map((entry) =>
      'tools' in entry ? connectInProcess(entry.tools) : connectStdio(entry.stdio, connectTimeoutMs),
    ),
  );
  const findings: Finding[] = [];
  const open: Connection[] = [];
  for (const [index, result] of connections.entries()) {
    if (result.status === 'fulfilled') open.push(result.value);
    else findings.push(unreachable(entries[index], result.reason));
  }
  const close = async () => {
    await Promise.allSettled(open.map((connection) => connection.close()));
  };
  const tools = open.flatMap((connection) => connection.tools);
  const repeated = tools.find(({ name }, index) => tools.findIndex((other) => other.name === name) !== index);
  if (repeated !== undefined) {
    await close();
    throw new FieldkitError('INVALID_CONFIG', `two tools are called ${repeated.name}; give one of them another name`);
  }
  return { tools, findings, close };
}

interface Connection {
  readonly tools: readonly Tool[];
  close(): Promise<void>;
}

function unreachable(entry: ToolEntry | undefined, reason: unknown): Finding {
  const where =
    entry === undefined || 'tools' in entry
      ? 'tools'
      : (entry.name ?? [entry.stdio.command, ...(entry.stdio.args ?? [])].join(' '));
  return {
    severity: 'error',
    code: 'tool-server-unreachable',
    message: `the tool server could not be used: ${toFieldkitError(reason, 'TOOL_UNAVAILABLE').message}`,
    where,
    suggestion: 'start the command by hand and read what it prints on standard error',
  };
}

/** `_meta` key under which our client names a call to our server in the same process. Models cannot set it: they write arguments only. */
const CALL_META = 'fieldkit/call';

async function connectInProcess(tools: readonly Tool[]): Promise<Connection> {
  const calls = new Map<string, { readonly context: ToolContext; error?: unknown }>();
  const callOf = (meta: Record<string, unknown> | undefined) => {
    const call = calls.get(String(meta?.[CALL_META]));
    if (call === undefined)
      throw new FieldkitError('INTERNAL', 'a tool was called in this process without its context');
    return call;
  };
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = serveStdio(
    () =>
      createToolServer({
        tools,
        context: ({ params }, { mcpReq }) => ({ ...callOf(params._meta).context, signal: mcpReq.signal }),
        onError: (error, { params }) => {
          const call = calls.get(String(params._meta?.[CALL_META]));
          if (call !== undefined) call.error = error;
        },
      }),
    { transport: far },
  );
  const client = newClient();
  await client.connect(near);
  const definitions = await client.listTools();
  return {
    tools: definitions.tools.map((definition) => {
      const source = tools.find(({ name }) => name === definition.name);
      if (source === undefined)
        throw new FieldkitError('INTERNAL', `the server lists a tool ${definition.name} that it was not given`);
      return {
        ...definitionOf(definition),
        ...(source.outputSchema === undefined ? {} : { outputSchema: source.outputSchema }),
        effects: source.effects,
        yields: source.yields,
        timeoutMs: source.timeoutMs,
        async run(input, context) {
          const token = randomUUID();
          const call: { readonly context: ToolContext; error?: unknown } = { context };
          calls.set(token, call);
          try {
            const result = await callOverMcp(client, definition, input, context, source.timeoutMs, {
              [CALL_META]: token,
            });
            if (isFieldkitError(call.error)) throw call.error;
            return fromWireResult(result, source.name, source.yields);
          } finally {
            calls.delete(token);
          }
        },
      };
    }),
    async close() {
      await client.close();
      await server.close();
    },
  };
}

async function connectStdio(server: StdioServer, timeoutMs: number): Promise<Connection> {
  const transport = new StdioClientTransport({
    command: server.command,
    args: [...(server.args ?? [])],
    ...(server.env === undefined ? {} : { env: { ...server.env } }),
    ...(server.cwd === undefined ? {} : { cwd: server.cwd }),
    stderr: 'ignore',
  });
  return connectRemote(transport, timeoutMs);
}

async function connectRemote(transport: Transport, timeoutMs: number): Promise<Connection> {
  const client = newClient();
  try {
    await client.connect(transport, { timeout: timeoutMs });
    const { tools } = await client.listTools(undefined, { timeout: timeoutMs });
    return {
      tools: tools.map((definition) => remoteTool(client, definition)),
      close: () => client.close(),
    };
  } catch (error) {
    await client.close();
    throw mcpError(error, undefined, 'connecting', timeoutMs);
  }
}

function remoteTool(client: Client, definition: WireTool): Tool {
  const facts = toolFacts(definition);
  const timeoutMs = facts.timeoutMs ?? 30_000;
  return {
    ...definitionOf(definition),
    ...(definition.outputSchema === undefined ? {} : { outputSchema: definition.outputSchema }),
    // A server that does not say that a tool only reads is taken to write.
    effects: facts.effects ?? (definition.annotations?.readOnlyHint === true ? 'read' : 'write'),
    yields: 'record',
    timeoutMs,
    async run(input, context) {
      const result = await callOverMcp(client, definition, input, context, timeoutMs, {
        'fieldkit/callId': context.callId,
      });
      return fromWireResult(result, definition.name, 'record');
    },
  };
}

function newClient(): Client {
  return new Client({ name: 'fieldkit', version: '0.1.0' }, { versionNegotiation: { mode: 'auto' } });
}

function definitionOf({
  name,
  description,
  inputSchema,
}: WireTool): Pick<Tool, 'name' | 'description' | 'inputSchema'> {
  return { name, description: description ?? '', inputSchema };
}

async function callOverMcp(
  client: Client,
  definition: WireTool,
  input: unknown,
  { signal }: ToolContext,
  timeoutMs: number,
  meta: Record<string, unknown>,
) {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw new FieldkitError('TOOL_INVALID_INPUT', `${definition.name} takes an object of arguments`);
  }
  signal?.throwIfAborted();
  try {
    return await client.callTool(
      { name: definition.name, arguments: { ...input }, _meta: meta },
      { toolDefinition: definition, timeout: timeoutMs, ...(signal === undefined ? {} : { signal }) },
    );
  } catch (error) {
    throw mcpError(error, signal, definition.name, timeoutMs);
  }
}

/** The SDK's errors as ours. */
export function mcpError(
  error: unknown,
  signal: AbortSignal | undefined,
  what: string,
  timeoutMs: number,
): FieldkitError {
  if (isFieldkitError(error)) return error;
  if (signal?.aborted === true) return new FieldkitError('CANCELLED', `${what} was cancelled`, { cause: error });
  if (error instanceof SdkError) {
    switch (error.code) {
      case SdkErrorCode.RequestTimeout:
        return new FieldkitError('TIMED_OUT', `${what} did not answer within ${timeoutMs} ms`, { cause: error });
      case SdkErrorCode.InvalidResult:
        return new FieldkitError('TOOL_INVALID_OUTPUT', `${what} answered against its schema: ${error.message}`, {
          cause: error,
        });
      case SdkErrorCode.ConnectionClosed:
      case SdkErrorCode.NotConnected:
      case SdkErrorCode.SendFailed:
        return new FieldkitError('TOOL_UNAVAILABLE', `${what}: the tool server ended the connection`, { cause: error });
      default:
        return new FieldkitError('TOOL_FAILED', `${what}: ${error.message}`, { cause: error });
    }
  }
  return toFieldkitError(error, 'TOOL_FAILED', what);
}
