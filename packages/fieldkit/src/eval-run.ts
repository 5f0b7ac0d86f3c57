import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  type AttributionFacts,
  agentScorers,
  scorers as allScorers,
  attribute,
  buildReport,
  type Criteria,
  checkGates,
  comparableScorers,
  createBundle,
  defaultCriteria,
  type EvaluationReport,
  evaluateByBatch,
  evaluateToLedger,
  hashCriteria,
  type Ledger,
  type LedgerTarget,
  metricBundles,
  type NamedTarget,
  openFileTarget,
  openLedger,
  type Progress,
  parseCriteria,
  type ReplayReport,
  reportText,
  rescoreLedger,
  type Scorer,
  wrap,
} from '@fieldkit/eval';
import {
  attributionFacts,
  findNamed,
  namedAgentTarget,
  openJudges,
  openTargets,
  type Project,
  promptTargets,
} from '@fieldkit/project';
import {
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  listOption,
  nextStep,
  stringOption,
} from './command.ts';
import { type ChosenCases, chooseCases, questionsPath } from './eval-cases.ts';
import { calibrationsOf } from './eval-labels.ts';
import { type Explain, HEADLINE, ledgerPath, writeReport } from './eval-ledger.ts';
import { replayInProject } from './eval-replay.ts';
import { standinNotice } from './standin-notice.ts';
import { limitYoungGeneration } from './young-generation.ts';

/** Questions after which a target that failed on each of them for the same reason is given up. */
const GIVE_UP_AFTER = 5;
/** Rows that `--json` prints; more are in the report's rows.csv. */
const MOST_ROWS = 5_000;

/** `fieldkit eval run`: questions through one or several targets, scored, explained, reported. */
export async function runEvaluation(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const { root } = project.paths;
  const path = questionsPath(root, input, cwd);
  const folder = stringOption(input, 'report');
  const given = gatesOf(input, cwd);
  const chosen = await chooseCases(path, {
    split: stringOption(input, 'split') ?? 'all',
    kind: stringOption(input, 'kind'),
    limit: wholeNumber(input, 'limit'),
  });
  const rounds = wholeNumber(input, 'rounds') ?? 1;
  const byBatch = flag(input, 'batch');
  const { targets, agent, asksModels, close } = await chooseTargets(project, input, context);
  const scorers = await chooseScorers(project, agent, targets, input);
  checkScorers(given, scorers);
  const kept = flag(input, 'ledger') || byBatch || folder !== undefined;
  const scratch = kept ? undefined : mkdtempSync(join(tmpdir(), 'fieldkit-eval-'));
  const ledger = openLedger({ path: scratch === undefined ? ledgerPath(root) : join(scratch, 'ledger.sqlite') });
  const release = limitYoungGeneration();
  try {
    if (agent !== undefined) {
      const { chunks } = await project.indexStats();
      if (chunks === 0)
        throw new FieldkitError('INDEX_NOT_FOUND', 'nothing is indexed yet; run `fieldkit ingest` first');
    }
    if (asksModels) await standinNotice(project, terminal);
    const criteria = fixedCriteria(given, kept ? ledger : undefined);
    ledger.saveConfiguration(
      { command: input.options, questions: path },
      {
        dataset: chosen.hash,
        rounds,
        scorers: scorers.map(({ name }) => name),
        targets: targets.map(({ name, identity }) => ({ name, identity })),
        ...(criteria === undefined ? {} : { criteria: { file: criteria.file, hash: hashCriteria(criteria.criteria) } }),
      },
    );
    const before = ledger.count().outcomes;
    await ask(ledger, targets, chosen, { rounds, byBatch, scorers, project, input, context });
    const asked = ledger.count().outcomes - before;
    const facts = agent === undefined ? undefined : await attributionFacts(project);
    const explain = explainer(agent, facts, scorers);
    const of = targets.map(({ name, identity }) => ledger.target(name, identity));
    const reported = await makeReport({
      ledger,
      project,
      targets: of,
      scorers,
      criteria,
      chosen,
      explain,
      input,
      context,
    });
    const reused = reported.rows - asked - reported.open;
    const { summary } = reported.report.targets[0] ?? { summary: undefined };
    if (flag(input, 'json'))
      terminal.json({
        questions: path,
        summary,
        ...jsonOf(reported),
        ...(kept ? { ledger: ledgerPath(root), reused, written: reported.written } : {}),
        ...(reported.rows <= MOST_ROWS ? { cases: await casesOf(ledger, of, explain) } : {}),
      });
    if (reused > 0)
      terminal.line(`${reused} of ${reported.rows} answers were in the ledger already and were not asked again`);
    show(reported, input, terminal);
    terminal.line(nextLine(reported, { kept, agent: agent !== undefined }, input, context));
    const { gates, targets: done } = reported.report;
    if (gates !== undefined && gates.outcome !== 'passed') return 4;
    return done.some(({ summary: { statuses } }) => (statuses.failed ?? 0) > 0) ? 3 : 0;
  } finally {
    release();
    ledger.close();
    close();
    if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
  }
}

interface ChosenTargets {
  readonly targets: readonly NamedTarget[];
  /** The name under which the project's own agent is asked, if it is. */
  readonly agent: string | undefined;
  /** Whether the project's endpoint is asked: by the agent or by prompts. */
  readonly asksModels: boolean;
  close(): void;
}

/** The agent, unless the command names other targets: configured ones, prompts on models, files of outputs. */
async function chooseTargets(
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
async function chooseScorers(
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

interface AskSettings {
  readonly rounds: number;
  readonly byBatch: boolean;
  readonly scorers: readonly Scorer[];
  readonly project: Project;
  readonly input: CommandInput;
  readonly context: CommandContext;
}

/** Asks what the ledger does not have, and scores what it has by the rules of today. */
async function ask(
  ledger: Ledger,
  targets: readonly NamedTarget[],
  { cases, count }: ChosenCases,
  { rounds, byBatch, scorers, project, input, context }: AskSettings,
): Promise<void> {
  const { terminal, signal } = context;
  const concurrency = wholeNumber(input, 'concurrency') ?? 2;
  const pollMs = secondsOption(input, 'poll');
  const timeoutMs = secondsOption(input, 'timeout');
  const scoreContext = { documentText: (id: string) => project.documents.get(id)?.text };
  const stored = ledger.count().outcomes;
  const common = { ledger, cases, targets, rounds, scorers, concurrency, context: scoreContext, signal };
  if (byBatch) {
    let said = '';
    await evaluateByBatch({
      ...common,
      ...(pollMs === undefined ? {} : { pollMs }),
      onProgress({ target, batchId, state, status, lines, completed }) {
        const line = `  ${target}: batch ${batchId} of ${lines} questions, ${state === 'waiting' ? `${status}, ${completed} done` : state === 'lost' ? `lost (${status}), sent again` : state}`;
        if (line === said) return;
        said = line;
        terminal.notice(line);
      },
    }).catch((error: unknown) => {
      if (signal.aborted)
        terminal.notice(
          'The batches go on at the endpoint: the same command again collects them and sends only the rest.',
        );
      throw error;
    });
  } else {
    await evaluateToLedger({
      ...common,
      total: count,
      giveUpAfter: Math.min(GIVE_UP_AFTER, count),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      onProgress: showProgress(terminal),
    });
  }
  terminal.overwrite('');
  if (stored === 0) return;
  for (const { name, identity } of targets) {
    await rescoreLedger({
      ledger,
      scorers,
      target: ledger.target(name, identity),
      judgeAgain: false,
      concurrency,
      context: scoreContext,
      signal,
    });
  }
}

/** A line that is written over in a terminal; else one each two seconds. */
function showProgress(terminal: CommandContext['terminal']) {
  let last = performance.now();
  return ({
    done,
    total = 0,
    reused,
    perSecond,
    leftMs,
    cost,
    failed,
  }: Progress & { readonly reused: number }): void => {
    if (performance.now() - last < (terminal.interactive ? 100 : 2000)) return;
    last = performance.now();
    const paid = Object.entries(cost).map(([currency, micro]) => `, ${(micro / 1e6).toFixed(4)} ${currency} so far`);
    const left = leftMs === undefined ? '' : `, about ${duration(leftMs)} left`;
    const line = `  ${done + reused}/${total} answers, ${perSecond.toFixed(1)} a second${failed === 0 ? '' : `, ${failed} failed`}${paid.join('')}${left}`;
    if (terminal.interactive) terminal.overwrite(line);
    else terminal.notice(line);
  };
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** Causes of failure; documents, chunks and a wider retrieval are known for the project's own agent only. */
function explainer(
  agent: string | undefined,
  facts: AttributionFacts | undefined,
  scorers: readonly Scorer[],
): Explain {
  const judges = scorers.filter(({ kind }) => kind === 'judge').map(({ name }) => name);
  return (row) => attribute(row, { judges, ...(row.target === agent && facts !== undefined ? { facts } : {}) });
}

interface ReportRequest {
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

interface Reported {
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

async function makeReport(request: ReportRequest): Promise<Reported> {
  const { ledger, project, targets, scorers, criteria, chosen, explain, input, context } = request;
  const names = new Set(scorers.map(({ name }) => name));
  const headline = stringOption(input, 'scorer') ?? headlineOf(ledger, targets, scorers);
  if (!names.has(headline))
    throw new FieldkitError('INVALID_OPTION', `--scorer ${headline} is not among the scores: ${[...names].join(', ')}`);
  const errors = new Map<string, { id: string; message: string }>();
  let [rows, open] = [0, 0];
  let runId: string | undefined;
  for (const target of targets) {
    for (const { key, round, item, outcome } of ledger.rows({ target })) {
      const { error, answer } = outcome;
      rows += 1;
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
  /** Written reports show every target of the ledger side by side. */
  const whole = async () => ({ ...(await buildReport(common)), ...passed });
  const folder = stringOption(input, 'report');
  const gates = criteria?.criteria.gates.map(({ scorer, atLeast }) => [scorer, atLeast] as const) ?? [];
  const bounds = { ...defaultCriteria, ...Object.fromEntries(gates) };
  const written = folder === undefined ? [] : writeReport(ledger, resolve(context.cwd, folder), await whole(), bounds);
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

function jsonOf(reported: Reported) {
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

function show(
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

function nextLine(
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

async function casesOf(ledger: Ledger, targets: readonly LedgerTarget[], explain: Explain) {
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

interface FixedCriteria {
  readonly criteria: Criteria;
  readonly file: string | null;
  /** What was noted when the file was first used with this ledger. */
  readonly fixed: { readonly fixedHash?: string };
}

/** A criteria file is fixed by its first use with a ledger: other gates under the same name do not count as passed. */
function fixedCriteria(
  given: { readonly criteria: Criteria; readonly file: string | null } | undefined,
  ledger: Ledger | undefined,
): FixedCriteria | undefined {
  if (given === undefined) return undefined;
  if (given.file === null || ledger === undefined) return { ...given, fixed: {} };
  for (const { effective } of ledger.configurations()) {
    const noted = effective !== null && typeof effective === 'object' ? Reflect.get(effective, 'criteria') : undefined;
    if (noted?.file === given.file && typeof noted.hash === 'string')
      return { ...given, fixed: { fixedHash: noted.hash } };
  }
  return { ...given, fixed: {} };
}

/** The gates of `--criteria` and `--min` together; undefined when there is none. */
function gatesOf(input: CommandInput, cwd: string): { criteria: Criteria; file: string | null } | undefined {
  const path = stringOption(input, 'criteria');
  const file = path === undefined ? null : resolve(cwd, path);
  const written = file === null ? undefined : readCriteria(file);
  const given = (listOption(input, 'min') ?? []).map((text) => {
    const [, scorer = '', bound = ''] = /^([a-z0-9-]+)=([0-9.]+)$/.exec(text) ?? [];
    if (scorer === '' || !(Number(bound) >= 0 && Number(bound) <= 1))
      throw new FieldkitError('INVALID_OPTION', `--min wants SCORER=VALUE with a value from 0 to 1, not "${text}"`);
    return { scorer, atLeast: Number(bound), by: 'mean' as const, ofAll: false, items: 1 };
  });
  const gates = [...(written?.gates ?? []), ...given];
  return gates.length === 0 ? undefined : { criteria: { ...written, gates }, file };
}

function readCriteria(file: string): Criteria {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `--criteria ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return parseCriteria(value, file);
}

function checkScorers(given: { readonly criteria: Criteria } | undefined, scorers: readonly Scorer[]): void {
  for (const { scorer } of given?.criteria.gates ?? []) findNamed(scorer, scorers, 'scorer of this run');
}

function wholeNumber(input: CommandInput, name: string): number | undefined {
  const text = stringOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new FieldkitError('INVALID_OPTION', `--${name} must be a whole number from 1, not "${text}"`);
  return value;
}

function secondsOption(input: CommandInput, name: string): number | undefined {
  const text = stringOption(input, name);
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!(value > 0)) throw new FieldkitError('INVALID_OPTION', `--${name} must be a number of seconds, not "${text}"`);
  return value * 1000;
}
