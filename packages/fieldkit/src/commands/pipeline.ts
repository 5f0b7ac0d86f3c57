import { checkPipeline, describePipeline, type NodeSpec, patternsUsed } from '@fieldkit/agent';
import { FieldkitError, type Finding } from '@fieldkit/core';
import { type ModelFactsTable, profiles } from '@fieldkit/models';
import { chooseEndpoint, type Project, projectFacts, promptFiles } from '@fieldkit/project';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
} from '../command.ts';
import { showFindings } from '../show-findings.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'pipeline show | pipeline check [--project DIR] [--json]',
  description:
    'Shows the pipeline as it runs, as a Mermaid flow chart and a table, or checks it against the tools, models and prompts of the project, and lists\nthe patterns that are counted in an offer. An error ends `pipeline check` with exit code 4.',
  options: PROJECT_OPTIONS,
  examples: ['fieldkit pipeline show', 'fieldkit pipeline check --json'],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const [action] = input.positionals;
      if (action === 'show') return show(project, input, context);
      if (action === 'check') return check(project, input, context);
      throw new FieldkitError('INVALID_OPTION', 'say `fieldkit pipeline show` or `fieldkit pipeline check`');
    }),
};

function show(project: Project, input: CommandInput, context: CommandContext): ExitCode {
  const { terminal } = context;
  const plan = project.plan();
  const { mermaid, table } = describePipeline(plan);
  if (flag(input, 'json')) terminal.json({ mermaid, table, plan, patterns: patternsUsed(plan) });
  terminal.line(`\`\`\`mermaid\n${mermaid}\n\`\`\`\n\n${table}\n`);
  terminal.line(`Next: ${nextStep(context, input, 'pipeline check')}`);
  return 0;
}

async function check(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const plan = project.plan();
  const prompts = promptFiles(project.paths.root);
  const { models, findings: unlisted } = await knownModels(project, context, plan.nodes);
  const findings = [...checkPipeline(plan, { tools: await project.tools(), models, prompts }), ...unlisted];
  const patterns = patternsUsed(plan);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  if (flag(input, 'json')) terminal.json({ findings, patterns });
  showFindings(findings, terminal);
  terminal.line(findings.length === 0 ? 'Nothing is wrong with the pipeline.' : '');
  terminal.line(patterns.length === 0 ? 'It uses no pattern that is counted.' : 'Counted patterns:');
  for (const { node, pattern, entitlement } of patterns) terminal.line(`  ${node}: ${pattern} (${entitlement})`);
  terminal.line(
    `Next: ${errors > 0 ? `put the ${errors === 1 ? 'error' : `${errors} errors`} right in fieldkit.config.ts, then ${nextStep(context, input, 'pipeline check')}` : nextStep(context, input, 'ask "your question"')}`,
  );
  return errors > 0 ? 4 : 0;
}

type Models = Parameters<typeof checkPipeline>[1]['models'];

/** Models that a node may name, with what is known of them. The endpoint is asked only about a name that nothing else knows. */
async function knownModels(
  project: Project,
  { environment, signal }: CommandContext,
  nodes: readonly NodeSpec[],
): Promise<{ models: Models; findings: Finding[] }> {
  const choice = chooseEndpoint(project.config, environment);
  const profile = profiles.find(({ name }) => name === project.config.endpoint?.profile);
  const known: ModelFactsTable = profile?.facts?.models ?? {};
  const own = choice.kind === 'remote' ? projectFacts(project.config, project.paths.root, choice.baseUrl) : {};
  const facts: ModelFactsTable = {
    ...known,
    ...Object.fromEntries(Object.entries(own).map(([name, more]) => [name, { ...known[name], ...more }])),
  };
  const described = Object.keys(facts).filter((name) => (facts[name]?.kind ?? 'chat') === 'chat');
  const models: Record<string, Models[string]> = Object.fromEntries(
    described.map((name) => [name, abilities(name, facts)]),
  );
  // the stand-in's abilities say nothing about the model that will stand in its place
  const configured = project.config.endpoint?.models;
  for (const alias of ['chat', 'fast'] as const) {
    const name = choice.kind === 'remote' ? choice.models[alias] : configured?.[alias];
    const { kind = 'chat' } = typeof name === 'string' ? (facts[name] ?? {}) : {};
    const able = choice.kind === 'remote' ? abilities(choice.models[alias], facts) : {};
    models[alias] = kind === 'chat' ? able : { ...able, chat: false };
  }
  const asked = nodes.flatMap((spec) => [...(spec.model === undefined ? [] : [spec.model]), ...spec.fallbacks]);
  const strange = asked.filter((name) => models[name] === undefined);
  if (strange.length === 0 || choice.kind !== 'remote') return { models, findings: [] };
  try {
    const { endpoint } = await project.endpoint();
    for (const { id } of await endpoint.listModels({ signal })) models[id] ??= {};
    return { models, findings: [] };
  } catch (error) {
    for (const name of strange) models[name] ??= {};
    const message = `the endpoint could not be asked whether it has ${strange.join(', ')}: ${error instanceof Error ? error.message : String(error)}`;
    return { models, findings: [{ severity: 'warning', code: 'models-not-listed', message, where: 'endpoint' }] };
  }
}

function abilities(name: string, facts: ModelFactsTable): Models[string] {
  const { thinking, jsonModes } = facts[name] ?? {};
  return {
    ...(thinking === undefined ? {} : { thinking: thinking !== 'none' }),
    ...(jsonModes === undefined ? {} : { jsonSchema: jsonModes.includes('schema') }),
  };
}
