import { resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  agentScorers,
  scorers as allScorers,
  comparableScorers,
  createBundle,
  metricBundles,
  type NamedTarget,
  openFileTarget,
  type Scorer,
} from '@fieldkit/eval';
import { findNamed, namedAgentTarget, openJudges, openTargets, type Project, promptTargets } from '@fieldkit/project';
import { type CommandContext, type CommandInput, listOption, stringOption } from './command.ts';

export interface ChosenTargets {
  readonly targets: readonly NamedTarget[];
  /** The name under which the project's own agent is asked, if it is. */
  readonly agent: string | undefined;
  /** Whether the project's endpoint is asked: by the agent or by prompts. */
  readonly asksModels: boolean;
  close(): void;
}

/** The agent, unless the command names other targets: configured ones, prompts on models, files of outputs. */
export async function chooseTargets(
  project: Project,
  input: CommandInput,
  { cwd, environment }: CommandContext,
): Promise<ChosenTargets> {
  const named = listOption(input, 'target') ?? [];
  const prompts = (listOption(input, 'prompt') ?? []).map((file) => resolve(cwd, file));
  const outputs = listOption(input, 'outputs') ?? [];
  const models = listOption(input, 'model') ?? ['chat'];
  if (prompts.length === 0 && input.options.model !== undefined)
    throw new FieldkitError(
      'INVALID_OPTION',
      '--model goes with --prompt FILE; the agent takes its models from fieldkit.config.ts',
    );
  const targets: NamedTarget[] = [];
  const none = named.length + prompts.length + outputs.length === 0;
  const agent = none || named.includes('agent') ? (stringOption(input, 'name') ?? project.config.name) : undefined;
  if (agent !== undefined) targets.push(await namedAgentTarget(project, agent));
  const { targets: configured } = project.config.evaluation;
  for (const name of named.filter((name) => name !== 'agent')) {
    const known = [...configured, { name: 'agent' }];
    const spec = configured.find((entry) => entry === findNamed(name, known, 'target'));
    if (spec !== undefined) targets.push(...(await openTargets(project, spec, { environment })));
  }
  if (prompts.length > 0) targets.push(...(await promptTargets(project, { prompts, models })));
  const files: { close(): void }[] = [];
  for (const file of outputs) {
    const opened = await openFileTarget(resolve(cwd, file), file);
    files.push(opened);
    targets.push(opened);
  }
  const names = targets.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new FieldkitError('INVALID_OPTION', `two targets are called "${twice}"; give one of them another name`);
  return {
    targets,
    agent,
    asksModels: agent !== undefined || targets.some(({ batch }) => batch !== undefined),
    close() {
      for (const file of files) file.close();
    },
  };
}

/** Rules that fit the targets, or those of `--scorers`; the judges of `--judge`. */
export async function chooseScorers(
  project: Project,
  agent: string | undefined,
  targets: readonly NamedTarget[],
  input: CommandInput,
): Promise<Scorer[]> {
  const wanted = listOption(input, 'scorers');
  const judges = await openJudges(project, listOption(input, 'judge') ?? []);
  if (wanted === undefined) {
    const alone = agent !== undefined && targets.length === 1;
    return [...(alone ? agentScorers : comparableScorers), ...judges];
  }
  const bundles = Object.entries(metricBundles).map(([name, members]) => createBundle(name, members));
  const known = [...allScorers, ...bundles];
  return [...wanted.map((name) => findNamed(name, known, 'scorer')), ...judges];
}
