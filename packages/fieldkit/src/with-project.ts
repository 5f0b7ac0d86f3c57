import { resolve } from 'node:path';
import { type Caller, FieldkitError } from '@fieldkit/core';
import { findProject, openProject, type Project, type Recording } from '@fieldkit/project';
import { type CommandContext, type CommandInput, listOption, stringOption } from './command.ts';

/** Opens the project that a command names, runs `work`, and closes everything whatever happens. */
export async function withProject<T>(
  input: CommandInput,
  context: CommandContext,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const root = findProject(context.cwd, stringOption(input, 'project'));
  return withProjectAt(root, context, work, recordingOf(input, context));
}

export async function withProjectAt<T>(
  root: string,
  context: CommandContext,
  work: (project: Project) => Promise<T>,
  recording?: Recording,
): Promise<T> {
  const { environment, signal, terminal } = context;
  const project = await openProject(root, {
    environment,
    signal,
    ...(recording === undefined ? {} : { recording }),
    onFinding: ({ severity, message }) =>
      terminal.notice(terminal.style.dim(`${severity === 'info' ? 'note' : severity}: ${message}`)),
  });
  try {
    return await work(project);
  } finally {
    await project.close();
  }
}

/** The file that `--record` or `--replay` names. */
export function recordingOf(input: CommandInput, { cwd }: Pick<CommandContext, 'cwd'>): Recording | undefined {
  const record = stringOption(input, 'record');
  const replay = stringOption(input, 'replay');
  if (record !== undefined && replay !== undefined)
    throw new FieldkitError('INVALID_OPTION', 'say --record or --replay, not both');
  if (record !== undefined) return { mode: 'record', path: resolve(cwd, record) };
  return replay === undefined ? undefined : { mode: 'replay', path: resolve(cwd, replay) };
}

/** Who a command acts for, from `--groups` and `--tenant`. */
export function callerOf(input: CommandInput, project: Project): Caller {
  const groups = listOption(input, 'groups');
  const tenant = stringOption(input, 'tenant');
  return project.caller({
    ...(groups === undefined ? {} : { groups }),
    ...(tenant === undefined ? {} : { tenant }),
  });
}
