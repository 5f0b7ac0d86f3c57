import { openRuns } from '@fieldkit/agent/open-runs';
import { type Caller, FieldkitError, type Run, waitsForPerson } from '@fieldkit/core';
import type { Project, RunStore } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { answerJson, type FinishedAnswer, showAnswer, statusLine } from './show-answer.ts';
import { standinNotice } from './standin-notice.ts';
import { callerOf } from './with-project.ts';

/** Whose runs and approvals are meant: `--subject`, `--groups`, `--tenant`; the command line's own caller without them. */
export function ownerOf(input: CommandInput, project: Project): Caller {
  const subject = stringOption(input, 'subject');
  const caller = callerOf(input, project);
  return subject === undefined ? caller : { ...caller, subject };
}

/** The stored run that `id`, the start of one, or `last` names. @throws {FieldkitError} `RUN_NOT_FOUND`. */
export function findRun(runs: RunStore, id: string): Run {
  const all = runs.list(100_000).map((run) => run.id);
  const found = id === 'last' ? all.slice(0, 1) : all.filter((known) => known.startsWith(id));
  if (found.length > 1)
    throw new FieldkitError('RUN_NOT_FOUND', `${found.length} runs begin with "${id}"; give more of the id`);
  const run = found[0] === undefined ? undefined : runs.get(found[0]);
  if (run === undefined)
    throw new FieldkitError('RUN_NOT_FOUND', `there is no run "${id}"; see \`fieldkit runs list\``);
  return run;
}

/** `fieldkit runs resume [ID]`: goes on with a run that did not end. */
export async function resumeRun(
  project: Project,
  id: string | undefined,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const agent = await project.agent();
  const owner = ownerOf(input, project);
  const open = await agent.unfinished(owner);
  if (id === undefined) {
    if (flag(input, 'json')) terminal.json(open);
    for (const { runId, startedAt, question } of open)
      terminal.line(`${runId}  ${startedAt}  ${question.slice(0, 80)}`);
    terminal.line(
      open.length === 0
        ? `no run of ${owner.subject} waits to be resumed`
        : `\nNext: ${nextStep(context, input, 'runs resume ID')}`,
    );
    return 0;
  }
  const { runId, caller } = await chooseOpen(project, id, open, owner);
  await standinNotice(project, terminal);
  const finished = await showAnswer(project.resume(runId, { caller, signal }), terminal);
  signal.throwIfAborted();
  if (flag(input, 'json')) terminal.json(answerJson(questionOf(finished.run), finished));
  return conclude(finished, input, context);
}

/** A run that was killed is known to the agent only; one that failed or waits for approval is stored with its caller. */
async function chooseOpen(
  project: Project,
  id: string,
  open: readonly { readonly runId: string }[],
  owner: Caller,
): Promise<{ runId: string; caller: Caller }> {
  const found = id === 'last' ? open.slice(-1) : open.filter(({ runId }) => runId.startsWith(id));
  if (found.length > 1)
    throw new FieldkitError('RUN_NOT_FOUND', `${found.length} runs begin with "${id}"; give more of the id`);
  if (found[0] !== undefined) return { runId: found[0].runId, caller: owner };
  if (id === 'last') throw new FieldkitError('RUN_NOT_FOUND', `no run of ${owner.subject} waits to be resumed`);
  const others = (await openRuns(project.paths.sessions)).filter(({ runId }) => runId.startsWith(id));
  if (others.length === 1 && others[0] !== undefined) return others[0];
  const run = findRun(project.runs, id);
  return { runId: run.id, caller: run.caller };
}

/** `fieldkit runs replay ID`: the same question again as a new run, from a node on, possibly on another model. */
export async function replayRun(
  project: Project,
  id: string,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  const original = findRun(project.runs, id);
  const from = stringOption(input, 'from');
  const model = modelOption(input);
  await standinNotice(project, terminal);
  const finished = await showAnswer(
    project.replay(original, {
      ...(from === undefined ? {} : { from }),
      ...(model === undefined ? {} : { model }),
      signal,
    }),
    terminal,
  );
  signal.throwIfAborted();
  const before = outputOf(original);
  const same = before.text === finished.answer.text;
  if (flag(input, 'json'))
    terminal.json({
      ...answerJson(questionOf(original), finished),
      original: { runId: original.id, status: before.status, answer: before.text },
      sameAnswer: same,
    });
  terminal.line(
    `\n${same ? 'The same answer as' : 'Another answer than'} run ${original.id}, which was ${before.status || 'not ended'}.`,
  );
  return conclude(finished, input, context);
}

function modelOption(input: CommandInput): string | undefined {
  const text = stringOption(input, 'with');
  if (text === undefined) return undefined;
  const [, model] = /^model=(.+)$/.exec(text) ?? [];
  if (model === undefined)
    throw new FieldkitError(
      'INVALID_OPTION',
      `--with is written model=NAME, where NAME is chat, fast or a model of the endpoint, not "${text}"`,
    );
  return model;
}

function conclude(finished: FinishedAnswer, input: CommandInput, context: CommandContext): ExitCode {
  const { terminal } = context;
  const { run, answer } = finished;
  terminal.line(`\n${terminal.style.dim(statusLine(finished))}`);
  const waits = waitsForPerson(run);
  if (run.error !== undefined && !waits) terminal.notice(terminal.style.red(`${run.error.code}: ${run.error.message}`));
  terminal.line(`Next: ${nextStep(context, input, waits ? 'approvals list' : `runs show ${run.id}`)}`);
  if (waits) return 3;
  return answer.status === 'failed' ? 1 : 0;
}

function questionOf({ input }: Run): string {
  return fieldOf(input, 'question');
}

function outputOf({ output }: Run): { text: string; status: string } {
  return { text: fieldOf(output, 'text'), status: fieldOf(output, 'status') };
}

function fieldOf(value: unknown, key: string): string {
  const field = value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
  return typeof field === 'string' ? field : '';
}
