import {
  FieldkitError,
  isFieldkitError,
  type JsonSchema,
  type Tool,
  type ToolContext,
  toFieldkitError,
} from '@fieldkit/core';
import {
  type CallToolResult,
  Client,
  type ProgressCallback,
  SdkError,
  SdkErrorCode,
  type Transport,
  type Tool as WireTool,
} from '@modelcontextprotocol/client';

/** Opens a transport; called again when the connection was lost. */
export type OpenTransport = () => Transport | Promise<Transport>;

/** What a server asks in the middle of a call. */
export interface ServerQuestion {
  readonly message: string;
  /** JSON Schema of the answer: a flat object. */
  readonly schema: JsonSchema;
}

/** Declined, or the fields of the answer; those that are left out take the schema's defaults. */
export type ServerAnswer = 'declined' | Readonly<Record<string, string | number | boolean | string[]>>;

export type AnswerQuestion = (question: ServerQuestion) => Promise<ServerAnswer>;

export interface McpConnectionOptions {
  readonly open: OpenTransport;
  /** For messages: the command or the URL. */
  readonly name: string;
  readonly connectTimeoutMs: number;
  /** Told when the server says that its tools changed. */
  readonly onToolsChanged?: () => void;
  /** Answers a server's questions. Default: the server is told that nobody is there to ask. */
  readonly answer?: AnswerQuestion;
}

/** One MCP server: connected on first use, and again after the connection was lost. */
export interface McpConnection {
  listTools(): Promise<readonly WireTool[]>;
  call(
    tool: WireTool,
    input: unknown,
    context: ToolContext,
    timeoutMs: number,
    meta: Record<string, unknown>,
  ): Promise<CallToolResult>;
  close(): Promise<void>;
}

export function createMcpConnection({
  open,
  name,
  connectTimeoutMs,
  onToolsChanged,
  answer,
}: McpConnectionOptions): McpConnection {
  let current: Promise<Client> | undefined;
  let closed = false;

  const connect = async (): Promise<Client> => {
    const client = new Client(
      { name: 'fieldkit', version: '0.1.0' },
      {
        versionNegotiation: { mode: 'auto' },
        ...(answer === undefined ? {} : { capabilities: { elicitation: { form: { applyDefaults: true } } } }),
        ...(onToolsChanged === undefined
          ? {}
          : { listChanged: { tools: { autoRefresh: false, onChanged: onToolsChanged } } }),
      },
    );
    if (answer !== undefined) {
      client.setRequestHandler('elicitation/create', async ({ params }) => {
        if (!('requestedSchema' in params)) return { action: 'decline' }; // a web page to open: nobody is there
        const given = await answer({ message: params.message, schema: { ...params.requestedSchema } });
        return given === 'declined' ? { action: 'decline' } : { action: 'accept', content: { ...given } };
      });
    }
    try {
      await client.connect(await open(), { timeout: connectTimeoutMs });
    } catch (error) {
      await client.close().catch(() => {});
      throw mcpError(error, undefined, `connecting to ${name}`, connectTimeoutMs);
    }
    client.onclose = () => {
      if (current === connecting) current = undefined; // the next call connects anew
    };
    return client;
  };
  let connecting: Promise<Client> | undefined;
  const client = (): Promise<Client> => {
    if (closed) return Promise.reject(new FieldkitError('TOOL_UNAVAILABLE', `the connection to ${name} was closed`));
    if (current === undefined) {
      connecting = connect();
      current = connecting;
      connecting.catch(() => {
        current = undefined;
      });
    }
    return current;
  };

  return {
    async listTools() {
      const connected = await client();
      try {
        return (await connected.listTools(undefined, { timeout: connectTimeoutMs, cacheMode: 'refresh' })).tools;
      } catch (error) {
        throw mcpError(error, undefined, `listing the tools of ${name}`, connectTimeoutMs);
      }
    },
    async call(tool, input, { signal, progress }, timeoutMs, meta) {
      if (input === null || typeof input !== 'object' || Array.isArray(input)) {
        throw new FieldkitError('TOOL_INVALID_INPUT', `${tool.name} takes an object of arguments`);
      }
      const connected = await client();
      signal?.throwIfAborted();
      try {
        return await connected.callTool(
          { name: tool.name, arguments: { ...input }, _meta: meta },
          {
            toolDefinition: tool,
            timeout: timeoutMs,
            ...(signal === undefined ? {} : { signal }),
            ...(progress === undefined ? {} : { onprogress: forward(progress) }),
          },
        );
      } catch (error) {
        throw mcpError(error, signal, tool.name, timeoutMs);
      }
    },
    async close() {
      closed = true;
      const pending = current;
      current = undefined;
      await (await pending?.catch(() => undefined))?.close();
    },
  };
}

function forward(progress: NonNullable<ToolContext['progress']>): ProgressCallback {
  return ({ progress: done, total, message }) =>
    progress({ done, ...(total === undefined ? {} : { total }), ...(message === undefined ? {} : { message }) });
}

/** What a listed tool says of itself, as ours. */
export function definitionOf({
  name,
  description,
  inputSchema,
}: WireTool): Pick<Tool, 'name' | 'description' | 'inputSchema'> {
  return { name, description: description ?? '', inputSchema };
}

/** The SDK's errors as ours. */
export function mcpError(
  error: unknown,
  signal: AbortSignal | undefined,
  what: string,
  timeoutMs: number,
): FieldkitError {
  if (isFieldkitError(error)) return error;
  if (signal?.aborted === true) {
    const timeout = signal.reason instanceof Error && signal.reason.name === 'TimeoutError';
    return new FieldkitError(
      timeout ? 'TIMED_OUT' : 'CANCELLED',
      `${what} ${timeout ? 'took too long' : 'was cancelled'}`,
      { cause: error },
    );
  }
  if (error instanceof SdkError) {
    switch (error.code) {
      case SdkErrorCode.RequestTimeout:
        return new FieldkitError('TIMED_OUT', `${what}: no answer within ${timeoutMs} ms`, { cause: error });
      case SdkErrorCode.InvalidResult:
        return new FieldkitError('TOOL_INVALID_OUTPUT', `${what}: answered against its schema: ${error.message}`, {
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
  return toFieldkitError(error, 'TOOL_UNAVAILABLE', what);
}
