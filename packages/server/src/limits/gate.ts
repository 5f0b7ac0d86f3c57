import { type HttpFailure, tooMany, unavailable } from '../http/http-failure.ts';

/** Bounds how many answers are under way: some at a time, a few more wait shortly, the rest is refused at once. */
export interface Gate {
  /**
   * Says no before any work is done for a request that would not get a place.
   *
   * @throws {HttpFailure} 429 when the principal has too many under way, 503 when the server has.
   */
  check(who: Entrant): void;
  /** Whether whoever asks now would be refused, whoever it is. */
  readonly full: boolean;
  /**
   * Waits for a place.
   *
   * @returns gives the place back; may be called twice.
   * @throws {HttpFailure} as `check`, and 503 after waiting for too long.
   */
  enter(who: Entrant, signal: AbortSignal): Promise<() => void>;
  /** Refuses everybody from now on, those who wait included. */
  close(): void;
  readonly active: number;
  readonly waiting: number;
}

/** Who wants a place. */
export interface Entrant {
  readonly id: string;
  /** Places that this principal may have at a time. */
  readonly concurrent?: number | undefined;
}

export interface GateOptions {
  /** Places, asked anew each time. */
  readonly concurrent: () => number;
  readonly queue: number;
  readonly queueMs: number;
}

/** Answers that begin in one turn of the event loop: a burst must not hold up the refusals behind it. */
const STARTS_PER_TURN = 4;
const LOOK_MS = 20;
/** Places given back that say how soon the next one is. */
const KEPT_LEAVES = 8;

export function createGate({ concurrent, queue, queueMs }: GateOptions): Gate {
  let active = 0;
  let closed = false;
  let starts = 0;
  let turning = false;
  const own = new Map<string, number>();
  const left: number[] = [];
  const waiting: { admit: () => void; refuse: (failure: HttpFailure) => void }[] = [];

  const busy = () => unavailable('the server is busy; try again', 'server_busy', 1);
  const stopping = () => unavailable('the server is stopping; try again', 'server_stopping', 1);
  const isFree = () => active < concurrent() && starts < STARTS_PER_TURN;

  const admitWaiting = () => {
    while (waiting.length > 0 && isFree()) waiting.shift()?.admit();
  };

  // The number of places may grow while nobody leaves: who waits is looked after besides.
  let looking: NodeJS.Timeout | undefined;
  const lookAfterWaiting = () => {
    looking ??= setInterval(() => {
      admitWaiting();
      if (waiting.length > 0) return;
      clearInterval(looking);
      looking = undefined;
    }, LOOK_MS);
  };

  const countStart = () => {
    starts += 1;
    if (turning) return;
    turning = true;
    setImmediate(() => {
      starts = 0;
      turning = false;
      admitWaiting();
    });
  };

  const admit = (id: string): (() => void) => {
    active += 1;
    own.set(id, (own.get(id) ?? 0) + 1);
    countStart();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      active -= 1;
      left.push(performance.now());
      if (left.length > KEPT_LEAVES) left.shift();
      const others = (own.get(id) ?? 1) - 1;
      if (others === 0) own.delete(id);
      else own.set(id, others);
      admitWaiting();
    };
  };

  /** How many can wait with a chance of a place in time: to wait and be refused then is worse than to be refused at once. */
  const worthWaiting = () => {
    const [first] = left;
    if (active < concurrent() || first === undefined || left.length < KEPT_LEAVES) return queue;
    const everyMs = (performance.now() - first) / KEPT_LEAVES;
    return Math.min(queue, Math.max(1, Math.floor(queueMs / everyMs)));
  };

  const isFull = () => !closed && (waiting.length > 0 || !isFree()) && waiting.length >= worthWaiting();

  const check = ({ id, concurrent: most }: Entrant) => {
    if (closed) throw stopping();
    if (most !== undefined && (own.get(id) ?? 0) >= most) {
      throw tooMany(`this key has ${most} answers under way, its limit`, 'too_many_concurrent', 1);
    }
    if (isFull()) throw busy();
  };

  return {
    check,
    async enter(who, signal) {
      check(who);
      if (waiting.length === 0 && isFree()) return admit(who.id);
      return new Promise((resolve, reject) => {
        const leave = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          const at = waiting.indexOf(place);
          if (at !== -1) waiting.splice(at, 1);
        };
        const refuse = (failure: unknown) => {
          leave();
          reject(failure);
        };
        const place = {
          admit: () => {
            leave();
            resolve(admit(who.id));
          },
          refuse,
        };
        const abort = () => refuse(signal.reason);
        const timer = setTimeout(() => refuse(busy()), queueMs);
        signal.addEventListener('abort', abort, { once: true });
        waiting.push(place);
        lookAfterWaiting();
      });
    },
    close() {
      closed = true;
      for (const { refuse } of waiting.splice(0)) refuse(stopping());
    },
    get full() {
      return isFull();
    },
    get active() {
      return active;
    },
    get waiting() {
      return waiting.length;
    },
  };
}
