import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { FieldkitError } from '@fieldkit/core';
import { z } from 'zod';

export interface Service {
  /** Where it listens: an origin, with the path it announced. */
  readonly url: string;
  /** Ends the process; may be called twice. */
  close(): Promise<void>;
}

export interface StartServiceOptions {
  /** For error messages. */
  readonly name: string;
  /** Absolute path of the script. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Until the ready line. Default 20,000 ms. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const readySchema = z.object({ ready: z.literal(true), url: z.url() });

/**
 * Starts a child process that prints one JSON line `{"ready":true,"url":…}` and ends when its standard input ends, so that nothing is
 * left running even when this process is killed.
 *
 * @throws {FieldkitError} `SERVICE_START_FAILED` with the end of what it printed, `CANCELLED`.
 */
export async function startService(options: StartServiceOptions): Promise<Service> {
  const { name, script, args = [], cwd, env, timeoutMs = 20_000, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    cwd,
    env: env === undefined ? undefined : { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  child.stdin.on('error', () => {}); // it may end before we close its input
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    child.ref(); // its end is waited for
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    await exited;
    clearTimeout(timer);
  };
  const lines = createInterface({ input: child.stdout });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      const fail = (why: string, cause?: unknown) =>
        reject(
          new FieldkitError(
            'SERVICE_START_FAILED',
            `${name} did not start: ${why}${errors === '' ? '' : `\n${errors.trim()}`}`,
            { cause },
          ),
        );
      const timer = setTimeout(() => fail(`it was not ready after ${timeoutMs} ms`), timeoutMs);
      const abort = () => reject(signal?.reason);
      signal?.addEventListener('abort', abort, { once: true });
      child.once('error', (error) => fail(error.message, error));
      child.once('exit', (code) => fail(`it ended with code ${code}`));
      lines.once('line', (line) => {
        const ready = readySchema.safeParse(parseJson(line));
        if (ready.success) resolve(ready.data.url);
        else fail(`its first line should be {"ready":true,"url":"…"}, not ${JSON.stringify(line.slice(0, 120))}`);
      });
      Promise.race([exited]).finally(() => clearTimeout(timer));
      lines.once('line', () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      });
    });
    child.unref();
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
