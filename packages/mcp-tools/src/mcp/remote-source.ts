import { FieldkitError, type Finding, type Tool, toFieldkitError } from '@fieldkit/core';
import { SSEClientTransport, StreamableHTTPClientTransport, type Tool as WireTool } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import {
  type AnswerQuestion,
  createMcpConnection,
  definitionOf,
  type McpConnection,
  type McpConnectionOptions,
  type OpenTransport,
} from './connection.ts';
import { checkPin, pinnedTool, pinTools, type ToolPins } from './pins.ts';
import { fromWireResult, toolFacts } from './wire.ts';

/** Somebody else's MCP server. */
export type RemoteEntry =
  /** Started as a child, it speaks MCP on its standard input and output. */
  | ({ readonly stdio: StdioServer } & RemoteToolOptions)
  /** At a URL: streamable HTTP, or the older SSE transport. */
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

export interface ToolChange {
  readonly name?: string;
  readonly description?: string;
  readonly effects?: 'read' | 'write';
  readonly idempotent?: boolean;
}

/** What is taken over from somebody else's server. */
export interface RemoteToolOptions {
  /** For messages. Default: the command or the URL. */
  readonly name?: string;
  /** Names of the tools to take. Default: all. */
  readonly select?: readonly string[];
  /** Our name and words for a tool, whether it writes, and whether a write with the same call id takes effect once, by the server's name. */
  readonly change?: Readonly<Record<string, ToolChange>>;
  /** Whether what its tools are asked leaves for somebody who may not know what documents and records say. Default: as each tool says. */
  readonly outside?: boolean;
  /** Of `pinTools`: a tool that is not what it was is refused. Default: not checked. */
  readonly pins?: ToolPins;
  /**
   * Whether the server is left alone until one of its tools is called: the tools are those of `pins`, and what the server says then is held against
   * them before the call. Default false; needs `pins`.
   */
  readonly lazy?: boolean;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Answers what the server asks in the middle of a call. Default: it is told that nobody is there to ask. */
  readonly answer?: AnswerQuestion;
}

/** Where some tools come from. */
export interface Source {
  readonly where: string;
  list(): Promise<{ tools: Tool[]; findings: Finding[] }>;
  close(): Promise<void>;
}

/** The tools of a server, selected, changed and pinned. */
export function remoteSource(
  options: RemoteEntry,
  how: Pick<McpConnectionOptions, 'connectTimeoutMs' | 'onToolsChanged'>,
): Source {
  const { where, open } = transportOf(options);
  const { answer, select, pins, lazy = false } = options;
  const connection = createMcpConnection({ name: where, open, ...how, ...(answer === undefined ? {} : { answer }) });
  if (lazy && pins === undefined) {
    throw new FieldkitError('INVALID_CONFIG', `${where}: lazy needs pins: without them nothing is known of its tools`);
  }
  const isSelected = (name: string) => select === undefined || select.includes(name);
  let asked = !lazy;
  /** Of a lazy server: its tools as they are, held against the pins before the first call. */
  const current = once(async () => {
    asked = true;
    return connection.listTools();
  });
  const settled = async (name: string): Promise<WireTool> => {
    const definition = (await current()).find((tool) => tool.name === name);
    if (definition === undefined) throw new FieldkitError('TOOL_NOT_FOUND', `${where} no longer has a tool ${name}`);
    checkPin(definition, pins ?? {});
    return definition;
  };
  return {
    where,
    close: connection.close,
    async list() {
      if (!asked) {
        const names = Object.keys(pins ?? {}).filter(isSelected);
        const tools = names.flatMap((name) => {
          const pin = pins?.[name];
          return pin === undefined ? [] : [remoteTool(connection, pinnedTool(name, pin), options, () => settled(name))];
        });
        return {
          tools,
          findings: (select ?? []).filter((name) => !names.includes(name)).map((name) => missing(name, where)),
        };
      }
      const listed = await connection.listTools();
      const absent = (select ?? []).filter((name) => !listed.some((tool) => tool.name === name));
      const findings = absent.map((name) => missing(name, where));
      const tools: Tool[] = [];
      for (const definition of listed.filter(({ name }) => isSelected(name))) {
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

/** Makes a value on the first call; a failure is forgotten, so that the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/**
 * What somebody's server says of its (selected) tools now, to be read by a person and kept as `pins`.
 *
 * @throws {FieldkitError} `TOOL_UNAVAILABLE` or `TIMED_OUT` when it cannot be reached.
 */
export async function pinServer(
  entry: RemoteEntry,
  { connectTimeoutMs = 15_000 }: { readonly connectTimeoutMs?: number } = {},
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

/** A tool that is not taken over. */
export function refused(name: string, where: string, error: unknown): Finding {
  return {
    severity: 'error',
    code: 'tool-refused',
    message: toFieldkitError(error).message,
    where: `${where}: ${name}`,
    suggestion: 'read what is wrong; if the tool has changed and is right, pin it anew',
  };
}

function remoteTool(
  connection: McpConnection,
  definition: WireTool,
  options: RemoteToolOptions,
  settle: () => Promise<WireTool> = async () => definition,
): Tool {
  const change = options.change?.[definition.name] ?? {};
  const facts = toolFacts(definition);
  const timeoutMs = options.timeoutMs ?? facts.timeoutMs ?? 30_000;
  const own = definitionOf(definition);
  const outside = options.outside ?? definition.annotations?.openWorldHint;
  return {
    ...own,
    name: change.name ?? own.name,
    description: change.description ?? own.description,
    ...(definition.outputSchema === undefined ? {} : { outputSchema: definition.outputSchema }),
    // A server that does not say that a tool only reads is taken to write.
    effects: change.effects ?? facts.effects ?? (definition.annotations?.readOnlyHint === true ? 'read' : 'write'),
    ...(change.idempotent === undefined ? {} : { idempotent: change.idempotent }),
    ...(outside === undefined ? {} : { outside }),
    yields: 'record',
    timeoutMs,
    async run(input, context) {
      const result = await connection.call(await settle(), input, context, timeoutMs, {
        'fieldkit/callId': context.callId,
      });
      return fromWireResult(result, definition.name, 'record');
    },
  };
}

function transportOf(entry: RemoteEntry): {
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
