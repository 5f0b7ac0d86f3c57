import { type OpenRun, openRuns } from '@fieldkit/agent/open-runs';
import { counted, FieldkitError, type Run, type Step } from '@fieldkit/core';

import { findProject, openRunStore, projectPaths, type RunSummary } from '@fieldkit/project';
import {
  CALLER_OPTIONS,
  type Command,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  RECORDING_OPTIONS,
  stringOption,
} from '../command.ts';

import { findRun, replayRun, resumeRun } from '../rerun.ts';
import { retrievalLine } from '../show-retrieval.ts';
import type { Terminal } from '../terminal.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    'runs list [--limit N] | runs show ID [--full] | runs resume [ID] | runs replay ID [--from NODE] [--with model=NAME] [--project DIR] [--json]',
  description:
    'Lists the runs, newest first (`not ended`: killed, or still going on), or shows every step of one: inputs, outputs, time, tokens. `resume` goes on with a run that was killed, failed\nor waits for approval (without ID it lists them); `replay` asks the same again as a new run, from a node on, possibly on another model. Both are stored\nlike any run. `ID` may be the start of an id, or `last`. Who may run this command sees every run: a replay asks as the caller of the first run.',
  options: {
    ...PROJECT_OPTIONS,
    ...RECORDING_OPTIONS,
    groups: { ...CALLER_OPTIONS.groups, summary: 'with resume: access groups of whoever asked (default: none)' },
    tenant: CALLER_OPTIONS.tenant,
    subject: { type: 'string', value: 'NAME', summary: 'whose run is resumed (default: cli, the command line itself)' },
    from: { type: 'string', value: 'NODE', summary: 'replay from this node on (default: the first)' },
    with: { type: 'string', value: 'model=NAME', summary: 'replay with this model in every node' },
    limit: { type: 'string', value: 'N', summary: 'runs listed (default 20)' },
    full: { type: 'boolean', summary: 'show inputs and outputs whole' },
  },
  examples: [
    'fieldkit runs list',
    'fieldkit runs show last',
    'fieldkit runs replay last --from answer --with model=fast',
  ],
  positionals: { min: 1, max: 2 },
  async run(input, context) {
    const { cwd, terminal } = context;
    const [action, id] = input.positionals;
    if (action === 'resume') return withProject(input, context, (project) => resumeRun(project, id, input, context));
    if (action === 'replay' && id !== undefined)
      return withProject(input, context, (project) => replayRun(project, id, input, context));
    const root = findProject(cwd, stringOption(input, 'project'));
    const runs = openRunStore(projectPaths(root).runs);
    try {
      if (action === 'list' && id === undefined) {
        const limit = Number(stringOption(input, 'limit') ?? 20);
        if (!Number.isInteger(limit) || limit < 1)
          throw new FieldkitError('INVALID_OPTION', '--limit must be a whole number from 1');
        const list = withUnended(runs.list(limit), await openRuns(projectPaths(root).sessions), limit);
        if (flag(input, 'json')) terminal.json(list);
        for (const run of list) {
          const time = run.durationMs === undefined ? '' : (run.durationMs / 1000).toFixed(1);
          const steps = run.steps === undefined ? '' : `${run.steps} steps`;
          terminal.line(
            `${run.id}  ${run.status.padEnd(12)} ${time.padStart(6)} s  ${steps.padStart(8)}  ${run.question.replace(/\s+/g, ' ').slice(0, 80)}`,
          );
        }
        const unended = list.find(({ status }) => status === 'not ended');
        terminal.line(
          list.length === 0
            ? `no runs yet; ask something: ${nextStep(context, input, 'ask "your question"')}`
            : `\nNext: ${nextStep(context, input, unended === undefined ? 'runs show last' : `runs resume ${unended.id}`)}`,
        );
        return 0;
      }
      if (action === 'show' && id !== undefined) {
        const run = findRun(runs, id);
        if (flag(input, 'json')) terminal.json(run);
        else showRun(run, terminal, flag(input, 'full'));
        return 0;
      }
      throw new FieldkitError(
        'INVALID_OPTION',
        'say `fieldkit runs list`, `runs show ID`, `runs resume [ID]` or `runs replay ID`',
      );
    } finally {
      runs.close();
    }
  },
};

type ListedRun = Omit<RunSummary, 'durationMs' | 'steps'> & Partial<Pick<RunSummary, 'durationMs' | 'steps'>>;

/** Stored runs with those that were killed or still go on, newest first. */
function withUnended(stored: readonly RunSummary[], open: readonly OpenRun[], limit: number): ListedRun[] {
  const known = new Set(stored.map(({ id }) => id)); // one that failed or waits for approval is stored too
  const unended = open
    .filter(({ runId }) => !known.has(runId))
    .map(({ runId, startedAt, question }) => ({ id: runId, kind: 'answer', startedAt, question, status: 'not ended' }));
  return [...stored, ...unended].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1)).slice(0, limit);
}

/** `answered`, `insufficient`, `failed`: of a run that is no answer, its kind. */
function statusOf({ output, kind }: Run): string {
  const { status } = recordOf(output);
  return typeof status === 'string' ? status : kind;
}

function showRun(run: Run, terminal: Terminal, full: boolean): void {
  const { bold, dim, red } = terminal.style;
  const most = full ? Number.POSITIVE_INFINITY : 400;
  terminal.line(bold(`${run.id}  ${statusOf(run)}  ${run.startedAt}  ${(run.durationMs / 1000).toFixed(2)} s`));
  terminal.line(
    dim(
      `caller ${run.caller.subject} of ${run.caller.tenant}, groups: ${run.caller.groups.join(', ') || 'none'}${run.sessionId === undefined ? '' : `, session ${run.sessionId}`}`,
    ),
  );
  terminal.line(`input   ${show(run.input, most)}`);
  const depthOf = (step: Step): number => {
    const parent = run.steps.find(({ id }) => id === step.parentId);
    return parent === undefined ? 0 : 1 + depthOf(parent);
  };
  for (const step of run.steps) {
    const indent = '  '.repeat(depthOf(step) + 1);
    if (!full && PARTS.has(step.kind)) {
      terminal.line(`${indent}${dim(partLine(step))}`);
      continue;
    }
    const tokens =
      step.usage === undefined ? '' : `, ${step.usage.inputTokens} tokens in, ${step.usage.outputTokens} out`;
    terminal.line(
      `\n${indent}${bold(`${step.kind} ${step.name}`)}${step.attempt > 1 ? ` (attempt ${step.attempt})` : ''}  ${dim(`${step.durationMs.toFixed(0)} ms${tokens}`)}`,
    );
    terminal.line(`${indent}  in   ${show(step.input, most)}`);
    terminal.line(`${indent}  out  ${show(step.output, most)}`);
    if (step.error !== undefined) terminal.line(red(`${indent}  ${step.error.code}: ${step.error.message}`));
  }
  const counts = Object.entries(run.counts ?? {}).map(([name, count]) => `${name} ${count}`);
  terminal.line(`\noutput  ${show(run.output, most)}`);
  terminal.line(
    dim(
      `${counted(run.usage.calls, 'model call')}, ${run.usage.inputTokens} tokens in, ${run.usage.outputTokens} out${counts.length === 0 ? '' : ` · ${counts.join(', ')}`}`,
    ),
  );
  if (run.error !== undefined) terminal.line(red(`${run.error.code}: ${run.error.message}`));
  if (!full) terminal.line('\nNext: add --full to see inputs and outputs whole, --json for machines');
}

/** Steps that show how a tool came to its result: one line each unless all is asked for. */
const PARTS: ReadonlySet<Step['kind']> = new Set(['retrieval', 'embedding', 'rerank']);

function partLine({ name, input, output, durationMs }: Step): string {
  const { before, ...details } = recordOf(input);
  const { after, kept, dropped } = recordOf(output);
  return retrievalLine({ name, before, after, kept: titles(kept), dropped: titles(dropped), durationMs, details });
}

function titles(items: unknown): string[] {
  return Array.isArray(items) ? items.map((item) => String(recordOf(item).title)) : [];
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? { ...value } : {};
}

function show(value: unknown, most: number): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none');
  return text.length <= most ? text : `${text.slice(0, most)} … (${text.length} characters)`;
}
