import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { counted, FieldkitError, foldText } from '@fieldkit/core';
import {
  type Calibration,
  calibrateJudge,
  csvLine,
  LABEL_HEADER,
  type LabelledItem,
  type Ledger,
  type LedgerRow,
  type LedgerTarget,
  labelSheet,
  proseOf,
  readLabelSheet,
  wrap,
} from '@fieldkit/eval';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { tableIn } from './eval-cases.ts';
import { openProjectLedger, targetOfLedger } from './eval-ledger.ts';
import { workbook } from './eval-questions.ts';
import { writeWhole } from './write-file.ts';

/** A person's verdict about one answer: another answer to the same question is not labelled by it. */
interface Label {
  readonly id: string;
  /** Hash of the answer's words. */
  readonly answer: string;
  readonly pass: boolean;
}

function labelsPath(root: string): string {
  return join(root, 'evals', 'labels.jsonl');
}

function answerHash(text: string): string {
  return createHash('sha256')
    .update(foldText(proseOf(text)))
    .digest('hex')
    .slice(0, 16);
}

/** Labels by question and answer; the last one counts. @throws {FieldkitError} `DATASET_INVALID` naming the line. */
function readLabels(root: string): Map<string, boolean> {
  const path = labelsPath(root);
  const labels = new Map<string, boolean>();
  if (!existsSync(path)) return labels;
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    const label = parseLabel(line);
    if (label === undefined)
      throw new FieldkitError(
        'DATASET_INVALID',
        `${path}:${index + 1}: no label; write it with \`fieldkit eval label\``,
      );
    labels.set(`${label.id} ${label.answer}`, label.pass);
  }
  return labels;
}

function parseLabel(line: string): Label | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (value === null || typeof value !== 'object') return undefined;
    const [id, answer, pass] = ['id', 'answer', 'pass'].map((key): unknown => Reflect.get(value, key));
    if (typeof id === 'string' && typeof answer === 'string' && typeof pass === 'boolean') return { id, answer, pass };
  } catch {
    // said by the caller
  }
  return undefined;
}

/** Each judge beside the people who labelled some of these answers; a judge without labels is left out. */
export function calibrationsOf(
  root: string,
  judges: readonly string[],
  ledger: Ledger,
  targets: readonly LedgerTarget[],
): Calibration[] {
  const labels = judges.length === 0 ? new Map<string, boolean>() : readLabels(root);
  if (labels.size === 0) return [];
  const items = new Map<string, LabelledItem[]>(judges.map((judge) => [judge, []]));
  for (const target of targets) {
    for (const { item, outcome, scores } of ledger.rows({ target })) {
      const human = labels.get(`${item.id} ${answerHash(outcome.answer.text)}`);
      if (human === undefined) continue;
      for (const judge of judges) {
        const score = scores[judge];
        if (score !== undefined) items.get(judge)?.push({ human, judge: score.value });
      }
    }
  }
  return [...items].flatMap(([judge, labelled]) =>
    labelled.some((item) => item.judge !== 'unavailable') ? [calibrateJudge(judge, labelled)] : [],
  );
}

/** `fieldkit eval label`: people say of answers whether they are right, in the terminal or in a sheet. */
export async function labelAnswers(root: string, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const ledger = openProjectLedger(root);
  try {
    const target = targetOfLedger(ledger, stringOption(input, 'name'));
    const rows = [...ledger.rows({ target: { key: target.key, name: target.plain }, round: 1 })].filter(
      ({ outcome }) => outcome.error === undefined && outcome.answer.text.trim() !== '',
    );
    if (rows.length === 0) throw new FieldkitError('DATASET_INVALID', `${target.name} has no answers to label`);
    const from = stringOption(input, 'from');
    if (from !== undefined) return await importLabels(root, resolve(context.cwd, from), rows, input, context);
    const known = readLabels(root);
    const open = rows.filter(({ item, outcome }) => !known.has(`${item.id} ${answerHash(outcome.answer.text)}`));
    const size = Number(stringOption(input, 'size') ?? 30);
    if (!Number.isInteger(size) || size < 1)
      throw new FieldkitError('INVALID_OPTION', '--size must be a whole number from 1');
    const sheet = labelSheet(open, size);
    const out = stringOption(input, 'out');
    return out === undefined
      ? await askLabels(root, sheet, open, input, context)
      : await writeSheet(resolve(context.cwd, out), sheet, input, context);
  } finally {
    ledger.close();
  }
}

async function writeSheet(
  file: string,
  sheet: readonly (readonly string[])[],
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  if (!/\.(xlsx|csv)$/i.test(file))
    throw new FieldkitError('INVALID_OPTION', 'the sheet must end in .xlsx or .csv: --out labels.xlsx');
  writeWhole(
    file,
    /\.csv$/i.test(file) ? `\ufeff${sheet.map(csvLine).join('')}` : await workbook(sheet, 'labels', [1, 2, 3]),
  );
  if (flag(input, 'json')) terminal.json({ file, answers: sheet.length - 1 });
  terminal.line(
    `Written: ${file}, ${counted(sheet.length - 1, 'answer')}. Write pass or fail (通过 or 不通过) beside each.`,
  );
  terminal.line(`Next: ${nextStep(context, input, `eval label --from ${JSON.stringify(basename(file))}`)}`);
  return 0;
}

async function importLabels(
  root: string,
  file: string,
  rows: readonly LedgerRow[],
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal } = context;
  const table = [];
  for await (const row of await tableIn(file, /(?:^|\W)(?:label|标注)/i)) table.push(row);
  const [header] = table;
  if (String(header?.[4] ?? '') !== LABEL_HEADER[4])
    throw new FieldkitError(
      'DATASET_INVALID',
      `${file} is no sheet of \`eval label --out\`: its fifth column must be "${LABEL_HEADER[4]}"`,
    );
  const labels = readLabelSheet(table);
  const said = new Map(table.slice(1).map((row) => [String(row[0] ?? '').trim(), String(row[3] ?? '')]));
  const problems: string[] = [];
  const made: Label[] = [];
  for (const [id, pass] of labels) {
    const row = rows.find(({ item }) => item.id === id);
    const answer = row?.outcome.answer.text ?? '';
    const same = squeeze(proseOf(answer)).startsWith(squeeze(said.get(id) ?? '').slice(0, 30_000));
    if (row === undefined) problems.push(`${id}: there is no such answer`);
    else if (!same) problems.push(`${id}: another answer stands in the ledger now; label it anew`);
    else made.push({ id, answer: answerHash(answer), pass });
  }
  keepLabels(root, made);
  if (flag(input, 'json')) terminal.json({ file: labelsPath(root), added: made.length, problems });
  terminal.line(`${counted(made.length, 'label')} added to ${labelsPath(root)}`);
  for (const problem of problems) terminal.notice(terminal.style.yellow(`  not added  ${problem}`));
  terminal.line(`Next: ${nextStep(context, input, 'eval run --ledger --judge all')}`);
  if (problems.length === 0) return 0;
  return made.length > 0 ? 3 : 1;
}

/** White space changes on its way through a spreadsheet. */
function squeeze(text: string): string {
  return text.replace(/\s+/g, '');
}

function keepLabels(root: string, labels: readonly Label[]): void {
  if (labels.length === 0) return;
  mkdirSync(dirname(labelsPath(root)), { recursive: true });
  appendFileSync(labelsPath(root), labels.map((label) => `${JSON.stringify(label)}\n`).join(''));
}

/** One answer after the other; each label is kept at once, so that stopping loses nothing. */
async function askLabels(
  root: string,
  sheet: readonly (readonly string[])[],
  rows: readonly LedgerRow[],
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, signal } = context;
  if (flag(input, 'json'))
    throw new FieldkitError('INVALID_OPTION', '--json goes with --out or --from; labels are asked in a terminal');
  const lines = createInterface({ input: process.stdin, ...(terminal.interactive ? { output: process.stdout } : {}) });
  const answers = lines[Symbol.asyncIterator]();
  let made = 0;
  try {
    for (const [index, [id = '', question = '', reference = '', answer = '']] of sheet.slice(1).entries()) {
      const row = rows.find(({ item }) => item.id === id);
      if (row === undefined) continue;
      terminal.line(`\n${terminal.style.bold(`${index + 1}/${sheet.length - 1}  ${id}`)}`);
      for (const [name, value] of Object.entries({ question, reference, answer }))
        if (value !== '') for (const line of wrap(`${name}: ${value}`, terminal.width, '  ', 4)) terminal.line(line);
      const pass = await askOne(answers, terminal, signal);
      if (pass === 'quit') break;
      if (pass === 'skip') continue;
      keepLabels(root, [{ id, answer: answerHash(row.outcome.answer.text), pass }]);
      made += 1;
    }
  } finally {
    lines.close();
  }
  terminal.line(`\n${counted(made, 'label')} added to ${labelsPath(root)}`);
  terminal.line(`Next: ${nextStep(context, input, 'eval run --ledger --judge all')}`);
  return 0;
}

async function askOne(
  answers: AsyncIterator<string>,
  terminal: CommandContext['terminal'],
  signal: AbortSignal,
): Promise<boolean | 'skip' | 'quit'> {
  for (;;) {
    terminal.write('  right? [p]ass, [f]ail, [s]kip, [q]uit: ');
    const { value, done } = await answers.next();
    signal.throwIfAborted();
    if (done === true) return 'quit';
    const key = value.trim().toLowerCase();
    if (['p', 'pass', 'y', '通过'].includes(key)) return true;
    if (['f', 'fail', 'n', '不通过'].includes(key)) return false;
    if (['s', 'skip', ''].includes(key)) return 'skip';
    if (['q', 'quit'].includes(key)) return 'quit';
  }
}
