import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { FieldkitError } from '@fieldkit/core';

/**
 * Keeps a second writer away from a project. The lock is an exclusive transaction on a small database, so that the operating system
 * frees it when the process dies, however it dies.
 *
 * @throws {FieldkitError} `STORE_LOCKED` when another process holds it.
 */
export function lockProject(path: string, doing: string): { release(): void } {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new FieldkitError(
      'STORE_LOCKED',
      `another fieldkit command is writing to this project; wait for it to end, then ${doing} again`,
      { cause },
    );
  }
  return {
    release() {
      if (database.isOpen) database.close();
    },
  };
}
