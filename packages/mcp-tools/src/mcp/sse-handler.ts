import { randomUUID } from 'node:crypto';
import { callerKey, type Tool } from '@fieldkit/core';
import {
  type JSONRPCMessage,
  parseJSONRPCMessage,
  readRequestBody,
  type Transport,
} from '@modelcontextprotocol/server';
import { createGate, failure, type GateOptions } from './gate.ts';
import { callIdOf } from './serve-stdio.ts';
import { createToolServer } from './tool-server.ts';

export interface ToolSseHandlerOptions extends GateOptions {
  readonly tools: readonly Tool[];
  /** Where clients post their messages. Default `/messages`. */
  readonly messagesPath?: string;
  /** Longest message in bytes. Default 1,000,000. */
  readonly maxBodyBytes?: number;
  /** Open streams at most. Default 200. */
  readonly maxSessions?: number;
  /** Between two comments that keep a stream open. Default 15,000 ms. */
  readonly pingMs?: number;
  readonly onError?: (error: unknown) => void;
}

interface Session {
  readonly owner: string;
  receive(message: JSONRPCMessage): void;
  close(): Promise<void>;
}

/**
 * Serves tools over the HTTP and SSE transport of 2024-11-05, for platforms that accept nothing newer: GET opens a stream, whose first event names the
 * address for POST. Everything else speaks streamable HTTP.
 */
export function createToolSseHandler(options: ToolSseHandlerOptions) {
  const {
    tools,
    messagesPath = '/messages',
    maxBodyBytes = 1_000_000,
    maxSessions = 200,
    pingMs = 15_000,
    onError,
  } = options;
  const admit = createGate(options);
  const sessions = new Map<string, Session>();

  const open = (request: Request, caller: Parameters<typeof callerKey>[0]): Response => {
    if (sessions.size >= maxSessions)
      return failure(503, -32_000, 'too many open streams; try again later', { 'retry-after': '10' });
    const id = randomUUID();
    const encoder = new TextEncoder();
    let end = () => {};
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        const write = (event: string) => controller.enqueue(encoder.encode(event));
        const transport: Transport = {
          sessionId: id,
          start: async () => write(`event: endpoint\ndata: ${messagesPath}?sessionId=${id}\n\n`),
          send: async (message) => write(`event: message\ndata: ${JSON.stringify(message)}\n\n`),
          close: async () => end(),
        };
        const pings = setInterval(() => write(': ping\n\n'), pingMs);
        end = () => {
          if (!sessions.delete(id)) return;
          clearInterval(pings);
          request.signal.removeEventListener('abort', end);
          try {
            controller.close();
          } catch {
            // the reader has already gone
          }
          transport.onclose?.();
        };
        sessions.set(id, {
          owner: callerKey(caller),
          receive: (message) => transport.onmessage?.(message),
          close: async () => end(),
        });
        request.signal.addEventListener('abort', end, { once: true });
        const server = createToolServer({
          tools,
          context: ({ params }, { mcpReq }) => ({
            caller,
            callId: callIdOf(`${id}/${mcpReq.id}`, params),
            signal: mcpReq.signal,
          }),
          ...(onError === undefined ? {} : { onError }),
        });
        server.connect(transport).catch((error: unknown) => {
          onError?.(error);
          end();
        });
      },
      cancel: () => end(),
    });
    return new Response(stream, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-cache, no-transform',
        'x-accel-buffering': 'no',
      },
    });
  };

  const post = async (request: Request, caller: Parameters<typeof callerKey>[0]): Promise<Response> => {
    const session = sessions.get(new URL(request.url).searchParams.get('sessionId') ?? '');
    // Another caller's session does not exist for this one.
    if (session === undefined || session.owner !== callerKey(caller)) return failure(404, -32_001, 'Session not found');
    const read = await readRequestBody(request, maxBodyBytes);
    if (read.tooLarge) return failure(413, -32_000, `the message is longer than ${maxBodyBytes} bytes`);
    try {
      session.receive(parseJSONRPCMessage(JSON.parse(read.text)));
    } catch (error) {
      onError?.(error);
      return failure(400, -32_700, 'the body is no JSON-RPC message');
    }
    return new Response('Accepted', { status: 202 });
  };

  return {
    async fetch(request: Request): Promise<Response> {
      const admitted = admit(request);
      if ('refused' in admitted) return admitted.refused;
      if (request.method === 'GET') return open(request, admitted.caller);
      if (request.method === 'POST') return post(request, admitted.caller);
      return failure(405, -32_000, 'Method not allowed', { allow: 'GET, POST' });
    },
    async close(): Promise<void> {
      await Promise.allSettled([...sessions.values()].map((session) => session.close()));
    },
  };
}
