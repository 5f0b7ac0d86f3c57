import { userInfo } from 'node:os';
import type { Agent, Decision } from '@fieldkit/agent';
import { type Caller, FieldkitError } from '@fieldkit/core';
import type { Project } from '@fieldkit/project';
import {
  CALLER_OPTIONS,
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { ownerOf } from '../rerun.ts';
import { APPROVAL_REASONS } from '../show-answer.ts';
import { printableJson } from '../terminal.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: "approvals list | approvals approve ID [--input '{…}'] | approvals reject ID [--project DIR] [--json]",
  description:
    'A run whose model wants to change something ends and waits for a person. Lists what waits, and decides it; `fieldkit runs resume` then goes on with\nthe run. `ID` may be the start of an id.',
  options: {
    ...PROJECT_OPTIONS,
    ...CALLER_OPTIONS,
    subject: { type: 'string', value: 'NAME', summary: 'whose runs (default: cli, the command line itself)' },
    input: { type: 'string', value: 'JSON', summary: 'approve, but with this input instead' },
    by: { type: 'string', value: 'NAME', summary: 'who decides, for the record (default: the user of this computer)' },
  },
  examples: ['fieldkit approvals list', 'fieldkit approvals approve ID', 'fieldkit approvals reject ID --by anna'],
  positionals: { min: 1, max: 2 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const [action, id] = input.positionals;
      const agent = await project.agent();
      const owner = ownerOf(input, project);
      if (action === 'list' && id === undefined) return list(agent, owner, input, context);
      if ((action === 'approve' || action === 'reject') && id !== undefined)
        return decide(project, agent, owner, id, decisionOf(action, input), input, context);
      throw new FieldkitError(
        'INVALID_OPTION',
        'say `fieldkit approvals list`, `approvals approve ID` or `approvals reject ID`',
      );
    }),
};

async function list(agent: Agent, owner: Caller, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal } = context;
  const all = await agent.approvals(owner, { all: true });
  const pending = all.filter(({ state }) => state === 'pending');
  if (flag(input, 'json')) terminal.json(pending);
  for (const { id, runId, tool, input: asked, reason, expiresAt } of pending) {
    terminal.line(`${terminal.style.bold(id)}  ${tool}  until ${expiresAt}`);
    terminal.line(`  ${printableJson(asked, 0)}`); // escaped, not dropped: what is approved is what is sent
    terminal.line(terminal.style.dim(`  ${reason}: ${APPROVAL_REASONS[reason]}`));
    terminal.line(terminal.style.dim(`  run ${runId}`));
  }
  for (const { id, runId, state, tool, expiresAt, decidedBy } of all.filter((one) => one.state !== 'pending')) {
    const since = state === 'expired' ? `nobody decided before ${expiresAt}` : `${state} by ${decidedBy ?? 'somebody'}`;
    terminal.line(
      terminal.style.dim(`${id}  ${tool}  ${since}; go on with: ${nextStep(context, input, `runs resume ${runId}`)}`),
    );
  }
  terminal.line(
    pending.length === 0
      ? `nothing of ${owner.subject} waits for approval`
      : `\nNext: ${nextStep(context, input, `approvals approve ${pending[0]?.id ?? 'ID'}`)}   or   approvals reject`,
  );
  return 0;
}

async function decide(
  project: Project,
  agent: Agent,
  owner: Caller,
  given: string,
  decision: Decision,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const all = await agent.approvals(owner, { all: true });
  const pending = all.filter(({ state }) => state === 'pending');
  const named = [all.filter(({ id }) => id === given), pending.filter(({ id }) => id.startsWith(given))];
  const found = named.find((some) => some.length > 0) ?? all.filter(({ id }) => id.startsWith(given));
  const [approval] = found;
  if (approval === undefined || found.length > 1)
    throw new FieldkitError(
      'INVALID_OPTION',
      `${found.length === 0 ? 'nothing' : `${found.length} requests`} of ${owner.subject} that wait${found.length === 0 ? 's' : ''} for approval begin${found.length === 0 ? 's' : ''} with "${given}"; see \`fieldkit approvals list\``,
    );
  if (decision.decision === 'edit') await checkInput(project, approval.tool, decision.input);
  const decided = await agent.decide(owner, approval.id, decision);
  if (flag(input, 'json')) terminal.json(decided);
  terminal.line(`${decided.tool}: ${decided.state} by ${decided.decidedBy ?? 'somebody'}`);
  if (decided.state !== 'rejected') terminal.line(`  ${printableJson(decided.input, 0)}`);
  terminal.line(`Next: ${nextStep(context, input, `runs resume ${decided.runId}`)}`);
  return 0;
}

/** A request is decided once: an input that the tool would refuse must not be what it is decided with. */
async function checkInput(project: Project, name: string, edited: unknown): Promise<void> {
  const tool = (await project.approvedTools()).find((known) => known.name === name);
  if (tool === undefined) return;
  const { compileSchema } = await import('@fieldkit/mcp-tools');
  const problems = compileSchema(tool.inputSchema)(edited);
  if (problems.length > 0)
    throw new FieldkitError('INVALID_OPTION', `--input does not fit ${name}: ${problems.join('; ')}`);
}

function decisionOf(action: 'approve' | 'reject', input: CommandInput): Decision {
  const by = stringOption(input, 'by') ?? userName();
  const text = stringOption(input, 'input');
  if (text === undefined) return { decision: action, by };
  if (action === 'reject') throw new FieldkitError('INVALID_OPTION', '--input goes with approve, not with reject');
  try {
    return { decision: 'edit', input: JSON.parse(text), by };
  } catch (cause) {
    throw new FieldkitError('INVALID_OPTION', `--input must be JSON, for example '{"amount":2}'; found: ${text}`, {
      cause,
    });
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'cli'; // a container's user may have no name
  }
}
