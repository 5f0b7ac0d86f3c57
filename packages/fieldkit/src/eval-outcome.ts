import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { counted, FieldkitError } from '@fieldkit/core';
import {
  buildReport,
  checkGates,
  defaultCriteria,
  type EvaluationReport,
  type Ledger,
  type LedgerTarget,
  type ReplayReport,
  reportText,
  type Scorer,
  wrap,
} from '@fieldkit/eval';
import type { Project } from '@fieldkit/project';
import { type CommandContext, type CommandInput, flag, nextStep, stringOption } from './command.ts';
import type { ChosenCases } from './eval-cases.ts';
import type { FixedCriteria } from './eval-gates.ts';
import { calibrationsOf } from './eval-labels.ts';
import { type Explain, HEADLINE, writeReport } from './eval-ledger.ts';
import { replayInProject } from './eval-replay.ts';
import { showNow } from './show-now.ts';

export interface ReportRequest {
  readonly ledger: Ledger;
  readonly project: Project;
  readonly targets: readonly LedgerTarget[];
  readonly scorers: readonly Scorer[];
  readonly criteria: FixedCriteria | undefined;
  readonly chosen: ChosenCases;
  readonly explain: Explain;
  readonly input: CommandInput;
  readonly context: CommandContext;
}

/** What `eval run` found, for the terminal, for machines and for the written report. */
export interface Reported {
  readonly report: EvaluationReport;
  readonly rows: number;
  /** Rows without an outcome: they are asked again by the next run. */
  readonly open: number;
  /** One example of each kind of failure. */
  readonly errors: ReadonlyMap<string, { readonly id: string; readonly message: string }>;
  readonly replay: ReplayReport | undefined;
  readonly written: readonly string[];
  readonly runId: string | undefined;
}

export async function makeReport(request: ReportRequest): Promise<Reported> {
  const { ledger, project, targets, scorers, criteria, chosen, explain, input, context } = request;
  const names = new Set(scorers.map(({ name }) => name));
  const headline = stringOption(input, 'scorer') ?? headlineOf(ledger, targets, scorers);
  if (!names.has(headline))
    throw new FieldkitError('INVALID_OPTION', `--scorer ${headline} is not among the scores: ${[...names].join(', ')}`);
  const errors = new Map<string, { id: string; message: string }>();
  const say = showNow(context.terminal);
  let [rows, open] = [0, 0];
  let runId: string | undefined;
  for (const target of targets) {
    for (const { key, round, item, outcome } of ledger.rows({ target })) {
      const { error, answer } = outcome;
      rows += 1;
      if (rows % 500 === 0) {
        say(() => `  reading ${counted(rows, 'row')}`);
        await setImmediate(); // else memory is not held down, and Ctrl-C not heard
      }
      if (error !== undefined && !errors.has(error.code))
        errors.set(error.code, { id: item.id, message: error.message });
      if (error !== undefined && !ledger.has(key.item, target, round)) open += 1;
      if (answer.runId !== '') runId ??= answer.runId;
    }
  }
  const replay = flag(input, 'replay')
    ? await replayInProject(project, { ledger, targets, scorers, explain, input, context })
    : undefined;
  const judges = scorers.filter(({ kind }) => kind === 'judge').map(({ name }) => name);
  const common = {
    ledger,
    title: `Evaluation of ${project.config.name}`,
    scorers,
    headline,
    attribute: explain,
    onProgress: (read: number) => say(() => `  counting ${counted(read, 'row')}`),
    calibrations: calibrationsOf(project.paths.root, judges, ledger, targets),
    ...(replay === undefined ? {} : { replays: replay.counts }),
  };
  const built = await buildReport({ ...common, targets });
  const summary = built.targets[0]?.summary;
  // the gates are those of this run, whatever else the ledger holds
  const passed =
    criteria === undefined || summary === undefined
      ? {}
      : { gates: checkGates(summary, criteria.criteria, { dataset: chosen.hash, ...criteria.fixed }) };
  const report = { ...built, ...passed };
  /** Written reports show every target of the ledger side by side; often those are the targets of this run. */
  const others = ledger
    .targets()
    .some(({ key, rounds }) => rounds > 0 && !targets.some((target) => target.key === key));
  const whole = async () => (others ? { ...(await buildReport(common)), ...passed } : report);
  const folder = stringOption(input, 'report');
  const gates = criteria?.criteria.gates.map(({ scorer, atLeast }) => [scorer, atLeast] as const) ?? [];
  const bounds = { ...defaultCriteria, ...Object.fromEntries(gates) };
  const written =
    folder === undefined
      ? []
      : await writeReport(ledger, resolve(context.cwd, folder), await whole(), bounds, (file, done) =>
          say(() => `  writing ${file}: ${counted(done, 'row')}`),
        );
  context.terminal.overwrite('');
  return { report, rows, open, errors, replay, written, runId };
}

/** Gold places when there are any, else the first score that was given. */
function headlineOf(ledger: Ledger, targets: readonly LedgerTarget[], scorers: readonly Scorer[]): string {
  const given = new Set<string>();
  for (const target of targets) {
    let seen = 0;
    for (const { scores } of ledger.rows({ target })) {
      for (const name of Object.keys(scores)) given.add(name);
      seen += 1;
      if (seen >= 200) break;
    }
  }
  const names = scorers.map(({ name }) => name).filter((name) => given.has(name));
  return names.includes(HEADLINE) ? HEADLINE : (names[0] ?? scorers[0]?.name ?? HEADLINE);
}

function missedGates({ report: { gates } }: Reported) {
  return gates?.gates.filter(({ outcome }) => outcome === 'missed') ?? [];
}

export function jsonOf(reported: Reported) {
  const { report, replay } = reported;
  return {
    report,
    missedGates: missedGates(reported).map(({ gate, atLeast, value }) => ({
      scorer: gate,
      min: atLeast,
      found: value,
    })),
    ...(report.gates === undefined ? {} : { gates: report.gates }),
    ...(replay === undefined ? {} : { replay }),
  };
}

export function showReported(
  reported: Reported,
  input: CommandInput,
  { line, notice, style, width }: CommandContext['terminal'],
): void {
  const { report, errors, replay, written } = reported;
  const columns = Math.min(width, 120);
  line(`\n${reportText(report, { width: columns, details: flag(input, 'details') }).trimEnd()}`);
  for (const [code, { id, message }] of errors)
    line(`\n${wrap(`${code}, for example ${id}: ${message}`, columns, '  ', 6).join('\n')}`);
  if (replay !== undefined) showReplay(replay, line);
  line();
  for (const file of written) line(`Written: ${file}`);
  for (const { gate, value, atLeast } of missedGates(reported))
    notice(style.red(`gate missed: ${gate} is ${value ?? 'not scored'}, needs ${atLeast}`));
  if (report.gates?.outcome === 'moved') notice(style.red(`gates not passed: ${report.gates.reason}`));
}

function showReplay({ counts, unstable }: ReplayReport, line: (text: string) => void): void {
  line('\nReplayed with one change at a time');
  for (const { cause, change, tried, fixed } of counts) line(`  ${cause}: ${change} fixed ${fixed} of ${tried}`);
  if (counts.length === 0) line('  no failure has a cause that one of the changes could prove');
  if (unstable.length > 0) line(`  left out, as they passed when asked again without a change: ${unstable.join(', ')}`);
}

export function nextLine(
  { runId, report }: Reported,
  { kept, agent }: { kept: boolean; agent: boolean },
  input: CommandInput,
  context: CommandContext,
): string {
  const failed = report.targets.some(({ attribution }) => (attribution?.failed ?? 0) > 0);
  const steps = [
    ...(agent && failed && !flag(input, 'replay') ? ['eval run --ledger --replay'] : []),
    ...(kept ? [] : ['eval run --report evidence/report']),
    ...(runId === undefined ? [] : [`runs show ${runId}`]),
  ];
  return `Next: ${nextStep(context, input, steps[0] ?? 'eval check')}${steps[1] === undefined ? '' : `   or: ${nextStep(context, input, steps[1])}`}`;
}

export async function casesOf(ledger: Ledger, targets: readonly LedgerTarget[], explain: Explain) {
  const cases = [];
  for (const target of targets) {
    for (const row of ledger.rows({ target, traces: true })) {
      const { item, outcome, scores, round } = row;
      const { answer, durationMs, error } = outcome;
      const cause = await explain(row);
      cases.push({
        order: row.key.item,
        id: item.id,
        target: target.name,
        round,
        kind: item.kind,
        split: item.split,
        question: item.question,
        answer: answer.text,
        status: answer.status,
        citations: answer.citations,
        scores,
        ...(cause === undefined ? {} : { cause }),
        durationMs: Math.round(durationMs),
        ...(answer.runId === '' ? {} : { runId: answer.runId }),
        ...(error === undefined ? {} : { error }),
      });
    }
  }
  // rows come as they were answered; people look for them as they were asked
  return cases.sort((a, b) => a.order - b.order).map(({ order: _, ...shown }) => shown);
}
