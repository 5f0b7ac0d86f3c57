import type { Caller } from '@fieldkit/core';
import { findProject, openProject, type Project } from '@fieldkit/project';
import { type CommandContext, type CommandInput, listOption, stringOption } from './command.ts';

/** Opens the project that a command names, runs `work`, and closes everything whatever happens. */
export async function withProject<T>(
  input: CommandInput,
  context: CommandContext,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const root = findProject(context.cwd, stringOption(input, 'project'));
  return withProjectAt(root, context, work);
}

export async function withProjectAt<T>(
  root: string,
  context: CommandContext,
  work: (project: Project) => Promise<T>,
): Promise<T> {
  const { environment, signal, terminal } = context;
  const project = await openProject(root, {
    environment,
    signal,
    onFinding: ({ severity, message }) =>
      terminal.notice(terminal.style.dim(`${severity === 'info' ? 'note' : severity}: ${message}`)),
  });
  try {
    return await work(project);
  } finally {
    await project.close();
  }
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
