import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createStandin, type StandinOptions } from '@fieldkit/standin';
import { onTestFinished } from 'vitest';

export interface RemoteEndpoint {
  /** Ends in `/v1`. */
  readonly url: string;
  /** Paths and bodies that it was asked with. */
  readonly requests: readonly { readonly path: string; readonly key: string; readonly body: Record<string, unknown> }[];
  close(): Promise<void>;
}

export interface RemoteOptions extends StandinOptions {
  readonly models: readonly string[];
  /** What this endpoint refuses though the stand-in does not; the message of a 400. */
  readonly refuses?: (path: string, body: Record<string, unknown>) => string | undefined;
  /** Changes what is answered. */
  readonly answers?: (path: string, text: string, body: Record<string, unknown>) => string;
}

/** An endpoint over HTTP that nobody takes for the stand-in, although it is one inside. */
export async function remoteEndpoint(options: RemoteOptions): Promise<RemoteEndpoint> {
  const { refuses, answers = (_, text) => text, ...rest } = options;
  const standin = createStandin(rest);
  const requests: RemoteEndpoint['requests'][number][] = [];
  const server = createServer(async (request, response) => {
    const path = request.url ?? '';
    let text = '';
    for await (const piece of request.setEncoding('utf8')) text += piece;
    const body = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    const key = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    requests.push({ path, key, body });
    const message = refuses?.(path, body);
    if (message !== undefined) {
      const error = { message, type: 'invalid_request_error', param: null, code: 'invalid_parameter_error' };
      response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ error, request_id: 'r' }));
      return;
    }
    const answer = await standin.fetch(`http://standin.invalid${path}`, {
      method: request.method ?? 'GET',
      headers: { authorization: `Bearer ${key}`, 'content-type': request.headers['content-type'] ?? '' },
      ...(text === '' ? {} : { body: text }),
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(answers(path, (await answer.text()).replaceAll(/fieldkit-standin|standin-/g, 'other-'), body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  onTestFinished(close);
  return { url: `http://127.0.0.1:${port}/v1`, requests, close };
}
