import { parseArgs } from 'node:util';
import { asTyped, type Command, type CommandInput, type ExitCode, parseArgsOptions } from './command.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** One line per command; nothing is loaded before it is asked for. */
const commands: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'run the whole job on an example: read, index, answer with citations',
    load: () => import('./commands/demo.ts'),
  },
  { name: 'init', summary: 'make a new project in a folder', load: () => import('./commands/init.ts') },
  {
    name: 'ingest',
    summary: 'read the documents and bring the index up to date',
    load: () => import('./commands/ingest.ts'),
  },
  { name: 'search', summary: 'find passages, without a model', load: () => import('./commands/search.ts') },
  {
    name: 'ask',
    summary: 'ask one question, get an answer with checked citations',
    load: () => import('./commands/ask.ts'),
  },
  { name: 'chat', summary: 'a conversation in the terminal', load: () => import('./commands/chat.ts') },
  {
    name: 'parse',
    summary: 'turn files into Markdown and say what was found and lost',
    load: () => import('./commands/parse.ts'),
  },
  {
    name: 'approvals',
    summary: 'approve or reject what a tool wants to write',
    load: () => import('./commands/approvals.ts'),
  },
  { name: 'runs', summary: 'list, show, resume or replay runs', load: () => import('./commands/runs.ts') },
  {
    name: 'eval',
    summary: "ask the project's questions and score the answers",
    load: () => import('./commands/eval.ts'),
  },
  {
    name: 'index',
    summary: 'what is in the index, or build it again beside and swap',
    load: () => import('./commands/index.ts'),
  },
  {
    name: 'retrieval',
    summary: 'measure, compare and tune retrieval',
    load: () => import('./commands/retrieval.ts'),
  },
  { name: 'memory', summary: 'list and forget what users said', load: () => import('./commands/memory.ts') },
  { name: 'forget', summary: 'remove a document everywhere and prove it', load: () => import('./commands/forget.ts') },
  {
    name: 'pipeline',
    summary: 'show the pipeline as it runs, or check it',
    load: () => import('./commands/pipeline.ts'),
  },
  {
    name: 'prompt',
    summary: 'lint prompts for Qwen models, or rewrite one',
    load: () => import('./commands/prompt.ts'),
  },
  {
    name: 'tools',
    summary: 'list, call or serve the tools over MCP',
    load: () => import('./commands/tools.ts'),
  },
  {
    name: 'serve',
    summary: 'serve the project over HTTP: chat, tools, console',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'standin',
    summary: 'serve the extractive stand-in endpoint, for tests and rehearsals',
    load: () => import('./commands/standin.ts'),
  },
  { name: 'keys', summary: 'make, list and revoke keys of the server', load: () => import('./commands/keys.ts') },
  { name: 'audit', summary: "check or list the server's audit log", load: () => import('./commands/audit.ts') },
  {
    name: 'status',
    summary: 'where this project stands and the next useful command',
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'doctor',
    summary: 'check Node, configuration, endpoint, index and permissions',
    load: () => import('./commands/doctor.ts'),
  },
];

const VERSION = '0.1.0';

/** Runs one command line. `home` is the folder of this package. */
export async function main(args: readonly string[], home: string): Promise<ExitCode> {
  const [name, ...rest] = args;
  const json = rest.includes('--json') || rest.includes('--stdio'); // standard output belongs to a machine
  const { NO_COLOR } = process.env;
  const color = NO_COLOR === undefined || NO_COLOR === '' ? {} : { color: false };
  const terminal = createTerminal({ stdout: process.stdout, stderr: process.stderr, json, ...color });
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const entry = name === 'help' ? commands.find((known) => known.name === rest[0]) : undefined;
    process.stdout.write(entry === undefined ? overview() : commandHelp((await entry.load()).command));
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`);
    return 0;
  }
  const entry = commands.find((known) => known.name === name);
  if (entry === undefined) {
    const names = commands.map((known) => known.name);
    const near = await nearestTo(name, names);
    const hint =
      near === undefined ? `it has: ${names.join(', ')}` : `did you mean "${near}"? All commands: fieldkit --help`;
    process.stderr.write(`fieldkit has no command "${name}"; ${hint}\n`);
    return 2;
  }
  const { command } = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(commandHelp(command));
    return 0;
  }

  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130); // the second Ctrl-C does not wait
    controller.abort(new DOMException('interrupted', 'AbortError'));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0); // `| head` has seen enough
  });
  const { npm_lifecycle_event: script, INIT_CWD: start } = process.env;
  const viaScript = script !== undefined && start !== undefined;
  const cwd = viaScript ? start : process.cwd();
  const self = script === 'npx' ? 'npx fieldkit' : viaScript ? 'pnpm fieldkit' : 'fieldkit';
  let input: CommandInput = { positionals: [], options: {} };
  try {
    input = await parseInput(name, command, rest);
    return await command.run(input, { terminal, environment: process.env, cwd, self, home, signal: controller.signal });
  } catch (error) {
    return report(error, terminal, json, controller.signal.aborted, (text) => asTyped(text, { self }, input));
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

class UsageError extends Error {}

async function parseInput(name: string, command: Command, args: readonly string[]) {
  const { min, max } = command.positionals ?? { min: 0, max: 0 };
  const { values, positionals } = await (async () => {
    try {
      return parseArgs({
        args: [...args],
        options: parseArgsOptions(command.options ?? {}),
        allowPositionals: true,
        strict: true,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message.split('. To specify')[0] : String(error);
      const unknown = /Unknown option '--([^']+)'/.exec(message ?? '')?.[1];
      const near = unknown === undefined ? undefined : await nearestTo(unknown, Object.keys(command.options ?? {}));
      throw new UsageError(
        `${message}${near === undefined ? '' : `; did you mean --${near}?`}\nusage: fieldkit ${command.usage}`,
      );
    }
  })();
  if (positionals.length < min || positionals.length > max) {
    const found = positionals.map((text) => JSON.stringify(text)).join(' ');
    const problem = positionals.length < min ? missing(name, command.usage) : `this is too much: ${found}`;
    throw new UsageError(`${problem}\nusage: fieldkit ${command.usage}\nexample: ${command.examples[0]}`);
  }
  return { positionals, options: values as Record<string, string | boolean | string[] | undefined> }; // the types that parseArgsOptions declares
}

/** What a command line without enough words lacks, out of the usage: the question, the file, or what to do. */
function missing(name: string, usage: string): string {
  const forms = usage.split(' | ').map((form) => form.replace(`${name} `, '').split(' ')[0] ?? '');
  const words = [...new Set(forms.filter((form) => /^[a-z]+$/.test(form)))];
  return words.length > 1 ? `${name}: say what to do: ${words.join(', ')}` : `${name} needs ${forms[0]}`;
}

/** Loaded only for a mistake: the help stays quick. */
async function nearestTo(name: string, known: readonly string[]): Promise<string | undefined> {
  const { nearestName } = await import('@fieldkit/core');
  return nearestName(name, known);
}

const USAGE_CODES = new Set(['INVALID_CONFIG', 'CONFIG_NOT_FOUND', 'INVALID_OPTION', 'DATASET_INVALID']);

/** Prints an error as a sentence (or JSON) and gives the exit code. */
function report(
  thrown: unknown,
  terminal: Terminal,
  json: boolean,
  interrupted: boolean,
  typed: (message: string) => string,
): ExitCode {
  const error = permissionError(thrown) ?? thrown;
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL';
  if (interrupted || code === 'CANCELLED') {
    terminal.error('\ninterrupted; nothing is left half-done, run the same command to go on');
    return 130;
  }
  const message = typed(error instanceof Error ? error.message : String(error));
  const usage = error instanceof UsageError || USAGE_CODES.has(code);
  const known = usage || (error instanceof Error && error.name === 'FieldkitError');
  if (json) terminal.json({ error: { code: error instanceof UsageError ? 'USAGE' : code, message } });
  terminal.error(message);
  if (!known)
    terminal.error(
      `${error instanceof Error ? (error.stack ?? '') : ''}\nThis is a defect of fieldkit: please report it with the lines above.`,
    );
  return usage ? 2 : 1;
}

/** The file system said no: a sentence, not a stack. */
function permissionError(error: unknown): Error | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('path' in error)) return undefined;
  if (error.code !== 'EACCES' && error.code !== 'EPERM' && error.code !== 'EROFS') return undefined;
  const message = `no permission to write ${String(error.path)}: give your user write permission, or name another folder`;
  return Object.assign(new Error(message), { name: 'FieldkitError', code: 'FILE_UNREADABLE' });
}

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `fieldkit: build agents that answer from a customer's documents with checked citations, and prove them

usage: fieldkit COMMAND [options]

${rows.join('\n')}

Each command has --help with an example; --json prints JSON for machines; --project DIR names the project.
Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 done in part, 4 a gate was missed, 130 interrupted.

Start here: fieldkit demo
`;
}

function commandHelp(command: Command): string {
  const options = Object.entries(command.options ?? {}).map(([name, { short, value, summary }]) => {
    const left = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return `  ${left.length > 22 ? `${left}\n${' '.repeat(24)}` : left.padEnd(22)} ${summary}`;
  });
  return `usage: fieldkit ${command.usage}

${command.description}
${options.length === 0 ? '' : `\noptions:\n${options.join('\n')}\n`}
examples:
${command.examples.map((example) => `  ${example}`).join('\n')}
`;
}
