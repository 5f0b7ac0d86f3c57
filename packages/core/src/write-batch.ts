export interface WriteBatch<T> {
  /** Written soon, in the order of the calls. */
  write(item: T): void;
  /** Resolves when all that was given so far is committed. @throws what `commit` threw, until something is committed again. */
  settled(): Promise<void>;
  /** Commits what waits, now. What went wrong with it is given back, and told by `settled`. */
  flush(): unknown;
}

/**
 * Puts writes together, so that many share one transaction: those of one turn of the event loop, and when the last commit is less than
 * `gapMs` ago, those until then. Whoever writes now and then does not wait; whoever writes all the time waits at most the gap.
 */
export function createWriteBatch<T>(commit: (items: readonly T[]) => void, { gapMs = 0 } = {}): WriteBatch<T> {
  let waiting: T[] = [];
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  let heard: { promise: Promise<void>; resolve: () => void } | undefined;
  let failure: unknown;
  let last = Number.NEGATIVE_INFINITY;
  const flush = (): unknown => {
    clearImmediate(turn);
    clearTimeout(timer);
    turn = undefined;
    timer = undefined;
    if (waiting.length === 0) return undefined;
    const items = waiting;
    waiting = [];
    try {
      commit(items);
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    last = performance.now();
    heard?.resolve();
    heard = undefined;
    return failure;
  };
  return {
    flush,
    write(item) {
      waiting.push(item);
      if (turn !== undefined || timer !== undefined) return;
      const wait = last + gapMs - performance.now();
      if (wait > 0) timer = setTimeout(flush, wait);
      else turn = setImmediate(flush);
    },
    async settled() {
      if (waiting.length > 0) {
        heard ??= Promise.withResolvers<void>();
        await heard.promise;
      }
      if (failure !== undefined) throw failure;
    },
  };
}
