import { fork } from 'node:child_process';
import { availableParallelism, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { needsDevServer, type Project, RUNNING_STANDIN } from '@fieldkit/project';
import { type AskPool, answerForServer, createAskPool, type FromWorker, type ToWorker } from '@fieldkit/server';
import type { CommandContext, ExitCode } from './command.ts';
import { withProjectAt } from './with-project.ts';

/** Set in the processes that answer for another `fieldkit serve`. */
const WORKER = 'FIELDKIT_SERVE_WORKER';
/** More are worth their memory only when somebody says so. */
const USUAL_MOST = 2;
const MOST = 64;
/** Nicer than the process that listens, so that a refusal does not wait for a processor while answers are made. */
const NICENESS = 5;

/** How many processes answer. @throws {FieldkitError} `INVALID_OPTION`. */
export function workersOf(text: string | undefined, project: Project, context: CommandContext): number {
  // A tool's test server that each process started for itself would be several systems with their own records.
  if (text === undefined) {
    return needsDevServer(project.config, context.environment) ? 1 : Math.min(USUAL_MOST, availableParallelism());
  }
  const count = Number(text);
  if (/^\d{1,3}$/.test(text) && count >= 1 && count <= MOST) return count;
  throw new FieldkitError('INVALID_OPTION', `--workers must be a whole number from 1 to ${MOST}, not "${text}"`);
}

export interface StartWorkersOptions {
  readonly project: Project;
  readonly root: string;
  readonly size: number;
  /** Whether traces carry what was said. */
  readonly content: boolean;
}

/** Starts the processes that answer and waits until they can. They end with this one, however it ends. */
export async function startWorkers(options: StartWorkersOptions, context: CommandContext): Promise<AskPool> {
  const { project, root, size, content } = options;
  const { baseUrl, standin } = await project.endpoint();
  const env = {
    ...context.environment,
    [WORKER]: '1',
    ...(standin ? { [RUNNING_STANDIN]: baseUrl } : {}),
  };
  const pool = createAskPool({
    size,
    content,
    start: () => {
      const child = fork(join(context.home, 'bin', 'fieldkit.mjs'), ['serve', '--project', root], {
        cwd: context.cwd,
        env,
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      });
      yieldTo(child.pid);
      return child;
    },
    onExit: (code) => context.terminal.notice(`a process that answers ended with code ${code}; another one is started`),
  });
  try {
    await pool.started();
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Where priorities cannot be set, everything works as well, refusals a little later. */
function yieldTo(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, Math.min(19, getPriority() + NICENESS));
  } catch {
    // not allowed here, or it has ended: its end is told elsewhere
  }
}

/** Whether this process was started to answer for another one. */
export function isWorker({ environment }: CommandContext): boolean {
  return environment[WORKER] === '1' && process.send !== undefined;
}

/** Answers until the channel is closed; Ctrl-C is for the process that listens, which lets answers under way finish. */
export async function runWorker(root: string, context: CommandContext): Promise<ExitCode> {
  const stop = new AbortController();
  process.once('disconnect', () => stop.abort());
  if (!process.connected) stop.abort(); // it ended while this one was loading
  return withProjectAt<ExitCode>(root, { ...context, signal: stop.signal }, async (project) => {
    await project.agent(); // loaded before the first question comes
    const channel = {
      // whoever listened may have ended just now: then nobody is left to be told, and the channel's end stops this process
      send: (message: FromWorker) => void (process.connected && process.send?.(message, () => {})),
      onMessage: (listener: (message: ToWorker) => void) =>
        void process.on('message', (message) => listener(message as ToWorker)), // sent by the pool
    };
    await answerForServer(project, channel, stop.signal);
    return 0;
  });
}
