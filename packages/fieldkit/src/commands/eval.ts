import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  agentScorers,
  type Case,
  type CaseResult,
  type Criteria,
  checkGates,
  type EvaluateOptions,
  evaluate,
  type Progress,
  parseCriteria,
  readCases,
  type Summary,
  summaryText,
} from '@fieldkit/eval';
import { createAgentTarget, findProject, type Project } from '@fieldkit/project';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { compareInLedger, datasetHash, ledgerPath, runToLedger } from '../eval-ledger.ts';
import { addFromRun, importQuestions, questionsPath, writeTemplate } from '../eval-questions.ts';
import { standinNotice } from '../standin-notice.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    'eval run [--split NAME] [--min SCORER=VALUE] [--ledger [--name NAME]] [--report DIR] | eval compare A B | eval template --out FILE | eval import FILE | eval add --from-run ID [--project DIR] [--json]',
  description:
    "`run` asks the project's questions (evals/questions.jsonl) through the agent and scores each answer by rules: gold place cited, reference words,\nrefusals, verbatim quotes, forbidden text. A score below --min, or below a gate of --criteria, ends with exit code 4. With --ledger outcomes are kept in\nevidence/, what is there already is not asked again, and a run that was cut short goes on. `compare` tells whether two named runs of the ledger differ.\n`template` writes the sheet that experts fill in, `import` adds its rows to the questions, `add` makes a question of a run.",
  options: {
    ...PROJECT_OPTIONS,
    questions: {
      type: 'string',
      value: 'FILE',
      summary: 'JSON Lines of questions (default: evals/questions.jsonl of the project)',
    },
    split: { type: 'string', value: 'NAME', summary: 'only this split: dev, unseen, or all (default: all)' },
    kind: { type: 'string', value: 'NAME', summary: 'only this kind of question; with add: its kind' },
    limit: { type: 'string', value: 'N', summary: 'the first N questions only' },
    concurrency: { type: 'string', value: 'N', summary: 'questions at a time (default 2)' },
    min: {
      type: 'string',
      multiple: true,
      value: 'SCORER=VALUE',
      summary: 'a gate, 0 to 1; may be given several times',
    },
    criteria: { type: 'string', value: 'FILE', summary: 'JSON of gates that were fixed before: {"gates":[…]}' },
    ledger: { type: 'boolean', summary: 'keep outcomes in evidence/evaluation.sqlite and go on from there' },
    name: { type: 'string', value: 'NAME', summary: "how the ledger calls this run (default: the project's name)" },
    report: {
      type: 'string',
      value: 'DIR',
      summary: 'write HTML, Markdown, CSV, JUnit and JSON of the ledger there; implies --ledger',
    },
    scorer: { type: 'string', value: 'NAME', summary: 'score that is compared (default gold-place-first-3)' },
    out: { type: 'string', value: 'FILE', summary: 'template: where to write it, .xlsx or .csv' },
    language: { type: 'string', value: 'zh|en', summary: 'template: header in one language (default: both)' },
    'from-run': { type: 'string', value: 'ID', summary: 'add: the run, the start of its id, or last' },
    reference: { type: 'string', multiple: true, value: 'TEXT', summary: 'add: a right answer; several are allowed' },
    right: { type: 'boolean', summary: 'add: the citations of the run are the right evidence' },
    expect: { type: 'string', value: 'STATUS', summary: 'add: answered, insufficient or refused (default answered)' },
  },
  examples: [
    'fieldkit eval run --split dev --min gold-place-first-3=0.9 --json',
    'fieldkit eval run --ledger --name before --report evidence/report',
    'fieldkit eval compare before after',
    'fieldkit eval template --out questions.xlsx --language zh',
    'fieldkit eval add --from-run last --right',
  ],
  positionals: { min: 1, max: 3 },
  async run(input, context) {
    const [action, first, second] = input.positionals;
    if (action === 'run' && first === undefined)
      return withProject(input, context, (project) => runQuestions(project, input, context));
    const root = findProject(context.cwd, stringOption(input, 'project'));
    if (action === 'compare' && first !== undefined && second !== undefined)
      return compareInLedger(root, [first, second], input, context);
    if (action === 'template' && first === undefined) return writeTemplate(root, input, context);
    if (action === 'import' && first !== undefined && second === undefined)
      return importQuestions(root, first, input, context);
    if (action === 'add' && first === undefined) return addFromRun(root, input, context);
    throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
  },
};

async function runQuestions(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, signal, cwd } = context;
  const path = questionsPath(project.paths.root, input, cwd);
  const criteria = gatesOf(input, cwd);
  const report = stringOption(input, 'report');
  const name = stringOption(input, 'name') ?? project.config.name;
  const cases = await selectCases(path, {
    split: stringOption(input, 'split') ?? 'all',
    kind: stringOption(input, 'kind'),
    limit: positiveInteger(stringOption(input, 'limit'), 'limit'),
  });
  const concurrency = positiveInteger(stringOption(input, 'concurrency'), 'concurrency') ?? 2;
  await standinNotice(project, terminal);
  const settings = {
    concurrency,
    context: { documentText: (id: string) => project.documents.get(id)?.text },
    signal,
    onProgress: ({ done, total, leftMs }: Progress) => {
      if (terminal.interactive)
        terminal.write(`\r  ${done}/${total} questions, about ${Math.ceil((leftMs ?? 0) / 1000)} s left   `);
      else if (done % 10 === 0) terminal.notice(`  ${done}/${total} questions`);
    },
  };
  const kept = flag(input, 'ledger') || report !== undefined;
  const folder = report === undefined ? undefined : resolve(cwd, report);
  const { summary, results, written, reused } = kept
    ? await runToLedger(project, cases, { ...settings, name, report: folder, criteria })
    : await runOnce(project, cases, settings);
  const gates = criteria === undefined ? undefined : checkGates(summary, criteria, { dataset: datasetHash(cases) });
  const missed = gates?.gates.filter(({ outcome }) => outcome === 'missed') ?? [];
  results.sort((a, b) => a.index - b.index);
  if (flag(input, 'json'))
    terminal.json({
      questions: path,
      summary,
      missedGates: missed.map(({ gate, atLeast, value }) => ({ scorer: gate, min: atLeast, found: value })),
      ...(gates === undefined ? {} : { gates }),
      ...(kept ? { ledger: ledgerPath(project.paths.root), reused, written } : {}),
      cases: results.map(caseJson),
    });
  if (reused > 0)
    terminal.line(`${reused} of ${cases.length} questions were in the ledger already and were not asked again`);
  terminal.line(`\n${summaryText(summary)}`);
  showErrors(results, terminal.line);
  showWorst(results, terminal.line);
  for (const file of written) terminal.line(`Written: ${file}`);
  for (const { gate, value, atLeast } of missed)
    terminal.notice(terminal.style.red(`gate missed: ${gate} is ${value ?? 'not scored'}, needs ${atLeast}`));
  if (gates?.outcome === 'moved') terminal.notice(terminal.style.red(`gates not passed: ${gates.reason}`));
  const failed = summary.statuses.failed ?? 0;
  terminal.line(
    `Next: ${nextStep(context, input, `runs show ${runIdOf(results[0]) ?? 'last'}`)}   or the whole result: ${nextStep(context, input, 'eval run --json')}`,
  );
  if (gates !== undefined && gates.outcome !== 'passed') return 4;
  return failed > 0 ? 3 : 0;
}

type RunSettings = Pick<EvaluateOptions, 'concurrency' | 'signal' | 'onProgress' | 'context'>;

async function runOnce(project: Project, cases: readonly Case[], settings: RunSettings) {
  const results: CaseResult[] = [];
  let summary: Summary | undefined;
  const target = createAgentTarget(project);
  for await (const event of evaluate({ cases, total: cases.length, target, scorers: agentScorers, ...settings })) {
    if (event.type === 'case-end') results.push(event.result);
    else summary = event.summary;
  }
  if (summary === undefined) throw new FieldkitError('INTERNAL', 'the evaluation ended without a summary');
  return { summary, results, written: [], reused: 0 };
}

function runIdOf(result: CaseResult | undefined): string | undefined {
  const id = result?.outcome.run?.id ?? result?.outcome.answer.runId;
  return id === '' ? undefined : id;
}

function positiveInteger(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new FieldkitError('INVALID_OPTION', `--${name} must be a whole number from 1, not "${text}"`);
  return value;
}

async function selectCases(
  path: string,
  { split, kind, limit }: { split: string; kind: string | undefined; limit: number | undefined },
): Promise<Case[]> {
  const all: Case[] = [];
  for await (const item of readCases(path)) all.push(item);
  const chosen = all
    .filter((item) => (split === 'all' || item.split === split) && (kind === undefined || item.kind === kind))
    .slice(0, limit);
  if (chosen.length > 0) return chosen;
  const splits = [...new Set(all.map((item) => item.split))].join(', ');
  const kinds = [...new Set(all.map((item) => item.kind))].join(', ');
  throw new FieldkitError(
    'DATASET_INVALID',
    `no question of ${path} was chosen; it has splits: ${splits || 'none'}; kinds: ${kinds || 'none'}`,
  );
}

/** The gates of `--criteria` and `--min` together; undefined when there is none. */
function gatesOf(input: CommandInput, cwd: string): Criteria | undefined {
  const file = stringOption(input, 'criteria');
  const fixed = file === undefined ? undefined : readCriteria(resolve(cwd, file));
  const { min } = input.options;
  const given = (Array.isArray(min) ? min.map(String) : []).map((text) => {
    const [, scorer = '', bound = ''] = /^([a-z0-9-]+)=([0-9.]+)$/.exec(text) ?? [];
    const names = agentScorers.map(({ name }) => name);
    if (!names.includes(scorer) || !(Number(bound) >= 0 && Number(bound) <= 1)) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `--min wants SCORER=VALUE with a value from 0 to 1, not "${text}"; scorers: ${names.join(', ')}`,
      );
    }
    return { scorer, atLeast: Number(bound), by: 'mean' as const, ofAll: false, items: 1 };
  });
  const gates = [...(fixed?.gates ?? []), ...given];
  return gates.length === 0 ? undefined : { ...fixed, gates };
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

function caseJson(result: CaseResult) {
  const { item, outcome, scores } = result;
  const { answer, durationMs, error } = outcome;
  return {
    id: item.id,
    kind: item.kind,
    split: item.split,
    question: item.question,
    answer: answer.text,
    status: answer.status,
    citations: answer.citations,
    scores,
    durationMs: Math.round(durationMs),
    runId: runIdOf(result),
    ...(error === undefined ? {} : { error }),
  };
}

/** One message for each kind of failure. */
function showErrors(results: readonly CaseResult[], line: (text: string) => void): void {
  const first = new Map(
    results.flatMap(({ item, outcome: { error } }) =>
      error === undefined ? [] : [[error.code, { item, error }] as const],
    ),
  );
  for (const [code, { item, error }] of first) line(`  ${code}, for example ${item.id}: ${error.message}`);
  if (first.size > 0) line('');
}

/** The items that missed most, with a reason each, so that a person knows where to look. */
function showWorst(results: readonly CaseResult[], line: (text: string) => void, most = 8): void {
  const missed = results.flatMap(({ item, scores, outcome }) => {
    const bad = Object.entries(scores).filter(([, { value }]) => value !== 'unavailable' && value < 1 && value < 0.5);
    const telling = bad.filter(
      ([name]) =>
        name === 'gold-place-first-3' || name === 'refusal' || name === 'forbidden' || name === 'quotes-verbatim',
    );
    return telling.length === 0 ? [] : [{ item, telling, run: outcome.run?.id }];
  });
  if (missed.length === 0) return;
  line(`Missed (${Math.min(most, missed.length)} of ${missed.length}):`);
  for (const { item, telling, run } of missed.slice(0, most)) {
    line(`  ${item.id} (${item.kind}) ${item.question}`);
    for (const [name, { reason }] of telling) line(`      ${name}: ${reason}${run === undefined ? '' : `  [${run}]`}`);
  }
  line('');
}
