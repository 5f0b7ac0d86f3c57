import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  agentScorers,
  buildReport,
  type Case,
  type CaseResult,
  type Criteria,
  canonicalJson,
  checkGates,
  compareTargets,
  comparisonSentence,
  createScoreMatrix,
  type EvaluateOptions,
  evaluateToLedger,
  type Ledger,
  openLedger,
  reportHtml,
  reportMarkdown,
  rowsCsv,
  rowsJunit,
  type Summary,
} from '@fieldkit/eval';
import { createAgentTarget, type Project, promptFiles } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { writeWhole } from './write-file.ts';

/** Score that comparison and worst items go by, when no other is named. */
const HEADLINE = 'gold-place-first-3';

export function ledgerPath(root: string): string {
  return join(root, 'evidence', 'evaluation.sqlite');
}

/** Asks only what the ledger does not have yet, and counts everything from its rows. */
export async function runToLedger(
  project: Project,
  cases: readonly Case[],
  options: Pick<EvaluateOptions, 'concurrency' | 'signal' | 'onProgress' | 'context'> & {
    readonly name: string;
    readonly report: string | undefined;
    readonly criteria: Criteria | undefined;
  },
): Promise<{ summary: Summary; results: CaseResult[]; written: string[]; reused: number }> {
  const { name, report, criteria, onProgress, ...rest } = options;
  let asked = 0;
  const ledger = openLedger({ path: ledgerPath(project.paths.root) });
  try {
    const identity = await identityOf(project);
    ledger.saveConfiguration({ name, questions: cases.length }, identity);
    const [evaluated] = await evaluateToLedger({
      ledger,
      cases: () => cases,
      targets: [{ name, identity, ask: createAgentTarget(project) }],
      scorers: agentScorers,
      total: cases.length,
      ...rest,
      onProgress(progress) {
        asked = progress.done;
        onProgress?.(progress);
      },
    });
    if (evaluated === undefined) throw new FieldkitError('INTERNAL', 'the evaluation ended without a summary');
    const target = ledger.target(name, identity);
    const results = [...ledger.rows({ target })].map(({ item, outcome, scores }, index) => ({
      index,
      item,
      outcome,
      scores,
    }));
    const written =
      report === undefined
        ? []
        : await writeReport(ledger, report, project.config.name, criteria, evaluated.summary, datasetHash(cases));
    return { summary: evaluated.summary, results, written, reused: cases.length - asked };
  } finally {
    ledger.close();
  }
}

/** SHA-256 over the cases with their labels, as a report names it. */
export function datasetHash(cases: readonly Case[]): string {
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  return sha256(
    cases
      .map((item) => sha256(canonicalJson(item)))
      .sort()
      .join(),
  );
}

/** All that answers depend on: another pipeline, model, prompt or document is another target. */
async function identityOf(project: Project): Promise<unknown> {
  const { baseUrl, standin, modelNames } = await project.endpoint();
  const { retrieval, tools, knowledge, index } = project.config;
  const documents = createHash('sha256');
  const files = project.documents.list().map(({ id, contentHash, readerStamp }) => [id, contentHash, readerStamp]);
  documents.update(JSON.stringify(files.sort()));
  return {
    plan: project.plan(),
    prompts: promptFiles(project.paths.root),
    models: modelNames,
    endpoint: standin ? 'stand-in' : baseUrl, // a stand-in takes another port each time
    retrieval,
    tools,
    segmentation: knowledge.segmentation,
    engine: index.engine,
    documents: documents.digest('hex'),
  };
}

async function writeReport(
  ledger: Ledger,
  folder: string,
  project: string,
  criteria: Criteria | undefined,
  summary: Summary,
  dataset: string,
): Promise<string[]> {
  const built = await buildReport({
    ledger,
    title: `Evaluation of ${project}`,
    scorers: agentScorers,
    headline: HEADLINE,
  });
  // the gates are those of this run, whatever else the ledger holds
  const report = criteria === undefined ? built : { ...built, gates: checkGates(summary, criteria, { dataset }) };
  const names = agentScorers.map(({ name }) => name);
  const bounds = Object.fromEntries(criteria?.gates.map(({ scorer, atLeast }) => [scorer, atLeast]) ?? []);
  const files: Record<string, string> = {
    'report.html': reportHtml(report),
    'report.md': reportMarkdown(report),
    'report.json': `${JSON.stringify(report, null, 2)}\n`,
    'rows.csv': [...rowsCsv(ledger.rows(), names)].join(''),
    'junit.xml': [...rowsJunit(ledger.rows(), bounds)].join(''),
  };
  return Object.entries(files).map(([name, content]) => {
    const file = join(folder, name);
    writeWhole(file, content);
    return file;
  });
}

/** `fieldkit eval compare A B`: two targets of the ledger, item by item. */
export async function compareInLedger(
  root: string,
  names: readonly [string, string],
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const scorer = stringOption(input, 'scorer') ?? HEADLINE;
  const known = agentScorers.map(({ name }) => name);
  if (!known.includes(scorer))
    throw new FieldkitError('INVALID_OPTION', `there is no scorer "${scorer}"; there are: ${known.join(', ')}`);
  const path = ledgerPath(root);
  if (!existsSync(path))
    throw new FieldkitError(
      'INVALID_OPTION',
      `there is no ledger ${path}; run \`fieldkit eval run --ledger --name NAME\``,
    );
  const ledger = openLedger({ path });
  try {
    const targets = numbered(ledger);
    const [a, b] = [findTarget(targets, names[0]), findTarget(targets, names[1])];
    if (a.key === b.key)
      throw new FieldkitError('INVALID_OPTION', 'A and B are the same; name each run with eval run --ledger --name');
    const matrix = createScoreMatrix();
    for (const target of [a, b]) {
      for (const row of ledger.rows({ target: { key: target.key, name: target.plain } }))
        matrix.add(target.name, row.item, row.scores);
    }
    const [comparison] =
      matrix.targets.length === 2 ? compareTargets({ matrix, pairs: [[a.name, b.name]], scorers: [scorer] }) : [];
    if (comparison === undefined)
      throw new FieldkitError(
        'DATASET_INVALID',
        `${a.name} and ${b.name} share no question that ${scorer} scores; run both on the same questions`,
      );
    if (flag(input, 'json')) terminal.json(comparison);
    terminal.line(comparisonSentence(comparison));
    terminal.line(
      `  ${comparison.n} questions, ${comparison.onlyA} better in ${a.name}, ${comparison.onlyB} better in ${b.name}`,
    );
    terminal.line(`Next: ${nextStep(context, input, 'eval run --ledger --report evidence/report')}`);
    return 0;
  } finally {
    ledger.close();
  }
}

interface NamedRow {
  readonly key: number;
  readonly plain: string;
  readonly name: string;
}

/** Two configurations under one name are numbered, as in the report. */
function numbered(ledger: Ledger): NamedRow[] {
  const all = ledger.targets().filter(({ rounds }) => rounds > 0);
  return all.map(({ key, name }, index) => {
    const same = all.filter((target) => target.name === name);
    const number = all.slice(0, index + 1).filter((target) => target.name === name).length;
    return { key, plain: name, name: same.length === 1 ? name : `${name} #${number}` };
  });
}

function findTarget(targets: readonly NamedRow[], given: string): NamedRow {
  const wanted = given.replace(/\s*#/, ' #');
  const found = targets.find(({ name }) => name === wanted) ?? targets.findLast(({ plain }) => plain === given);
  if (found !== undefined) return found;
  const names = targets.map(({ name }) => name).join(', ');
  throw new FieldkitError(
    'INVALID_OPTION',
    `the ledger has no "${given}"; ${names === '' ? 'it is empty: run `fieldkit eval run --ledger --name NAME`' : `it has ${names}`}`,
  );
}
