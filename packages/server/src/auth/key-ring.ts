import { statSync } from 'node:fs';
import { sha256 } from '@fieldkit/core';
import type { KeyLimits } from '../server-config.ts';
import { readKeys, type StoredKey } from './key-file.ts';
import type { Principal } from './principal.ts';

/** The keys of a file, kept up to date. */
export interface KeyRing {
  /** Whether any key was ever made: then nobody comes in without one, even when all are revoked. */
  readonly used: boolean;
  /** Who a key speaks for; the reason when it is none, or no longer. */
  find(key: string): Principal | 'unknown' | 'expired' | 'revoked';
}

export interface KeyRingOptions {
  readonly path: string;
  /** Of keys without limits of their own. */
  readonly limits: KeyLimits;
  readonly now?: () => number;
  /** Told when the file can no longer be understood; the keys known before stay in force. */
  readonly onError?: (error: unknown) => void;
}

/** @throws {FieldkitError} `INVALID_CONFIG` when the file cannot be understood at the start. */
export function createKeyRing({ path, limits, now = Date.now, onError }: KeyRingOptions): KeyRing {
  let stamp = stampOf(path);
  let keys = byHash(readKeys(path));
  let used = keys.size > 0;

  // Looking at the file costs some microseconds: a key that was made or revoked counts at once.
  const refresh = () => {
    const current = stampOf(path);
    if (current === stamp) return;
    try {
      keys = byHash(readKeys(path));
      stamp = current;
      used ||= keys.size > 0;
    } catch (error) {
      onError?.(error);
    }
  };

  return {
    get used() {
      refresh();
      return used;
    },
    find(key) {
      refresh();
      // The hash of 256 random bits cannot be approached by timing: a plain lookup is safe.
      const stored = keys.get(sha256(key));
      if (stored === undefined) return 'unknown';
      if (stored.revokedAt !== undefined) return 'revoked';
      if (stored.expiresAt !== undefined && Date.parse(stored.expiresAt) <= now()) return 'expired';
      const { id, tenant, groups, role } = stored;
      return {
        id,
        caller: { tenant, subject: `key:${id}`, groups },
        role,
        limits: { ...limits, ...stored.limits },
      };
    },
  };
}

function byHash(keys: readonly StoredKey[]): ReadonlyMap<string, StoredKey> {
  return new Map(keys.map((key) => [key.hash, key]));
}

function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
}
