import { FieldkitError } from '@fieldkit/core';

export interface EventStreamOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** A comment line is sent this often, from the start, so that no proxy takes the stream for dead. */
  readonly pingMs: number;
  /** Bytes that may wait for a slow client, besides what the socket holds. */
  readonly bufferBytes: number;
  /** A client that reads nothing for this long while its buffer is full is dropped. */
  readonly stallMs: number;
}

export interface EventStream {
  /** Aborts when the client is gone, or was dropped. */
  readonly signal: AbortSignal;
  /** `data:` of one event. Waits while the buffer is full. @throws {FieldkitError} `CANCELLED` when the client is gone. */
  send(data: string): Promise<void>;
}

const encoder = new TextEncoder();
const PING = encoder.encode(': ping\n\n');

/**
 * A response of server-sent events, written as they come: those of one turn of the event loop together. `produce` runs until its end; what it throws is for itself to tell, here it only ends
 * the stream.
 */
export function eventStream(
  { headers = {}, pingMs, bufferBytes, stallMs }: EventStreamOptions,
  produce: (stream: EventStream) => Promise<void>,
): Response {
  const gone = new AbortController();
  let wake: (() => void) | undefined;
  let open = true;
  /** Sent in this turn, not yet written. */
  let pending = '';
  let turn: NodeJS.Immediate | undefined;
  const end = () => {
    open = false;
    pending = '';
    clearImmediate(turn);
    clearInterval(pings);
    wake?.();
  };
  let pings: NodeJS.Timeout | undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        pings = setInterval(() => {
          if (open && (controller.desiredSize ?? 0) > 0) controller.enqueue(PING);
        }, pingMs);
        pings.unref();
        const drained = async () => {
          const stalled = setTimeout(() => drop('it did not read what was sent'), stallMs);
          while (open && (controller.desiredSize ?? 0) <= 0) {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
          clearTimeout(stalled);
        };
        const drop = (why: string) => {
          if (!open) return;
          end();
          const reason = new FieldkitError('CANCELLED', `the client was dropped: ${why}`);
          gone.abort(reason);
          controller.error(reason);
        };
        const flush = () => {
          clearImmediate(turn);
          turn = undefined;
          if (pending === '') return;
          const text = pending;
          pending = '';
          controller.enqueue(encoder.encode(text));
        };
        const send = async (data: string) => {
          if (open && (controller.desiredSize ?? 0) <= 0) await drained();
          if (!open) throw new FieldkitError('CANCELLED', 'the client is gone');
          pending += `data: ${data}\n\n`;
          if (pending.length >= bufferBytes) flush();
          else turn ??= setImmediate(flush);
        };
        produce({ signal: gone.signal, send })
          .catch(() => {})
          .finally(() => {
            if (!open) return;
            flush();
            end();
            controller.close();
          });
      },
      pull() {
        wake?.();
      },
      cancel() {
        end();
        gone.abort(new FieldkitError('CANCELLED', 'the client is gone'));
      },
    },
    { highWaterMark: bufferBytes, size: (part) => part.byteLength },
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      ...headers,
    },
  });
}
