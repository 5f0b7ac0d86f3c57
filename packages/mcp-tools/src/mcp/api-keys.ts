import { createHash, timingSafeEqual } from 'node:crypto';
import { type Caller, callerSchema, FieldkitError, sha256 } from '@fieldkit/core';

/** A bearer key, known by its hash only, and who it speaks for. */
export interface ApiKey {
  /** `hashApiKey(key)`: SHA-256, 64 hexadecimal digits. */
  readonly hash: string;
  readonly caller: Caller;
}

/** What is stored of a bearer key. Keys are random and long, so a plain SHA-256 is enough: there is nothing to guess. */
export function hashApiKey(key: string): string {
  return sha256(key);
}

/**
 * Returns who an `Authorization` header speaks for; undefined when it names no known key. Takes the same time for every key.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a hash or a caller that is none.
 */
export function createKeyCheck(keys: readonly ApiKey[]): (authorization: string | null) => Caller | undefined {
  const known = keys.map(({ hash, caller }) => {
    if (!/^[0-9a-f]{64}$/.test(hash) || !callerSchema.safeParse(caller).success) {
      throw new FieldkitError(
        'INVALID_CONFIG',
        'a tool server key needs { hash: 64 hexadecimal digits, caller: { tenant, subject, groups } }',
      );
    }
    return { hash: Buffer.from(hash, 'hex'), caller };
  });
  return (authorization) => {
    const [, token = ''] = /^Bearer +([\x21-\x7e]{1,512})$/i.exec(authorization ?? '') ?? [];
    const presented = createHash('sha256').update(token).digest();
    let found: Caller | undefined;
    for (const { hash, caller } of known) if (timingSafeEqual(hash, presented)) found = caller;
    return token === '' ? undefined : found;
  };
}
