import { type HttpFailure, tooMany, unavailable } from '../http/http-failure.ts';

/** Bounds how many answers are under way: some at a time, a few more wait shortly, the rest is refused at once. */
export interface Gate {
  /**
   * Waits for a place.
   *
   * @returns gives the place back; may be called twice.
   * @throws {HttpFailure} 429 when the principal has too many under way, 503 when the server has.
   */
  enter(principal: { readonly id: string; readonly concurrent?: number }, signal: AbortSignal): Promise<() => void>;
  /** Refuses everybody from now on, those who wait included. */
  close(): void;
  readonly active: number;
  readonly waiting: number;
}

export interface GateOptions {
  readonly concurrent: number;
  readonly queue: number;
  readonly queueMs: number;
  /** Whether the process is too busy to take more; asked only when several answers are under way. */
  readonly overloaded?: () => boolean;
}

/** With fewer answers under way a busy process is not busy with answers. */
const ALWAYS_ADMITTED = 8;

export function createGate({ concurrent, queue, queueMs, overloaded = () => false }: GateOptions): Gate {
  let active = 0;
  let closed = false;
  const own = new Map<string, number>();
  const waiting: { admit: () => void; refuse: (failure: HttpFailure) => void }[] = [];

  const busy = () => unavailable('the server is busy; try again', 'server_busy', 1);
  const stopping = () => unavailable('the server is stopping; try again', 'server_stopping', 1);

  const admit = (id: string): (() => void) => {
    active += 1;
    own.set(id, (own.get(id) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      active -= 1;
      const left = (own.get(id) ?? 1) - 1;
      if (left === 0) own.delete(id);
      else own.set(id, left);
      waiting.shift()?.admit();
    };
  };

  return {
    async enter({ id, concurrent: most }, signal) {
      if (closed) throw stopping();
      if (most !== undefined && (own.get(id) ?? 0) >= most) {
        throw tooMany(`this key has ${most} answers under way, its limit`, 'too_many_concurrent', 1);
      }
      if (active >= ALWAYS_ADMITTED && overloaded()) throw busy();
      if (active < concurrent) return admit(id);
      if (waiting.length >= queue) throw busy();
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
            resolve(admit(id));
          },
          refuse,
        };
        const abort = () => refuse(signal.reason);
        const timer = setTimeout(() => refuse(busy()), queueMs);
        signal.addEventListener('abort', abort, { once: true });
        waiting.push(place);
      });
    },
    close() {
      closed = true;
      for (const { refuse } of waiting.splice(0)) refuse(stopping());
    },
    get active() {
      return active;
    },
    get waiting() {
      return waiting.length;
    },
  };
}
