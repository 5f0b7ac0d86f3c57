import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Document, type ErrorCode, FieldkitError, toFieldkitError } from '@fieldkit/core';
import { DEFAULT_READ_LIMITS } from '../reader.ts';
import { residentBytes } from './memory-watch.ts';
import { KEPT_BETWEEN_FILES, type ParseReply, type ParseRequest } from './protocol.ts';

export interface PoolLimits {
  /** Milliseconds for one file. Default 20,000. */
  readonly timeoutMs: number;
  /** Resident memory of one parser process in MB, watched from outside. Default 500. */
  readonly memoryMb: number;
  /** Largest file in bytes. Default 200 MB. */
  readonly maxBytes: number;
  /** Most pages of one file. Default 3000. */
  readonly maxPages: number;
}

export const DEFAULT_POOL_LIMITS: PoolLimits = {
  timeoutMs: 20_000,
  memoryMb: 500,
  maxBytes: DEFAULT_READ_LIMITS.maxBytes,
  maxPages: DEFAULT_READ_LIMITS.maxPages,
};

export interface ParserPoolOptions {
  /** Parser processes at a time, 1 to 64. Default 2. */
  readonly processes?: number;
  readonly limits?: Partial<PoolLimits>;
}

export interface ParseFile {
  /** Absolute path. */
  readonly path: string;
  /** Project-relative path. */
  readonly uri: string;
  readonly tenant: string;
  readonly groups: readonly string[];
}

export interface ParserPool {
  /**
   * Parses a file in a child process; waits for a free one.
   *
   * @throws {FieldkitError} what `readDocument` throws, and `PARSE_TIMED_OUT`, `PARSE_OUT_OF_MEMORY`, `PARSE_CRASHED`, `CANCELLED`.
   */
  parse(file: ParseFile, options?: { readonly signal?: AbortSignal }): Promise<Document>;
  /** Ends all processes; files that are being parsed fail with `CANCELLED`. May be called twice. */
  close(): Promise<void>;
}

/** A process is replaced after so many files, or when it still holds much memory after giving back what it could: what a parser leaks ends with it. */
const FILES_PER_PROCESS = 100;
const WATCH_EVERY_MS = 50;
/**
 * A process uses one core: V8's helper threads take a second one for a third more speed, which a second process makes better use of
 * (two processes on two cores: 13.1 pages a second with them, 16.5 without). The young generation is bounded because memory is, and a
 * process collects its garbage itself between files.
 */
const ONE_CORE = ['--single-threaded', '--max-semi-space-size=16', '--expose-gc'];

/** Child processes that parse files within limits on time, memory, bytes and pages. Processes start with the first file. */
export function createParserPool({ processes = 2, limits: given = {} }: ParserPoolOptions = {}): ParserPool {
  if (!Number.isInteger(processes) || processes < 1 || processes > 64) {
    throw new FieldkitError('INVALID_OPTION', `processes must be a whole number from 1 to 64, not ${processes}`);
  }
  const limits = { ...DEFAULT_POOL_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!(Number.isFinite(value) && value > 0))
      throw new FieldkitError('INVALID_OPTION', `${name} must be above 0, not ${value}`);
  }
  const idle: Parser[] = [];
  const busy = new Set<Parser>();
  const waiting: (() => void)[] = [];
  let closed = false;

  const acquire = async (signal: AbortSignal | undefined, { fresh = false } = {}): Promise<Parser> => {
    while (busy.size >= processes) {
      await new Promise<void>((resolve, reject) => {
        const onAbort = () => {
          const index = waiting.indexOf(go);
          if (index >= 0) waiting.splice(index, 1);
          reject(cancelled());
        };
        const go = () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        };
        waiting.push(go);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    }
    if (closed || signal?.aborted === true) {
      waiting.shift()?.();
      throw cancelled();
    }
    const used = idle.pop();
    if (fresh) used?.end();
    const parser = fresh || used === undefined ? startParser(limits) : used;
    busy.add(parser);
    return parser;
  };
  const release = (parser: Parser) => {
    busy.delete(parser);
    if (closed || !parser.reusable()) parser.end();
    else idle.push(parser);
    waiting.shift()?.();
  };

  return {
    async parse(file, { signal } = {}) {
      const parser = await acquire(signal);
      const fresh = parser.fresh();
      const started = performance.now();
      let failure: unknown;
      try {
        return await parser.parse(file, limits.timeoutMs, signal);
      } catch (error) {
        failure = error;
      } finally {
        release(parser);
      }
      const leftMs = limits.timeoutMs - (performance.now() - started);
      if (fresh || codeOf(failure) !== 'PARSE_OUT_OF_MEMORY' || leftMs <= 0) throw failure;
      // Memory that earlier files left behind is no fault of this one: once more in a new process, within the same time.
      const another = await acquire(signal, { fresh: true });
      try {
        return await another.parse(file, leftMs, signal);
      } catch (error) {
        throw codeOf(error) === 'PARSE_TIMED_OUT' ? failure : error;
      } finally {
        release(another);
      }
    },
    async close() {
      closed = true;
      for (const parser of [...idle, ...busy]) parser.end();
      idle.length = 0;
      for (const go of waiting.splice(0)) go();
    },
  };
}

interface Parser {
  parse(file: ParseFile, timeoutMs: number, signal: AbortSignal | undefined): Promise<Document>;
  /** It has read no file yet. */
  fresh(): boolean;
  reusable(): boolean;
  end(): void;
}

function startParser(limits: PoolLimits): Parser {
  const child = forkParser(limits);
  let alive = true;
  let stderr = '';
  let files = 0;
  let keptBytes = 0;
  child.stderr?.on('data', (data: Buffer) => {
    stderr = (stderr + data.toString('utf8')).slice(-2000);
  });
  child.once('exit', () => {
    alive = false;
  });
  child.once('error', () => {
    alive = false;
  });
  const ready = new Promise<void>((resolve) => {
    child.once('message', () => resolve()); // the first message says that it is ready
  });
  const end = () => {
    alive = false;
    child.kill('SIGKILL');
  };

  return {
    end,
    fresh: () => files === 0,
    reusable: () =>
      alive && files < FILES_PER_PROCESS && keptBytes < limits.memoryMb * 1024 * 1024 * KEPT_BETWEEN_FILES,
    async parse({ path, uri, tenant, groups }, timeoutMs, signal) {
      files += 1;
      const { promise, resolve, reject } = Promise.withResolvers<ParseReply>();
      const stop = (error: FieldkitError) => {
        end();
        reject(error);
      };
      const onExit = (code: number | null, killedBy: NodeJS.Signals | null) => {
        const memory = /memory-limit|heap out of memory|allocation failed/i.test(stderr);
        if (memory) reject(outOfMemory(uri, limits));
        else {
          reject(
            new FieldkitError(
              'PARSE_CRASHED',
              `the parser ended while reading ${uri}: the file is likely damaged, export it again`,
              {
                details: { exitCode: code, signal: killedBy },
              },
            ),
          );
        }
      };
      const onAbort = () => stop(cancelled());
      const onMessage = (message: ParseReply) => {
        if (message.kind !== 'ready') resolve(message);
      };
      child.once('exit', onExit);
      child.on('message', onMessage);
      signal?.addEventListener('abort', onAbort, { once: true });
      const watch = setInterval(() => {
        const bytes = child.pid === undefined ? undefined : residentBytes(child.pid);
        if (bytes !== undefined && bytes > limits.memoryMb * 1024 * 1024) stop(outOfMemory(uri, limits));
      }, WATCH_EVERY_MS);
      let timer: NodeJS.Timeout | undefined;
      try {
        if (signal?.aborted === true) throw cancelled();
        if (!alive) throw new FieldkitError('PARSE_CRASHED', `the parser process could not be started for ${uri}`);
        await Promise.race([ready, promise]);
        timer = setTimeout(() => {
          stop(
            new FieldkitError(
              'PARSE_TIMED_OUT',
              `reading ${uri} took longer than ${limits.timeoutMs / 1000} s: split the file or raise the limit`,
              { details: { timeoutMs: limits.timeoutMs } },
            ),
          );
        }, timeoutMs);
        const { maxBytes, maxPages } = limits;
        const request: ParseRequest = {
          path,
          uri,
          tenant,
          groups,
          limits: { ...DEFAULT_READ_LIMITS, maxBytes, maxPages },
        };
        child.send(request, (error) => {
          if (error !== null)
            stop(new FieldkitError('PARSE_CRASHED', `the parser process is gone (${uri})`, { cause: error }));
        });
        const reply = await promise;
        if (reply.kind === 'document') {
          keptBytes = reply.keptBytes;
          return reply.document;
        }
        if (reply.kind === 'error') {
          keptBytes = reply.keptBytes;
          throw new FieldkitError(reply.code, reply.message, { details: reply.details });
        }
        throw new FieldkitError('INTERNAL', 'unexpected reply of a parser process');
      } finally {
        clearTimeout(timer);
        clearInterval(watch);
        promise.catch(() => undefined); // already thrown, or overtaken
        signal?.removeEventListener('abort', onAbort);
        child.removeListener('exit', onExit);
        child.removeListener('message', onMessage);
      }
    },
  };
}

function forkParser(limits: PoolLimits): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const entry = fileURLToPath(new URL(`./parser-process.${extension}`, import.meta.url));
  const source = extension === 'ts' ? ['--conditions=@fieldkit/source'] : [];
  const child = fork(entry, [String(limits.memoryMb)], {
    execArgv: [
      ...source,
      ...ONE_CORE,
      '--no-warnings',
      '--disable-warning=ExperimentalWarning',
      `--max-old-space-size=${Math.max(64, Math.round(limits.memoryMb))}`,
    ],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Nothing of our environment is a parser's business: no secret can leak into a message or a dump. Windows needs its own variables.
    ...(process.platform !== 'win32' && { env: {} }),
  });
  child.unref();
  child.channel?.unref();
  return child;
}

function codeOf(error: unknown): ErrorCode {
  return toFieldkitError(error).code;
}

function cancelled(): FieldkitError {
  return new FieldkitError('CANCELLED', 'parsing was cancelled');
}

function outOfMemory(uri: string, { memoryMb }: PoolLimits): FieldkitError {
  return new FieldkitError(
    'PARSE_OUT_OF_MEMORY',
    `reading ${uri} needs more than ${memoryMb} MB of memory: split the file or raise the limit`,
    {
      details: { memoryMb },
    },
  );
}
