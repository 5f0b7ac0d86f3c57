import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { FieldkitError, sha256, toFieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import { keyLimitsSchema } from '../server-config.ts';

/** Beside `fieldkit.config.ts`. Holds hashes only; deleting it never opens the server to the network. */
export const KEY_FILE = 'keys.json';

export const storedKeySchema = z.strictObject({
  /** Names the key in lists, logs and audit; not secret. */
  id: z.string().regex(/^[a-z0-9]{10}$/),
  /** SHA-256 of the whole key, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Who it was made for. */
  name: z.string().min(1).max(100),
  tenant: z.string().min(1),
  groups: z.array(z.string().min(1)),
  role: z.enum(['user', 'operator']),
  /** ISO 8601. */
  createdAt: z.string(),
  expiresAt: z.string().optional(),
  revokedAt: z.string().optional(),
  limits: keyLimitsSchema.optional(),
});
/** What is known of a key: everything but the key. */
export type StoredKey = Readonly<z.infer<typeof storedKeySchema>>;

const keyFileSchema = z.strictObject({ version: z.literal(1), keys: z.array(storedKeySchema) });

export interface NewKeyOptions {
  readonly name: string;
  readonly tenant: string;
  readonly groups?: readonly string[];
  /** Default `user`. */
  readonly role?: 'user' | 'operator';
  readonly expiresAt?: Date;
  readonly limits?: StoredKey['limits'];
  readonly now?: Date;
}

/**
 * The keys of a file, in order of creation; none when there is no file.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when the file cannot be understood: nobody is let in by guessing.
 */
export function readKeys(path: string): StoredKey[] {
  if (!existsSync(path)) return [];
  try {
    return keyFileSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).keys;
  } catch (cause) {
    throw new FieldkitError('INVALID_CONFIG', `cannot understand ${path}; restore it, or make new keys`, { cause });
  }
}

/**
 * Makes a key of 256 random bits and stores its hash.
 *
 * @returns the key itself, which is shown once and stored nowhere, and what is stored.
 * @throws {FieldkitError} `INVALID_OPTION` for an expiry in the past, `STORE_LOCKED` while another process writes.
 */
export function newKey(path: string, options: NewKeyOptions): { readonly key: string; readonly stored: StoredKey } {
  const { name, tenant, groups = [], role = 'user', expiresAt, limits, now = new Date() } = options;
  if (expiresAt !== undefined && !(expiresAt > now)) {
    throw new FieldkitError('INVALID_OPTION', 'a key cannot expire in the past');
  }
  const id = randomBytes(8).toString('hex').slice(0, 10);
  const key = `fk-${id}-${randomBytes(32).toString('base64url')}`;
  const stored = storedKeySchema.safeParse({
    id,
    hash: sha256(key),
    name,
    tenant,
    groups: [...new Set(groups)],
    role,
    createdAt: now.toISOString(),
    ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
    ...(limits === undefined ? {} : { limits }),
  });
  if (!stored.success) {
    const issue = stored.error.issues[0];
    throw new FieldkitError('INVALID_OPTION', `${issue?.path.join('.')}: ${issue?.message}`, { cause: stored.error });
  }
  change(path, (keys) => [...keys, stored.data]);
  return { key, stored: stored.data };
}

/**
 * Revokes a key by its id, or by its name when only one has it. A running server refuses it at once.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when no key, or more than one, is meant.
 */
export function revokeKey(path: string, idOrName: string, now = new Date()): StoredKey {
  let revoked: StoredKey | undefined;
  change(path, (keys) => {
    const meant = keys.filter(
      ({ id, name, revokedAt }) => id === idOrName || (name === idOrName && revokedAt === undefined),
    );
    if (meant.length !== 1) {
      throw new FieldkitError(
        'INVALID_OPTION',
        meant.length === 0
          ? `there is no key "${idOrName}"; see \`fieldkit keys list\``
          : `${meant.length} keys are named "${idOrName}"; give the id: ${meant.map(({ id }) => id).join(', ')}`,
      );
    }
    return keys.map((key) => {
      if (key.id !== meant[0]?.id) return key;
      revoked = { ...key, revokedAt: key.revokedAt ?? now.toISOString() };
      return revoked;
    });
  });
  if (revoked === undefined) throw new FieldkitError('INTERNAL', 'the key was not revoked');
  return revoked;
}

/** A writer that died leaves its lock; after this long it is taken over. */
const LOCK_MS = 10_000;

function change(path: string, update: (keys: StoredKey[]) => StoredKey[]): void {
  const lock = `${path}.lock`;
  const waiting = `${path}.new`;
  if (existsSync(lock) && Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > LOCK_MS)
    rmSync(lock);
  try {
    closeSync(openSync(lock, 'wx'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new FieldkitError('STORE_LOCKED', `another process changes ${path}; try again`, { cause: error });
    }
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot write ${path}`);
  }
  try {
    const keys = update(readKeys(path));
    writeFileSync(waiting, `${JSON.stringify({ version: 1, keys }, null, 2)}\n`, { mode: 0o600, flush: true });
    renameSync(waiting, path);
  } finally {
    rmSync(waiting, { force: true });
    rmSync(lock, { force: true });
  }
}
