import { randomUUID } from 'node:crypto';
import {
  FieldkitError,
  type Finding,
  isFieldkitError,
  type Tool,
  type ToolContext,
  toFieldkitError,
} from '@fieldkit/core';
import { InMemoryTransport, type Tool as WireTool } from '@modelcontextprotocol/client';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { applyPolicy, type ToolPolicy } from '../policy/apply-policy.ts';
import { createMcpConnection, definitionOf } from './connection.ts';
import { type RemoteEntry, refused, remoteSource, type Source } from './remote-source.ts';
import { createToolServer } from './tool-server.ts';
import { fromWireResult } from './wire.ts';

/** Where tools come from. */
export type ToolEntry =
  /** Ours, in this process. */
  { readonly tools: readonly Tool[] } | RemoteEntry;

export interface ConnectToolsOptions {
  /** Longest time to connect to one server and list its tools. Default 15,000 ms. */
  readonly connectTimeoutMs?: number;
  /** Put around every call. Default: `applyPolicy`'s defaults. */
  readonly policy?: ToolPolicy;
  /** Told when a server changed its list, after it was asked again. */
  readonly onChange?: () => void;
}

export interface ConnectedTools {
  /** Those that can be called now: a new list after a server said that its own changed, and after `refresh`. */
  readonly tools: Tool[];
  /** Servers that could not be reached and tools that were refused. */
  readonly findings: Finding[];
  /** Asks every server again. Tools of a server that does not answer now are kept. */
  refresh(): Promise<void>;
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
  const { connectTimeoutMs = 15_000, policy = {}, onChange } = options;
  const known = new Map<Source, Tool[]>();
  const found = new Map<Source, Finding[]>();
  const state: { tools: Tool[]; findings: Finding[] } = { tools: [], findings: [] };
  const sources = entries.map((entry) => {
    const source: Source = sourceOf(entry, connectTimeoutMs, () => {
      load(source)
        .then(merge)
        .then(onChange)
        .catch((error: unknown) => {
          state.findings = [...state.findings, unreachable(source.where, error)]; // two tools of one name: the old list stays
        });
    });
    return source;
  });
  const load = async (source: Source) => {
    try {
      const { tools, findings } = await source.list();
      const guarded: Tool[] = [];
      for (const tool of tools) {
        try {
          guarded.push(...applyPolicy([tool], policy));
        } catch (error) {
          findings.push(refused(tool.name, source.where, error));
        }
      }
      known.set(source, guarded);
      found.set(source, findings);
    } catch (error) {
      found.set(source, [unreachable(source.where, error)]);
    }
  };
  const merge = () => {
    const tools = sources.flatMap((source) => known.get(source) ?? []);
    const repeated = tools.find(({ name }, index) => tools.findIndex((other) => other.name === name) !== index);
    if (repeated !== undefined) {
      throw new FieldkitError('INVALID_CONFIG', `two tools are called ${repeated.name}; give one of them another name`);
    }
    state.tools = tools;
    state.findings = sources.flatMap((source) => found.get(source) ?? []);
  };
  const refresh = async () => {
    await Promise.all(sources.map(load));
    merge();
  };
  const close = async () => {
    await Promise.allSettled(sources.map((source) => source.close()));
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

function sourceOf(entry: ToolEntry, connectTimeoutMs: number, onToolsChanged: () => void): Source {
  if ('tools' in entry) return inProcess(entry.tools, connectTimeoutMs);
  return remoteSource(entry, { connectTimeoutMs, onToolsChanged });
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
      ...(source.idempotent === undefined ? {} : { idempotent: source.idempotent }),
      ...(source.outside === undefined ? {} : { outside: source.outside }),
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
