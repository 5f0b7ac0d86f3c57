import { counted, FieldkitError } from '@fieldkit/core';
import {
  type Attribution,
  type Change,
  criteriaWithJudges,
  type Ledger,
  type LedgerTarget,
  missedCriteria,
  type ReplayReport,
  replayFailures,
  type Scorer,
  usualChanges,
} from '@fieldkit/eval';
import { createAgentTarget, openProject, type Project, type ReplayItem, replayChange } from '@fieldkit/project';
import { type CommandContext, type CommandInput, stringOption } from './command.ts';
import type { Explain } from './eval-ledger.ts';

/** Failures replayed of each cause: each costs an answer without a change, and one for each change. */
const PER_CAUSE = 10;

export interface ReplayRequest {
  readonly ledger: Ledger;
  readonly targets: readonly LedgerTarget[];
  readonly scorers: readonly Scorer[];
  readonly explain: Explain;
  readonly input: CommandInput;
  readonly context: CommandContext;
}

/**
 * Asks the agent its failed questions again with one thing changed: the gold passages in its evidence, more passages, the expected tool
 * calls, a stronger model, thinking on. A change that cannot be made here is said and left out.
 */
export async function replayInProject(
  project: Project,
  { ledger, targets, scorers, explain, input, context }: ReplayRequest,
): Promise<ReplayReport> {
  const { terminal, signal, environment } = context;
  const stronger = stringOption(input, 'stronger');
  const agent = stringOption(input, 'name') ?? project.config.name;
  const target = targets.find(({ name }) => name === agent);
  if (target === undefined)
    throw new FieldkitError(
      'INVALID_OPTION',
      "--replay changes parts of the project's own agent, which is not asked here",
    );
  const failures: { result: { index: number } & Parameters<Explain>[0]; attribution: Attribution }[] = [];
  const perCause = new Map<string, number>();
  for (const row of ledger.rows({ target, round: 1, traces: true })) {
    const attribution = await explain(row);
    if (attribution === undefined || attribution.cause === 'infrastructure') continue;
    const count = (perCause.get(attribution.cause) ?? 0) + 1;
    perCause.set(attribution.cause, count);
    if (count <= PER_CAUSE) failures.push({ result: { index: failures.length, ...row }, attribution });
  }
  const criteria = criteriaWithJudges(scorers.filter(({ kind }) => kind === 'judge').map(({ name }) => name));
  const { standin } = await project.endpoint();
  const possible = usualChanges.filter(({ name }) => {
    if (standin && (name === 'stronger-model' || name === 'thinking-on')) return false;
    return name !== 'stronger-model' || stronger !== undefined;
  });
  const left = usualChanges.filter((change) => !possible.includes(change)).map(({ name }) => name);
  if (left.length > 0)
    terminal.notice(
      terminal.style.dim(
        `note: not replayed: ${left.join(', ')}; ${standin ? 'the stand-in is no language model' : 'name a model with --stronger MODEL'}`,
      ),
    );
  const item: ReplayItem = { current: undefined };
  const opened = new Map<string, Promise<Project>>();
  const projectWith = (change: Change): Promise<Project> | undefined => {
    const made = replayChange(change, { project, item, ...(stronger === undefined ? {} : { stronger }) });
    if (made === undefined) return undefined;
    const known = opened.get(change.name) ?? openProject(project.paths.root, { environment, signal, change: made });
    opened.set(change.name, known);
    return known;
  };
  let done = 0;
  let said = performance.now();
  const tell = () => {
    done += 1;
    if (performance.now() - said < 2000) return;
    said = performance.now();
    terminal.notice(`  replayed ${counted(done, 'answer')} for ${failures.length} failures`);
  };
  try {
    return await replayFailures({
      failures,
      changes: possible,
      scorers,
      passes: (scores) => missedCriteria(scores, criteria).length === 0,
      unchanged: (asked, options) => {
        tell();
        return createAgentTarget(project)(asked, options);
      },
      targetFor(change) {
        const changed = projectWith(change);
        if (changed === undefined) return undefined;
        return async (asked, options) => {
          tell();
          item.current = asked;
          return createAgentTarget(await changed)(asked, options);
        };
      },
      context: { documentText: (id) => project.documents.get(id)?.text },
      signal,
    });
  } finally {
    for (const changed of opened.values()) await (await changed).close();
  }
}
