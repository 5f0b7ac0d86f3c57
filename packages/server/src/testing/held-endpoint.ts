import { createServer } from 'node:http';
import { createStandin } from '@fieldkit/standin';

/** An endpoint that answers like the stand-in, but only when it is told to, and knows who went away. */
export interface HeldEndpoint {
  /** Ends in `/v1`. */
  readonly url: string;
  /** Requests that wait for `release`. */
  readonly held: number;
  /** Requests whose client went away before they were answered. */
  readonly cancelled: number;
  /** Answers what waits, and from now on everything at once. */
  release(): void;
  /** From now on requests wait again. */
  hold(): void;
  /** From now on requests are refused with this status; 0 ends that. */
  refuse(status: number): void;
  close(): Promise<void>;
}

export async function startHeldEndpoint(): Promise<HeldEndpoint> {
  const standin = createStandin();
  let open = false;
  let refusal = 0;
  let cancelled = 0;
  const waiting = new Set<() => void>();
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer); // a request without an encoding gives buffers
    if (refusal !== 0) {
      outgoing.writeHead(refusal, { 'content-type': 'application/json' }).end('{"error":{"message":"no","code":"no"}}');
      return;
    }
    if (!open && incoming.method === 'POST') {
      await new Promise<void>((resolve) => {
        const free = () => {
          waiting.delete(free);
          resolve();
        };
        waiting.add(free);
        outgoing.once('close', () => {
          if (waiting.has(free)) cancelled += 1;
          free();
        });
      });
    }
    if (outgoing.destroyed) return;
    const init = {
      method: incoming.method ?? 'GET',
      headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    };
    const body = parts.length === 0 ? {} : { body: Buffer.concat(parts) };
    const response = await standin.fetch(`http://standin${incoming.url}`, { ...init, ...body });
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    for await (const part of response.body ?? []) outgoing.write(part);
    outgoing.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get held() {
      return waiting.size;
    },
    get cancelled() {
      return cancelled;
    },
    release() {
      open = true;
      for (const free of [...waiting]) free();
    },
    hold() {
      open = false;
    },
    refuse(status) {
      refusal = status;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The configuration of a project over it. */
export function overEndpoint(url: string): Readonly<Record<string, unknown>> {
  return {
    endpoint: {
      profile: 'generic',
      baseUrl: url,
      apiKey: 'none',
      models: { chat: 'standin-extractive', fast: 'standin-extractive' },
    },
  };
}

/** Waits until `holds`, at most five seconds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 120_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`it never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
