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
  InMemoryTransport,
  SSEClientTransport,
  StreamableHTTPClientTransport,
  type Tool as WireTool,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { applyPolicy, type ToolPolicy } from '../policy/apply-policy.ts';
import {
  type AnswerQuestion,
  createMcpConnection,
  definitionOf,
  type McpConnection,
  type OpenTransport,
} from './connection.ts';
import { checkPin, pinTools, type ToolPins } from './pins.ts';
import { createToolServer } from './tool-server.ts';
import { fromWireResult, toolFacts } from './wire.ts';

/** Where tools come from. */
export type ToolEntry =
  /** Ours, in this process. */
  | { readonly tools: readonly Tool[] }
  /** A server that is started as a child and speaks MCP on its standard input and output. */
  | ({ readonly stdio: StdioServer } & RemoteToolOptions)
  /** A server at a URL: streamable HTTP, or the older SSE transport. */
  | ({ readonly http: HttpServer } & RemoteToolOptions);

export interface StdioServer {
  readonly command: string;
  readonly args?: readonly string[];
  /** The child's environment besides the few harmless variables it always gets (PATH, HOME). */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface HttpServer {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
  /** Default `streamable`. */
  readonly transport?: 'streamable' | 'sse';
}

/** What is taken over from somebody else's server. */
export interface RemoteToolOptions {
  /** For messages. Default: the command or the URL. */
  readonly name?: string;
  /** Names of the tools to take. Default: all. */
  readonly select?: readonly string[];
  /** Our name and words for a tool, and whether it writes, by the server's name. */
  readonly change?: Readonly<
    Record<string, { readonly name?: string; readonly description?: string; readonly effects?: 'read' | 'write' }>
  >;
  /** Of `pinTools`: a tool that is not what it was is refused. Default: not checked. */
  readonly pins?: ToolPins;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Answers what the server asks in the middle of a call. Default: it is told that nobody is there to ask. */
  readonly answer?: AnswerQuestion;
}

export interface ConnectToolsOptions {
  /** Longest time to connect to one server and list its tools. Default 15,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Put around every call. Default: `applyPolicy`'s defaults. */
  readonly policy?: ToolPolicy;
}

export interface ConnectedTools {
  /** Those that can be called now; a server that comes back or changes its list adds and takes away at `refresh`. */
  readonly tools: Tool[];
  /** Servers that could not be reached and tools that were refused. */
  readonly findings: Finding[];
  /** Asks every server again. Tools of a server that does not answer now are kept. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

interface Source {
  readonly where: string;
  list(): Promise<{ tools: Tool[]; findings: Finding[] }>;
  close(): Promise<void>;
}

/**
 * Makes every entry's tools callable over MCP, those of this process included, so that a tool behaves the same at home and at the
 * customer's. Servers are asked at the same time; one that fails is a finding and never costs the others their tools.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when two tools have the same name.
 */
export async function connectTools(
  entries: readonly ToolEntry[],
  options: ConnectToolsOptions = {},
): Promise<ConnectedTools> {
  const { connectTimeoutMs = 15_000, policy = {} } = options;
  const sources = entries.map((entry) => sourceOf(entry, connectTimeoutMs));
  const known = new Map<Source, Tool[]>();
  const state: { tools: Tool[]; findings: Finding[] } = { tools: [], findings: [] };
  const close = async () => {
    await Promise.allSettled(sources.map((source) => source.close()));
  };
  const refresh = async () => {
    const findings: Finding[] = [];
    await Promise.all(
      sources.map(async (source) => {
        try {
          const listed = await source.list();
          const guarded: Tool[] = [];
          for (const tool of listed.tools) {
            try {
              guarded.push(...applyPolicy([tool], policy));
            } catch (error) {
              findings.push(refused(tool.name, source.where, error));
            }
          }
          known.set(source, guarded);
          findings.push(...listed.findings);
        } catch (error) {
          findings.push(unreachable(source.where, error));
        }
      }),
    );
    const tools = sources.flatMap((source) => known.get(source) ?? []);
    const repeated = tools.find(({ name }, index) => tools.findIndex((other) => other.name === name) !== index);
    if (repeated !== undefined) {
      throw new FieldkitError('INVALID_CONFIG', `two tools are called ${repeated.name}; give one of them another name`);
    }
    state.tools = tools;
    state.findings = findings;
  };
  try {
    await refresh();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get tools() {
      return state.tools;
    },
    get findings() {
      return state.findings;
    },
    refresh,
    close,
  };
}

function unreachable(where: string, reason: unknown): Finding {
  return {
    severity: 'error',
    code: 'tool-server-unreachable',
    message: `the tool server could not be used: ${toFieldkitError(reason, 'TOOL_UNAVAILABLE').message}`,
    where,
    suggestion: 'start the server by hand and read what it prints, or check its URL and key',
  };
}

function sourceOf(entry: ToolEntry, connectTimeoutMs: number): Source {
  if ('tools' in entry) return inProcess(entry.tools, connectTimeoutMs);
  const { where, open } = transportOf(entry);
  return remote(where, entry, connectTimeoutMs, open);
}

function transportOf(entry: Exclude<ToolEntry, { readonly tools: readonly Tool[] }>): {
  where: string;
  open: OpenTransport;
} {
  if ('stdio' in entry) {
    const { command, args = [], env, cwd } = entry.stdio;
    return {
      where: entry.name ?? [command, ...args].join(' '),
      open: () =>
        new StdioClientTransport({
          command,
          args: [...args],
          ...(env === undefined ? {} : { env: { ...env } }),
          ...(cwd === undefined ? {} : { cwd }),
          stderr: 'ignore',
        }),
    };
  }
  const { url, headers = {}, fetch, transport = 'streamable' } = entry.http;
  const settings = { requestInit: { headers: { ...headers } }, ...(fetch === undefined ? {} : { fetch }) };
  return {
    where: entry.name ?? url,
    open: () =>
      transport === 'sse'
        ? new SSEClientTransport(new URL(url), settings)
        : new StreamableHTTPClientTransport(new URL(url), settings),
  };
}

/** `_meta` key under which our client names a call to our server in the same process. Models cannot set it: they write arguments only. */
const CALL_META = 'fieldkit/call';

interface RunningCall {
  readonly context: ToolContext;
  error?: unknown;
}

function inProcess(tools: readonly Tool[], connectTimeoutMs: number): Source {
  const calls = new Map<string, RunningCall>();
  const servers: { close(): Promise<void> }[] = [];
  const callOf = (meta: Record<string, unknown> | undefined) => {
    const call = calls.get(String(meta?.[CALL_META]));
    if (call === undefined)
      throw new FieldkitError('INTERNAL', 'a tool was called in this process without its context');
    return call;
  };
  const connection = createMcpConnection({
    name: 'this process',
    connectTimeoutMs,
    open: () => {
      const [near, far] = InMemoryTransport.createLinkedPair();
      servers.push(
        serveStdio(
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
        ),
      );
      return near;
    },
  });
  const wrap = (definition: WireTool): Tool => {
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
        const call: RunningCall = { context };
        calls.set(token, call);
        try {
          const result = await connection.call(definition, input, context, source.timeoutMs, { [CALL_META]: token });
          if (isFieldkitError(call.error)) throw call.error; // the very error, with its cause
          return fromWireResult(result, source.name, source.yields);
        } finally {
          calls.delete(token);
        }
      },
    };
  };
  return {
    where: 'tools of this process',
    list: async () => ({ tools: (await connection.listTools()).map(wrap), findings: [] }),
    async close() {
      await connection.close();
      await Promise.allSettled(servers.map((server) => server.close()));
    },
  };
}

function remote(where: string, options: RemoteToolOptions, connectTimeoutMs: number, open: OpenTransport): Source {
  const { answer } = options;
  const connection = createMcpConnection({
    name: where,
    connectTimeoutMs,
    open,
    ...(answer === undefined ? {} : { answer }),
  });
  return {
    where,
    close: connection.close,
    async list() {
      const listed = await connection.listTools();
      const findings: Finding[] = [];
      const tools: Tool[] = [];
      const { select, pins } = options;
      for (const name of select ?? []) {
        if (!listed.some((tool) => tool.name === name)) findings.push(missing(name, where));
      }
      for (const definition of listed) {
        if (select !== undefined && !select.includes(definition.name)) continue;
        try {
          if (pins !== undefined) checkPin(definition, pins);
          tools.push(remoteTool(connection, definition, options));
        } catch (error) {
          findings.push(refused(definition.name, where, error));
        }
      }
      return { tools, findings };
    },
  };
}

/**
 * What somebody's server says of its (selected) tools now, to be read by a person and kept as `pins`.
 *
 * @throws {FieldkitError} `TOOL_UNAVAILABLE` or `TIMED_OUT` when it cannot be reached.
 */
export async function pinServer(
  entry: Exclude<ToolEntry, { readonly tools: readonly Tool[] }>,
  { connectTimeoutMs = 15_000 }: Pick<ConnectToolsOptions, 'connectTimeoutMs'> = {},
): Promise<ToolPins> {
  const { where, open } = transportOf(entry);
  const connection = createMcpConnection({ name: where, connectTimeoutMs, open });
  try {
    const listed = await connection.listTools();
    return pinTools(listed.filter(({ name }) => entry.select === undefined || entry.select.includes(name)));
  } finally {
    await connection.close();
  }
}

function missing(name: string, where: string): Finding {
  return {
    severity: 'error',
    code: 'tool-missing',
    message: `the server has no tool ${name}`,
    where,
    suggestion: 'correct the name under select, or ask the owner of the server',
  };
}

function refused(name: string, where: string, error: unknown): Finding {
  return {
    severity: 'error',
    code: 'tool-refused',
    message: toFieldkitError(error).message,
    where: `${where}: ${name}`,
    suggestion: 'read what is wrong; if the tool has changed and is right, pin it anew',
  };
}

function remoteTool(connection: McpConnection, definition: WireTool, options: RemoteToolOptions): Tool {
  const change = options.change?.[definition.name] ?? {};
  const facts = toolFacts(definition);
  const timeoutMs = options.timeoutMs ?? facts.timeoutMs ?? 30_000;
  const own = definitionOf(definition);
  return {
    ...own,
    name: change.name ?? own.name,
    description: change.description ?? own.description,
    ...(definition.outputSchema === undefined ? {} : { outputSchema: definition.outputSchema }),
    // A server that does not say that a tool only reads is taken to write.
    effects: change.effects ?? facts.effects ?? (definition.annotations?.readOnlyHint === true ? 'read' : 'write'),
    yields: 'record',
    timeoutMs,
    async run(input, context) {
      const result = await connection.call(definition, input, context, timeoutMs, {
        'fieldkit/callId': context.callId,
      });
      return fromWireResult(result, definition.name, 'record');
    },
  };
}
