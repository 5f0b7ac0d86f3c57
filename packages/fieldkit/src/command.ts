import type { ParseArgsOptionsConfig } from 'node:util';
import type { Terminal } from './terminal.ts';

/** 0 done; 1 failed; 2 usage or configuration; 3 done in part; 4 a gate was missed; 130 interrupted. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 130;

export interface OptionHelp {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in the help: `DIR`. */
  readonly value?: string;
  /** With the default and the unit. */
  readonly summary: string;
}

export interface CommandInput {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
}

export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the user stands: relative paths count from here. */
  readonly cwd: string;
  /** How the user calls us: `fieldkit`, `npx fieldkit` where it is installed, or `pnpm fieldkit` in a clone. */
  readonly self: string;
  /** The folder of the fieldkit package. */
  readonly home: string;
  readonly signal: AbortSignal;
}

export interface Command {
  /** After `fieldkit`: `ask "QUESTION" [options]`. */
  readonly usage: string;
  /** Two or three sentences: what it does, what it leaves behind. */
  readonly description: string;
  readonly options?: Readonly<Record<string, OptionHelp>>;
  /** Real calls, at least one. */
  readonly examples: readonly string[];
  /** Positionals accepted; default none. */
  readonly positionals?: { readonly min: number; readonly max: number };
  run(input: CommandInput, context: CommandContext): Promise<ExitCode>;
}

/** Options that every command of a project takes. */
export const PROJECT_OPTIONS = {
  project: {
    type: 'string',
    value: 'DIR',
    summary: 'the project (default: the nearest fieldkit.config.ts at or above the current folder)',
  },
  json: { type: 'boolean', summary: 'print JSON for machines instead of text' },
} satisfies Record<string, OptionHelp>;

/** Options of commands that ask models. */
export const RECORDING_OPTIONS = {
  record: {
    type: 'string',
    value: 'FILE',
    summary: 'keep every model call in this file, keys left out: for a test or a report of a fault',
  },
  replay: {
    type: 'string',
    value: 'FILE',
    summary: 'give back the calls of such a file instead of asking an endpoint; needs no key',
  },
} satisfies Record<string, OptionHelp>;

/** Options of commands that act for somebody. */
export const CALLER_OPTIONS = {
  groups: {
    type: 'string',
    value: 'A,B',
    multiple: true,
    summary: 'access groups of the caller, comma-separated or repeated (default: none, public documents only)',
  },
  tenant: { type: 'string', value: 'NAME', summary: "tenant of the caller (default: the project's)" },
} satisfies Record<string, OptionHelp>;

export function parseArgsOptions(options: Readonly<Record<string, OptionHelp>>): ParseArgsOptionsConfig {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
    ]),
  );
}

export function stringOption(input: CommandInput, name: string): string | undefined {
  const value = input.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that may be repeated or comma-separated. */
export function listOption(input: CommandInput, name: string): string[] | undefined {
  const value = input.options[name];
  if (value === undefined || typeof value === 'boolean') return undefined;
  return [value]
    .flat()
    .flatMap((text) => text.split(','))
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

export function flag(input: CommandInput, name: string): boolean {
  return input.options[name] === true;
}

/** The commands in a message, `fieldkit ingest` in back-ticks, as this user types them here. */
export function asTyped(text: string, context: Pick<CommandContext, 'self'>, input: CommandInput): string {
  return text.replace(/`fieldkit ([^`]+)`/g, (_, command: string) =>
    /^(?:init|demo|standin|parse)\b|--project\b/.test(command)
      ? `\`${context.self} ${command}\``
      : `\`${nextStep(context, input, command)}\``,
  );
}

/** A command line that the user can copy: the next useful step, for the same project. */
export function nextStep({ self }: Pick<CommandContext, 'self'>, input: CommandInput, command: string): string {
  const project = stringOption(input, 'project');
  return `${self} ${command}${project === undefined ? '' : ` --project ${/\s/.test(project) ? JSON.stringify(project) : project}`}`;
}
