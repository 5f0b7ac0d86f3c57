import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { FieldkitError } from '@fieldkit/core';
import { columnType, type Database } from './database.ts';

export interface SqliteDatabaseOptions {
  /** Path of the file. It is opened for reading only. */
  readonly path: string;
}

interface Waiting {
  readonly done: (rows: Readonly<Record<string, unknown>>[]) => void;
  readonly fail: (error: Error) => void;
}

/** In `dist` the files end in `.js`. */
const ENTRY = new URL(`./sqlite-process${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

/**
 * A SQLite file, read-only, in a child process of its own that is ended when a statement takes too long.
 *
 * @throws {FieldkitError} `FILE_NOT_FOUND`.
 */
export function createSqliteDatabase({ path }: SqliteDatabaseOptions): Database {
  if (!existsSync(path)) throw new FieldkitError('FILE_NOT_FOUND', `there is no database file ${path}`);
  const waiting = new Map<number, Waiting>();
  let child: ChildProcess | undefined;
  let count = 0;
  let closed = false;

  const end = (reason: FieldkitError) => {
    child?.kill('SIGKILL');
    child = undefined;
    for (const { fail } of waiting.values()) fail(reason);
    waiting.clear();
  };
  const running = (): ChildProcess => {
    if (child !== undefined) return child;
    const started = fork(fileURLToPath(ENTRY), [path], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    started.on('message', (answer: { id: number; rows?: Readonly<Record<string, unknown>>[]; error?: string }) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.rows !== undefined) asked?.done(answer.rows);
      else asked?.fail(new FieldkitError('TOOL_FAILED', `the database refused the statement: ${answer.error}`));
    });
    started.once('exit', () => {
      if (child === started) end(new FieldkitError('TOOL_UNAVAILABLE', 'the process that reads the database ended'));
    });
    started.unref();
    started.channel?.unref();
    child = started;
    return started;
  };

  const query: Database['query'] = (sql, parameters, { maxRows, timeoutMs, signal }) => {
    signal?.throwIfAborted();
    if (closed) return Promise.reject(new FieldkitError('TOOL_UNAVAILABLE', 'the database was closed'));
    const { promise, resolve, reject } = Promise.withResolvers<readonly Readonly<Record<string, unknown>>[]>();
    count += 1;
    const id = count;
    waiting.set(id, { done: resolve, fail: reject });
    const timer = setTimeout(
      () => end(new FieldkitError('TIMED_OUT', `the database did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const cancel = () => end(new FieldkitError('CANCELLED', 'the query was cancelled'));
    signal?.addEventListener('abort', cancel, { once: true });
    const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    running().send({ id, sql: sql.replace(/\$(\d+)/g, '?$1'), parameters: values, maxRows });
    return promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    });
  };

  return {
    dialect: 'sqlite',
    query,
    async columns(view) {
      const rows = await query('SELECT name, type FROM pragma_table_info($1)', [view], {
        maxRows: 500,
        timeoutMs: 5000,
      });
      return rows.map(({ name, type }) => ({ name: String(name), type: columnType(String(type)) }));
    },
    async close() {
      closed = true;
      end(new FieldkitError('CANCELLED', 'the database was closed'));
    },
  };
}
