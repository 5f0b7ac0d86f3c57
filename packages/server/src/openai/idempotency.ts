import { answerSchema, callerKey, sha256 } from '@fieldkit/core';
import { z } from 'zod';
import type { Principal } from '../auth/principal.ts';
import { badRequest, HttpFailure } from '../http/http-failure.ts';
import type { ServerStore } from '../store/server-store.ts';

const keptSchema = z.object({ answer: answerSchema, at: z.string() });
/** An answer that is given again for the same key. */
export type KeptCompletion = z.infer<typeof keptSchema>;

/** Makes a request with an idempotency key count once. */
export interface Idempotency {
  /**
   * What was answered before, or undefined for the first request of its key.
   *
   * @throws {HttpFailure} 400 for a key that is none, 409 while the first request is under way, 422 for another body.
   */
  begin(): KeptCompletion | undefined;
  /** Keeps the answer; call `end` in any case. */
  keep(answer: KeptCompletion): void;
  end(): void;
}

const NONE: Idempotency = { begin: () => undefined, keep: () => {}, end: () => {} };

export interface IdempotencyOptions {
  readonly store: ServerStore;
  readonly hours: number;
  readonly now: () => Date;
}

/** Keys count per principal and caller: nobody gets the answer of another. */
export function createIdempotency({ store, hours, now }: IdempotencyOptions) {
  const underWay = new Set<string>();
  return (header: string | null, principal: Principal, body: unknown): Idempotency => {
    if (header === null) return NONE;
    if (!/^[\x21-\x7e]{1,255}$/.test(header)) {
      throw badRequest('an idempotency key has 1 to 255 visible ASCII characters', 'idempotency-key');
    }
    const key = sha256(JSON.stringify([principal.id, callerKey(principal.caller), header]));
    const bodyHash = sha256(JSON.stringify(body));
    let mine = false;
    return {
      begin() {
        const kept = store.kept(key, now());
        if (kept !== undefined) {
          if (kept.bodyHash === bodyHash) return keptSchema.parse(kept.value);
          throw new HttpFailure({
            status: 422,
            type: 'invalid_request_error',
            code: 'idempotency_key_reused',
            message: 'this idempotency key was used with another request',
          });
        }
        if (underWay.has(key)) {
          throw new HttpFailure({
            status: 409,
            type: 'invalid_request_error',
            code: 'idempotency_key_in_use',
            message: 'the first request with this idempotency key is still under way',
            headers: { 'retry-after': '1' },
          });
        }
        underWay.add(key);
        mine = true;
        return undefined;
      },
      keep(answer) {
        store.keep(key, { bodyHash, value: answer }, new Date(now().getTime() + hours * 3_600_000));
      },
      end() {
        if (mine) underWay.delete(key);
      },
    };
  };
}
