import { existsSync, readFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  type Case,
  caseFromRun,
  casesFromTable,
  csvLine,
  type RunCorrection,
  readCases,
  TABLE_COLUMNS,
  type TableRows,
  tableTemplate,
} from '@fieldkit/eval';
import { DEFAULT_READ_LIMITS, readers } from '@fieldkit/ingest';
import { openRunStore, projectPaths } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { findRun } from './rerun.ts';
import { writeWhole } from './write-file.ts';

/** The questions that a command means: `--questions`, else `evals/questions.jsonl` of the project. */
export function questionsPath(root: string, input: CommandInput, cwd: string): string {
  const given = stringOption(input, 'questions');
  return given === undefined ? join(root, 'evals', 'questions.jsonl') : resolve(cwd, given);
}

async function casesIn(path: string): Promise<Case[]> {
  const cases: Case[] = [];
  if (existsSync(path)) for await (const item of readCases(path)) cases.push(item);
  return cases;
}

/** `fieldkit eval template`: the sheet that experts fill in, with the questions of `--questions` when given. */
export async function writeTemplate(
  root: string,
  input: CommandInput,
  { terminal, cwd, ...context }: CommandContext,
): Promise<ExitCode> {
  const out = stringOption(input, 'out');
  if (out === undefined || !/\.(xlsx|csv)$/i.test(out))
    throw new FieldkitError('INVALID_OPTION', 'say where to write it, ending in .xlsx or .csv: --out questions.xlsx');
  const language = stringOption(input, 'language');
  if (language !== undefined && language !== 'zh' && language !== 'en')
    throw new FieldkitError('INVALID_OPTION', `--language must be zh or en, not ${JSON.stringify(language)}`);
  const given = stringOption(input, 'questions') === undefined ? undefined : questionsPath(root, input, cwd);
  if (given !== undefined && !existsSync(given)) throw new FieldkitError('FILE_NOT_FOUND', `there is no file ${given}`);
  const [header = [], ...rows] = tableTemplate(given === undefined ? [] : await casesIn(given));
  const table = [language === undefined ? header : headerIn(language), ...rows];
  const file = resolve(cwd, out);
  writeWhole(
    file,
    /\.csv$/i.test(file)
      ? `\ufeff${table.map(csvLine).join('')}`
      : await workbook(table, language === 'zh' ? '问题' : 'questions'),
  );
  const count = rows.length - 1; // the row of hints
  if (flag(input, 'json')) terminal.json({ file, columns: table[0], questions: count });
  terminal.line(`Written: ${file}, ${header.length} columns, ${count} questions. The second row holds hints.`);
  terminal.line(`Next: fill it in, then ${nextStep(context, input, `eval import ${JSON.stringify(basename(file))}`)}`);
  return 0;
}

function headerIn(language: 'zh' | 'en'): string[] {
  return TABLE_COLUMNS.map(({ names, key }) => {
    const chinese = names.findLast((name) => /\p{Script=Han}/u.test(name));
    return (language === 'zh' ? chinese : names[0]) ?? key;
  });
}

async function workbook(rows: readonly (readonly string[])[], sheet: string): Promise<Uint8Array> {
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  const data = rows.map((row, index) =>
    row.map((value) => ({
      // XML 1.0 forbids control characters; a cell holds 32,767 characters
      value: value.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').slice(0, 32_000),
      type: String,
      wrap: true,
      alignVertical: 'top' as const,
      ...(index === 0 ? { fontWeight: 'bold' as const, backgroundColor: '#e8eef7' } : {}),
    })),
  );
  const columns = TABLE_COLUMNS.map(({ key }) => ({
    width: ['question', 'references', 'quote'].includes(key) ? 40 : 18,
  }));
  return new Uint8Array(await writeXlsxFile([{ sheet, data, columns, stickyRowsCount: 1 }]).toBuffer());
}

/** `fieldkit eval import FILE`: rows of a CSV or XLSX sheet, added to the questions. */
export async function importQuestions(
  root: string,
  file: string,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const path = questionsPath(root, input, cwd);
  const name = basename(file);
  const problems: string[] = [];
  const cases: Case[] = [];
  const table = await tableIn(resolve(cwd, file));
  for await (const item of casesFromTable(table, { name, onInvalid: (error) => problems.push(error.message) })) {
    cases.push(item);
  }
  const { added, same, conflicts } = await addCases(path, cases);
  problems.push(
    ...conflicts.map((id) => `${name}: id "${id}" is another question in ${basename(path)}; give it another id`),
  );
  if (flag(input, 'json')) terminal.json({ file: path, added, same, problems });
  terminal.line(`${added} questions added to ${path}${same === 0 ? '' : `, ${same} were there already`}`);
  for (const problem of problems) terminal.notice(terminal.style.yellow(`  not added  ${problem}`));
  terminal.line(
    `Next: ${nextStep(context, input, problems.length > 0 ? `eval import ${JSON.stringify(file)}` : 'eval run')}`,
  );
  if (problems.length === 0) return 0;
  return added + same > 0 ? 3 : 1;
}

/** The first table of a sheet that has a column for questions; else the first, so that the message names what is missing. */
async function tableIn(file: string): Promise<TableRows> {
  const extension = extname(file).slice(1).toLowerCase();
  const reader = readers.find(({ extensions }) => extensions.includes(extension));
  if (reader === undefined || !['csv', 'tsv', 'xlsx', 'xlsm'].includes(extension))
    throw new FieldkitError('INVALID_OPTION', `${file}: questions are imported from .csv, .tsv or .xlsx`);
  if (!existsSync(file)) throw new FieldkitError('FILE_NOT_FOUND', `there is no file ${file}`);
  const { blocks } = await reader.read(new Uint8Array(readFileSync(file)), { uri: file, limits: DEFAULT_READ_LIMITS });
  const tables = blocks.flatMap((block) => (block.table === undefined ? [] : [block.table]));
  const isHeader = (text: string) => /(?:^|\W)question|问题/i.test(text);
  const table = tables.find(({ rows }) => rows[0]?.some(({ text }) => isHeader(text))) ?? tables[0];
  if (table === undefined) throw new FieldkitError('DATASET_INVALID', `${file} holds no table`);
  return table.rows.map((row) => row.map(({ text }) => text));
}

/** `fieldkit eval add --from-run ID`: a run as a question, with what a person says is right. */
export async function addFromRun(root: string, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const id = stringOption(input, 'from-run');
  if (id === undefined) throw new FieldkitError('INVALID_OPTION', 'say which run: eval add --from-run ID');
  const expect = stringOption(input, 'expect');
  if (expect !== undefined && !['answered', 'insufficient', 'refused'].includes(expect))
    throw new FieldkitError('INVALID_OPTION', `--expect must be answered, insufficient or refused, not "${expect}"`);
  const kind = stringOption(input, 'kind');
  const references = input.options.reference;
  const correction: RunCorrection = {
    references: Array.isArray(references) ? references.map(String) : [],
    citationsAreRight: flag(input, 'right'),
    ...(expect === undefined ? {} : { expect: expect as NonNullable<RunCorrection['expect']> }), // checked above
    ...(kind === undefined ? {} : { kind }),
  };
  const runs = openRunStore(projectPaths(root).runs);
  try {
    const item = caseFromRun(findRun(runs, id), correction);
    const path = questionsPath(root, input, cwd);
    const { added, conflicts } = await addCases(path, [item]);
    if (conflicts.length > 0)
      throw new FieldkitError(
        'DATASET_INVALID',
        `run ${item.id} is a question of ${path} already, with other labels; change it there`,
      );
    if (flag(input, 'json')) terminal.json({ file: path, added, case: item });
    terminal.line(added === 1 ? `Added to ${path}: ${item.question}` : `It was in ${path} already: ${item.question}`);
    terminal.line(`Next: ${nextStep(context, input, 'eval run')}`);
    return 0;
  } finally {
    runs.close();
  }
}

/** Appends cases; what is there stays byte by byte. Equal cases are passed over, an id that means another case is a conflict. */
async function addCases(
  path: string,
  cases: readonly Case[],
): Promise<{ added: number; same: number; conflicts: string[] }> {
  const known = new Map((await casesIn(path)).map((item) => [item.id, caseLine(item)]));
  const fresh = cases.filter(({ id }) => !known.has(id));
  const conflicts = cases.filter((item) => known.has(item.id) && known.get(item.id) !== caseLine(item));
  if (fresh.length > 0) {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const gap = before === '' || before.endsWith('\n') ? '' : '\n';
    writeWhole(path, `${before}${gap}${fresh.map((item) => `${caseLine(item)}\n`).join('')}`);
  }
  return {
    added: fresh.length,
    same: cases.length - fresh.length - conflicts.length,
    conflicts: conflicts.map(({ id }) => id),
  };
}

/** A case as a line, without what is empty. */
function caseLine(item: Case): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(item).filter(([, value]) => value !== false && !(Array.isArray(value) && value.length === 0)),
    ),
  );
}
