/**
 * What comes in bursts, one by one: `more` puts values on the queue at each of its steps, until it ends. What it had put there before it threw
 * still comes before its error.
 *
 * Written by hand where a generator would do, because a generator's `yield` leaves 600 bytes of garbage and takes three turns of the microtask
 * queue for each value: with a thousand streams at once, V8 lets its heap grow to twice the size for that (`bench/models/memory.ts`).
 */
export function oneByOne<T>(queue: T[], more: AsyncGenerator<void>): AsyncIterableIterator<T> {
  let at = 0;
  let ended = false;
  let failure: { readonly error: unknown } | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  /** The next of the queue, or undefined when it is empty. */
  const take = (): IteratorYieldResult<T> | undefined => {
    if (at === queue.length) return undefined;
    const value = queue[at] as T; // there are more than `at`
    at += 1;
    if (at === queue.length) {
      queue.length = 0;
      at = 0;
    }
    return { value, done: false };
  };
  const pull = async (): Promise<IteratorResult<T>> => {
    for (;;) {
      const taken = take();
      if (taken !== undefined) return taken;
      if (failure !== undefined) {
        const { error } = failure;
        failure = undefined;
        throw error;
      }
      if (ended) return { value: undefined, done: true };
      try {
        ended = (await more.next()).done === true;
      } catch (error) {
        ended = true;
        failure = { error };
      }
    }
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const taken = take();
      if (taken !== undefined) return Promise.resolve(taken);
      // In turn, as somebody may ask for several at once.
      const pulled = turn.then(pull);
      turn = pulled.catch(() => undefined);
      return pulled;
    },
    async return() {
      ended = true;
      queue.length = 0;
      at = 0;
      await more.return(undefined);
      return { value: undefined, done: true };
    },
  };
}
