import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { consoleFolder } from '@fieldkit/console';
import { errorRecord, FieldkitError } from '@fieldkit/core';
import { findProject, type Project } from '@fieldkit/project';
import { createServer, loadServerConfig } from '@fieldkit/server';
import {
  CALLER_OPTIONS,
  type Command,
  type CommandContext,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  RECORDING_OPTIONS,
  stringOption,
} from '../command.ts';
import { isWorker, runWorker, startWorkers, workersOf } from '../serve-workers.ts';
import { standinNotice } from '../standin-notice.ts';
import { createTerminal } from '../terminal.ts';
import { callerOf, recordingOf, withProjectAt } from '../with-project.ts';

export const command: Command = {
  usage:
    'serve [--port N] [--host NAME] [--keys FILE] [--workers N] [--console DIR] [--groups A,B] [--record FILE | --replay FILE] [--project DIR] [--json]',
  description:
    "Serves the project over HTTP: the web console at /, chat in OpenAI's protocol at /v1, tools over MCP at /mcp, AG-UI events at /agui, health and metrics, described at\n/openapi.json. Without keys it listens on 127.0.0.1 only; make keys with `fieldkit keys new`. Limits, single sign-on, traces and the like stand in\nserver.json beside fieldkit.config.ts. Log lines go to standard error. SIGTERM or Ctrl-C lets answers under way finish.",
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    groups: {
      ...CALLER_OPTIONS.groups,
      summary: 'access groups of whoever asks while there are no keys, comma-separated (default: none)',
    },
    port: { type: 'string', value: 'N', summary: 'where to listen; 0 takes a free port (default 8080)' },
    host: { type: 'string', value: 'NAME', summary: 'address to listen on (default 127.0.0.1; others need keys)' },
    keys: { type: 'string', value: 'FILE', summary: 'the key file (default: keys.json of the project)' },
    workers: {
      type: 'string',
      value: 'N',
      summary:
        'processes that answer, besides the one that listens; 1 answers in that one (default: 2, or 1 on one core)',
    },
    console: {
      type: 'string',
      value: 'DIR',
      summary: 'a built web console of your own to deliver, or none (default: ours)',
    },
  },
  examples: [
    'fieldkit serve',
    'fieldkit serve --host 0.0.0.0 --port 8080 --project ../acme',
    'fieldkit serve --record fault.jsonl',
  ],
  async run(input, context) {
    const { terminal, signal, cwd } = context;
    const root = findProject(cwd, stringOption(input, 'project'));
    if (isWorker(context)) return runWorker(root, context);
    const config = loadServerConfig(root);
    const port = portOf(stringOption(input, 'port') ?? '8080');
    const host = stringOption(input, 'host') ?? '127.0.0.1';
    const keys = stringOption(input, 'keys');
    const pages = await pagesOf(stringOption(input, 'console'), context);
    const recording = recordingOf(input, context);
    const workers = stringOption(input, 'workers') ?? (recording === undefined ? undefined : '1');
    if (recording !== undefined && workers !== '1')
      throw new FieldkitError('INVALID_OPTION', '--record and --replay need one process: leave --workers out');
    const work = async (project: Project): Promise<ExitCode> => {
      await project.endpoint(); // what is wrong with it is said now, not to the first who asks
      const size = workersOf(workers, project, context);
      const content = config.traces?.content === true;
      const answers = size === 1 ? undefined : await startWorkers({ project, root, size, content }, context);
      const server = createServer(project, {
        config,
        ...(answers === undefined ? {} : { answers }),
        keys: keys === undefined ? join(root, 'keys.json') : resolve(cwd, keys),
        localGroups: callerOf(input, project).groups,
        logTo: { write: (line) => void process.stderr.write(line) },
        doctor: () => examine(root, context),
        ...(pages === undefined ? {} : { console: pages }),
      });
      try {
        const { url } = await server.listen({ port, host });
        if (flag(input, 'json')) {
          process.stdout.write(
            `${JSON.stringify({ ready: true, url, keyless: server.keyless, console: pages !== undefined })}\n`,
          );
        } else {
          await standinNotice(project, terminal);
          if (pages !== undefined) terminal.line(`Console: ${terminal.style.bold(url)}`);
          terminal.line(
            `${project.config.name} answers at ${terminal.style.bold(`${url}/v1`)} (model "${project.config.name}")`,
          );
          if (server.keyless) {
            terminal.line(
              terminal.style.yellow(
                `There are no keys: it listens on this machine only, and whoever reaches the port may ask. Make a key with: ${nextStep(context, input, 'keys new NAME')}`,
              ),
            );
          }
          terminal.line('Ctrl-C ends it.');
          terminal.line(`Next: curl -s ${server.keyless ? '' : '-H "Authorization: Bearer KEY" '}${url}/v1/models`);
        }
        await new Promise<void>((done) => {
          if (signal.aborted) done();
          signal.addEventListener('abort', () => done(), { once: true });
        });
        return 0;
      } finally {
        await server.close();
        await answers?.close();
      }
    };
    return withProjectAt(root, context, work, recording);
  },
};

/** The console to deliver; a clone builds it first. Without one the service works all the same. */
async function pagesOf(given: string | undefined, { terminal, cwd }: CommandContext): Promise<string | undefined> {
  if (given === 'none') return undefined;
  if (given !== undefined) {
    const folder = resolve(cwd, given);
    if (existsSync(join(folder, 'index.html'))) return folder;
    throw new FieldkitError('INVALID_OPTION', `--console: there is no index.html in ${folder}`);
  }
  try {
    return await consoleFolder({ onBuild: () => terminal.notice('Building the console, once: some seconds …') });
  } catch (error) {
    terminal.notice(
      `There is no console: it could not be built (${errorRecord(error).message}). Everything else is served.`,
    );
    return undefined;
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new FieldkitError('INVALID_OPTION', `--port must be a whole number from 0 to 65535, not "${text}"`);
}

/** What `fieldkit doctor --offline --json` prints. */
async function examine(root: string, context: CommandContext): Promise<unknown> {
  const { command: doctor } = await import('./doctor.ts');
  let printed = '';
  const silent = { write: () => {} };
  const terminal = createTerminal({
    stdout: {
      write: (text) => {
        printed += text;
      },
    },
    stderr: silent,
    json: true,
  });
  await doctor.run(
    { positionals: [], options: { project: root, offline: true, json: true } },
    { ...context, terminal },
  );
  return JSON.parse(printed);
}
