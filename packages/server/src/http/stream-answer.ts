import type { Log } from '../observe/logger.ts';
import type { ServerConfig } from '../server-config.ts';
import { type EventStream, eventStream } from './sse.ts';

export interface StreamAnswerOptions<T> {
  readonly events: AsyncGenerator<T, void, void>;
  /** Cancels what the events come from. */
  readonly stop: AbortController;
  readonly config: ServerConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly log: Log;
  readonly runId: string;
  /** Sends the events. */
  readonly write: (events: AsyncIterable<T>, out: EventStream) => Promise<void>;
  /** Tells the client of a failure in the middle. */
  readonly fail: (error: unknown, out: EventStream) => Promise<void>;
  /** Called once, whatever happens. */
  readonly onEnd?: () => void;
}

/** How long a start may take before the stream is opened without knowing that it went well. */
const START_MS = 250;

/**
 * Streams events as they come. What fails at the start is thrown, so that it becomes a plain HTTP error; what fails later is told in the stream.
 * A client that goes away cancels what the events come from.
 */
export async function streamAnswer<T>(options: StreamAnswerOptions<T>): Promise<Response> {
  const { events, stop, config, headers, log, runId, write, fail, onEnd } = options;
  const first = events.next();
  first.catch(() => {}); // awaited again below
  try {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, START_MS);
    });
    await Promise.race([first, late]).finally(() => clearTimeout(timer));
  } catch (error) {
    onEnd?.();
    throw error;
  }
  const { bufferBytes, stallSeconds } = config.limits;
  const limits = { pingMs: config.pingSeconds * 1000, bufferBytes, stallMs: stallSeconds * 1000 };
  return eventStream({ headers, ...limits }, async (out) => {
    out.signal.addEventListener('abort', () => stop.abort(out.signal.reason), { once: true });
    try {
      await write(resumed(first, events), out);
    } catch (error) {
      if (!out.signal.aborted) {
        log.error({ runId, reason: String(error) }, 'a stream ended early');
        await fail(error, out);
      }
    } finally {
      stop.abort();
      await events.return();
      onEnd?.();
    }
  });
}

async function* resumed<T>(
  first: Promise<IteratorResult<T, void>>,
  rest: AsyncGenerator<T, void, void>,
): AsyncGenerator<T, void, void> {
  for (let next = await first; next.done !== true; next = await rest.next()) yield next.value;
}

/** A controller that also stops when `signal` does. Abort it at the end: a listener left on a request's signal keeps the whole request in memory. */
export function stopWith(signal: AbortSignal): AbortController {
  const stop = new AbortController();
  if (signal.aborted) {
    stop.abort(signal.reason);
    return stop;
  }
  const follow = () => stop.abort(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  stop.signal.addEventListener('abort', () => signal.removeEventListener('abort', follow), { once: true });
  return stop;
}
