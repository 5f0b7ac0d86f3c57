import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever was sent
  readonly body: any;
}

export type Answer = (response: ServerResponse, request: SeenRequest, number: number) => void | Promise<void>;

export interface WireServer {
  /** Ends in `/v1`. */
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  /** Connections that the client closed before the answer was over. */
  readonly aborted: readonly number[];
  close(): Promise<void>;
}

/** A real server on loopback that answers as it is told, and remembers what it was asked. */
export async function wireServer(answer: Answer, tls?: { key: string; cert: string }): Promise<WireServer> {
  const requests: SeenRequest[] = [];
  const aborted: number[] = [];
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    const isJson = /json/.test(request.headers['content-type'] ?? '');
    const seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
    requests.push(seen);
    response.on('close', () => {
      if (!response.writableFinished) aborted.push(Date.now());
    });
    await answer(response, seen, requests.length);
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => void handle(request, response);
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `http${tls === undefined ? '' : 's'}://127.0.0.1:${port}/v1`,
    port,
    requests,
    aborted,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Server-sent events: objects as data, strings as they are; `[DONE]` at the end. */
export function events(response: ServerResponse, chunks: readonly unknown[], done = true): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const chunk of chunks) response.write(typeof chunk === 'string' ? chunk : `data: ${JSON.stringify(chunk)}\n\n`);
  response.end(done ? 'data: [DONE]\n\n' : undefined);
}

export function delta(content: Record<string, unknown>, finish: string | null = null): unknown {
  return { id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta: content, finish_reason: finish }], usage: null };
}

export function usage(prompt = 10, completion = 5): unknown {
  return { id: 'chatcmpl-1', model: 'm', choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } };
}

/** A short good answer, streamed or not as it was asked for. */
export const goodAnswer: Answer = (response, { body }) => {
  if (body?.stream === true) {
    events(response, [delta({ role: 'assistant', content: 'Hel' }), delta({ content: 'lo' }), delta({}, 'stop'), usage()]);
  } else {
    json(response, {
      id: 'chatcmpl-1',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 5 },
    });
  }
};

export function apiError(response: ServerResponse, status: number, code: string, message: string, headers: Record<string, string> = {}): void {
  json(response, { error: { message, type: code, param: null, code }, request_id: 'req-1' }, status, headers);
}
