import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import {
  type attribute,
  compareTargets,
  comparisonSentence,
  createScoreMatrix,
  type EvaluationReport,
  type Ledger,
  type LedgerRow,
  openLedger,
  reportHtml,
  reportMarkdown,
  rowsCsv,
  rowsJunit,
  scorers,
} from '@fieldkit/eval';
import { projectPaths } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { writePieces, writeWhole } from './write-file.ts';

/** Score that comparison and worst items go by, when no other is named. */
export const HEADLINE = 'gold-place-first-3';

/** Names the cause of a row that failed. */
export type Explain = (row: Pick<LedgerRow, 'target' | 'item' | 'outcome' | 'scores'>) => ReturnType<typeof attribute>;

export function ledgerPath(root: string): string {
  return projectPaths(root).evaluations;
}

/** The ledger of a project. @throws {FieldkitError} `INVALID_OPTION` when there is none yet. */
export function openProjectLedger(root: string): Ledger {
  const path = ledgerPath(root);
  if (existsSync(path)) return openLedger({ path });
  throw new FieldkitError(
    'INVALID_OPTION',
    `there is no ledger ${path}; run \`fieldkit eval run --ledger --name NAME\``,
  );
}

/** Writes a report in every form; the rows go from the ledger to their files one by one. */
export async function writeReport(
  ledger: Ledger,
  folder: string,
  report: EvaluationReport,
  bounds: Readonly<Record<string, number>>,
  onProgress?: (file: string, rows: number) => void,
): Promise<string[]> {
  const names = [...new Set(report.targets.flatMap(({ summary }) => summary.scores.map(({ scorer }) => scorer)))];
  const wholes: Record<string, string> = {
    'report.html': reportHtml(report),
    'report.md': reportMarkdown(report),
    'report.json': `${JSON.stringify(report, null, 2)}\n`,
  };
  const streamed: Record<string, Iterable<string>> = {
    'rows.csv': rowsCsv(ledger.rows(), names),
    'junit.xml': rowsJunit(ledger.rows(), bounds),
  };
  for (const [name, content] of Object.entries(wholes)) writeWhole(join(folder, name), content);
  for (const [name, pieces] of Object.entries(streamed))
    await writePieces(join(folder, name), pieces, (rows) => onProgress?.(name, rows));
  return [...Object.keys(wholes), ...Object.keys(streamed)].map((name) => join(folder, name));
}

/** `fieldkit eval compare A B`: two targets of the ledger, item by item. */
export async function compareInLedger(
  root: string,
  names: readonly string[],
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const scorer = stringOption(input, 'scorer') ?? HEADLINE;
  const ledger = openProjectLedger(root);
  try {
    const targets = numbered(ledger);
    const [first, second, ...more] = names;
    if (first === undefined || second === undefined || more.length > 0) {
      const known =
        targets.map(({ name }) => name).join(', ') || 'nothing yet: `fieldkit eval run --ledger --name NAME`';
      throw new FieldkitError('INVALID_OPTION', `eval compare needs two names of the ledger, which has ${known}`);
    }
    const [a, b] = [findTarget(targets, first), findTarget(targets, second)];
    if (a.key === b.key)
      throw new FieldkitError('INVALID_OPTION', 'A and B are the same; name each run with eval run --ledger --name');
    const matrix = createScoreMatrix();
    for (const target of [a, b]) {
      for (const row of ledger.rows({ target: { key: target.key, name: target.plain } }))
        matrix.add(target.name, row.item, row.scores);
    }
    const known = [...new Set([...matrix.scorers(), ...scorers.map(({ name }) => name)])];
    if (!known.includes(scorer))
      throw new FieldkitError('INVALID_OPTION', `there is no scorer "${scorer}"; there are: ${known.join(', ')}`);
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
      `  ${counted(comparison.n, 'question')}, ${comparison.onlyA} better in ${a.name}, ${comparison.onlyB} better in ${b.name}`,
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

/** The latest target of the ledger, or the one that is named. @throws {FieldkitError} `INVALID_OPTION`. */
export function targetOfLedger(ledger: Ledger, given: string | undefined): NamedRow {
  const targets = numbered(ledger);
  const last = targets.at(-1);
  return given === undefined && last !== undefined ? last : findTarget(targets, given ?? '');
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
