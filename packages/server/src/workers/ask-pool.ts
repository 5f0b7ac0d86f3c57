import type { ChildProcess } from 'node:child_process';
import type { AgentEvent } from '@fieldkit/agent';
import { type ErrorCode, errorCodes, FieldkitError } from '@fieldkit/core';
import type { Project } from '@fieldkit/project';
import type { FromWorker, Told, ToWorker } from './messages.ts';

/** Questions answered by several processes, so that the one that listens always has time to. */
export interface AskPool {
  readonly ask: Project['ask'];
  /** Worst of the last lags of the processes, in ms. */
  lagMs(): number;
  /** How many processes are ready. */
  readonly ready: number;
  /** Resolves when every process is ready. @throws {FieldkitError} `SERVICE_START_FAILED` when one ended before it was. */
  started(): Promise<void>;
  close(): Promise<void>;
}

export interface AskPoolOptions {
  readonly size: number;
  /** Starts a process that calls `answerForServer` and ends when its channel is closed. */
  readonly start: () => ChildProcess;
  /** Whether the inputs and outputs of a run's steps are wanted. Default false. */
  readonly content?: boolean;
  readonly onExit?: (code: number | null) => void;
}

/** A lag that old says nothing of now. */
const LAG_KEPT_MS = 200;
/** A process that ends is started again after this, and later each time it ends without having been ready. */
const RESTART_MS = 200;
const LONGEST_RESTART_MS = 10_000;
/** How long a process may take to end by itself. */
const END_MS = 7_000;

interface Worker {
  readonly process: ChildProcess;
  readonly asks: Map<number, (told: Told) => void>;
  ready: boolean;
  lag: { readonly ms: number; readonly at: number };
}

export function createAskPool({ size, start, content = false, onExit }: AskPoolOptions): AskPool {
  const workers = new Set<Worker>();
  const timers = new Set<NodeJS.Timeout>();
  let ids = 0;
  let failures = 0;
  let closed = false;
  const first = Promise.withResolvers<void>();
  first.promise.catch(() => {}); // nobody may be waiting for it

  const launch = () => {
    const worker: Worker = { process: start(), asks: new Map(), ready: false, lag: { ms: 0, at: 0 } };
    workers.add(worker);
    worker.process.on('message', (message) => hear(worker, message as FromWorker)); // sent by `answerForServer`
    worker.process.once('exit', (code) => {
      workers.delete(worker);
      const lost = { code: 'INTERNAL', message: 'the process that answered ended on the way', retryable: true };
      for (const [id, tell] of worker.asks) tell({ id, failed: lost });
      if (closed) return;
      onExit?.(code);
      failures = worker.ready ? 0 : failures + 1;
      if (!worker.ready) {
        first.reject(
          new FieldkitError(
            'SERVICE_START_FAILED',
            `a process that answers ended with code ${code} before it was ready`,
          ),
        );
      }
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          launch();
        },
        Math.min(LONGEST_RESTART_MS, RESTART_MS * 2 ** failures),
      );
      timers.add(timer);
    });
  };

  const hear = (worker: Worker, message: FromWorker) => {
    if (message.type === 'told') for (const told of message.told) worker.asks.get(told.id)?.(told);
    if (message.type === 'lag') worker.lag = { ms: message.ms, at: performance.now() };
    if (message.type !== 'ready') return;
    worker.ready = true;
    if ([...workers].filter(({ ready }) => ready).length === size) first.resolve();
  };

  const idlest = (): Worker => {
    const able = [...workers].filter(({ ready, process }) => ready && process.connected);
    const [best] = able.sort((a, b) => a.asks.size - b.asks.size);
    if (best !== undefined) return best;
    throw new FieldkitError('INTERNAL', 'no process that answers is ready; try again', { retryable: true });
  };

  async function* ask(...[question, options = {}]: Parameters<Project['ask']>): AsyncGenerator<AgentEvent, void, void> {
    const { signal, ...rest } = options;
    const worker = idlest();
    ids += 1;
    const id = ids;
    const waiting: Told[] = [];
    let wake: (() => void) | undefined;
    const send = (message: ToWorker) => {
      if (worker.process.connected) worker.process.send(message, () => {}); // its end is told by 'exit'
    };
    worker.asks.set(id, (told) => {
      waiting.push(told);
      wake?.();
    });
    const cancel = () => send({ type: 'cancel', id });
    signal?.addEventListener('abort', cancel, { once: true });
    let over = false;
    try {
      send({ type: 'ask', id, question, options: rest, content });
      if (signal?.aborted === true) cancel();
      for (;;) {
        const told = waiting.shift();
        if (told === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if ('event' in told) yield told.event;
        else {
          over = true;
          if ('end' in told) return;
          throw failureOf(told.failed);
        }
      }
    } finally {
      signal?.removeEventListener('abort', cancel);
      worker.asks.delete(id);
      if (!over) cancel();
    }
  }

  for (let index = 0; index < size; index += 1) launch();
  return {
    ask,
    lagMs: () => {
      const now = performance.now();
      return Math.max(0, ...[...workers].map(({ lag }) => (now - lag.at < LAG_KEPT_MS ? lag.ms : 0)));
    },
    get ready() {
      return [...workers].filter(({ ready }) => ready).length;
    },
    started: () => first.promise,
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all([...workers].map(({ process }) => endOf(process)));
    },
  };
}

/** Closing its channel ends it; what does not end is killed. */
function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    if (child.connected) child.disconnect();
  });
}

function failureOf({ code, message, retryable }: Extract<Told, { failed: unknown }>['failed']): FieldkitError {
  const known = (errorCodes as readonly string[]).includes(code);
  return new FieldkitError(known ? (code as ErrorCode) : 'INTERNAL', message, { retryable }); // just looked up
}
