/** A stream of values that are pushed. Written by hand where a generator would do: see `createPushQueue`. */
export interface PushQueue<T> extends AsyncIterableIterator<T> {
  push(value: T): void;
  /** No more come. What was pushed before still comes, and then the error, if there is one. */
  end(failure?: { readonly error: unknown }): void;
  /** When many values wait for the reader: settles when they are gone, or the reader is. */
  room(): Promise<void> | undefined;
  /** Whether the reader has gone. */
  left(): boolean;
}

export interface PushQueueOptions {
  /** Called when the first value is asked for. */
  readonly onStart: () => void;
  /** Called when the reader goes before the end; it is let go when this settles. */
  readonly onLeave: () => Promise<unknown>;
}

/** So many values may wait before `room` asks to wait. */
const MOST_WAITING = 200;

/**
 * Hands over what is pushed, one by one. A generator's `yield` leaves 600 bytes of garbage for each value, and each generator that a value passes
 * through as much again: with a thousand streams at once V8 lets its heap grow to twice the size for that (`bench/models/memory.ts`).
 */
export function createPushQueue<T>({ onStart, onLeave }: PushQueueOptions): PushQueue<T> {
  interface Reader {
    resolve(result: IteratorResult<T>): void;
    reject(error: unknown): void;
  }
  const values: T[] = [];
  let at = 0;
  const readers: Reader[] = [];
  let started = false;
  let left = false;
  let ended: { failure?: { readonly error: unknown } | undefined } | undefined;
  let emptied: (() => void) | undefined;

  const empty = () => {
    values.length = 0;
    at = 0;
    emptied?.();
    emptied = undefined;
  };
  /** For whoever asks after the last value: the error once, then the end. */
  const last = (): Promise<IteratorResult<T>> => {
    const failure = ended?.failure;
    ended = {};
    return failure === undefined ? Promise.resolve({ value: undefined, done: true }) : Promise.reject(failure.error);
  };
  return {
    push(value) {
      if (left) return;
      const reader = readers.shift();
      if (reader === undefined) values.push(value);
      else reader.resolve({ value, done: false });
    },
    end(failure) {
      ended ??= { failure };
      for (const { resolve, reject } of readers.splice(0)) last().then(resolve, reject);
    },
    room() {
      if (values.length - at < MOST_WAITING) return undefined;
      return new Promise((resolve) => {
        emptied = resolve;
      });
    },
    left: () => left,
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (!started) {
        started = true;
        onStart();
      }
      if (at < values.length) {
        const value = values[at] as T; // there are more than `at`
        at += 1;
        if (at === values.length) empty();
        return Promise.resolve({ value, done: false });
      }
      if (ended !== undefined) return last();
      return new Promise((resolve, reject) => {
        readers.push({ resolve, reject });
      });
    },
    async return() {
      left = true;
      empty();
      if (started && ended === undefined) await onLeave();
      ended = {};
      for (const { resolve } of readers.splice(0)) resolve({ value: undefined, done: true });
      return { value: undefined, done: true };
    },
  };
}
