import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { counted, FieldkitError, type Finding } from '@fieldkit/core';
import {
  type Case,
  caseFromRun,
  csvLine,
  findDisagreements,
  inspectCases,
  type RunCorrection,
  TABLE_COLUMNS,
  tableTemplate,
  wrap,
} from '@fieldkit/eval';
import { openRunStore, projectPaths } from '@fieldkit/project';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';
import { openCases, questionsPath } from './eval-cases.ts';
import { findRun } from './rerun.ts';
import { showFindings } from './show-findings.ts';
import { writeWhole } from './write-file.ts';

async function casesIn(path: string): Promise<Case[]> {
  const cases: Case[] = [];
  if (existsSync(path)) for await (const item of openCases(path)) cases.push(item);
  return cases;
}

const WIDE_COLUMNS = TABLE_COLUMNS.flatMap(({ key }, index) =>
  ['question', 'references', 'quote'].includes(key) ? [index] : [],
);

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
      : await workbook(table, language === 'zh' ? '问题' : 'questions', WIDE_COLUMNS),
  );
  const count = rows.length - 1; // the row of hints
  if (flag(input, 'json')) terminal.json({ file, columns: table[0], questions: count });
  terminal.line(
    `Written: ${file}, ${counted(header.length, 'column')}, ${counted(count, 'question')}. The second row holds hints.`,
  );
  terminal.line(`Next: fill it in, then ${nextStep(context, input, `eval import ${JSON.stringify(basename(file))}`)}`);
  return 0;
}

function headerIn(language: 'zh' | 'en'): string[] {
  return TABLE_COLUMNS.map(({ names, key }) => {
    const chinese = names.findLast((name) => /\p{Script=Han}/u.test(name));
    return (language === 'zh' ? chinese : names[0]) ?? key;
  });
}

/** Rows as a workbook of one sheet; `wide` columns, by index, get more room. */
export async function workbook(
  rows: readonly (readonly string[])[],
  sheet: string,
  wide: readonly number[],
): Promise<Uint8Array> {
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
  const columns = (rows[0] ?? []).map((_, index) => ({ width: wide.includes(index) ? 40 : 18 }));
  return new Uint8Array(await writeXlsxFile([{ sheet, data, columns, stickyRowsCount: 1 }]).toBuffer());
}

/**
 * `fieldkit eval import FILE…`: questions of sheets, one per expert, added to the project's. What the experts, or a sheet and the project,
 * disagree about is listed and not added.
 */
export async function importQuestions(
  root: string,
  files: readonly string[],
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const path = questionsPath(root, input, cwd);
  const problems: string[] = [];
  const sheets: Record<string, Case[]> = {};
  for (const file of files) {
    const name = Object.hasOwn(sheets, basename(file)) ? file : basename(file);
    const cases: Case[] = [];
    const onInvalid = (error: FieldkitError) => problems.push(error.message);
    for await (const item of openCases(resolve(cwd, file), { name, onInvalid })) cases.push(item);
    sheets[name] = cases;
  }
  const all = Object.values(sheets).flat();
  const ids = new Set(all.map(({ id }) => id));
  const known = (await casesIn(path)).filter(({ id }) => ids.has(id));
  const disagreements = findDisagreements({ ...sheets, [`the project's ${basename(path)}`]: known });
  const disputed = new Set(disagreements.map(({ id }) => id));
  const agreed = [...new Map(all.filter(({ id }) => !disputed.has(id)).map((item) => [item.id, item])).values()];
  const { added, same, conflicts } = await addCases(path, agreed);
  problems.push(
    ...conflicts.map((id) => `"${id}" stands in ${basename(path)} in nearly the same words; what is there stays`),
  );
  if (flag(input, 'json')) terminal.json({ file: path, added, same, problems, disagreements });
  terminal.line(`${counted(added, 'question')} added to ${path}${same === 0 ? '' : `, ${same} were there already`}`);
  for (const problem of problems) terminal.notice(terminal.style.yellow(`  not added  ${problem}`));
  for (const { id, field, values } of disagreements) {
    const said = Object.entries(values).map(([who, value]) => `${who}: ${JSON.stringify(value)}`);
    terminal.notice(terminal.style.yellow(`  not added  ${id}: different ${field}: ${said.join('; ')}`));
  }
  const again = files.map((file) => JSON.stringify(file)).join(' ');
  const clean = problems.length === 0 && disagreements.length === 0;
  terminal.line(
    `Next: ${clean ? '' : 'settle these, then '}${nextStep(context, input, clean ? 'eval run' : `eval import ${again}`)}`,
  );
  if (clean) return 0;
  return added + same > 0 ? 3 : 1;
}

/** `fieldkit eval check`: size, hash, slices, leakage between splits, and what differences the set can show. */
export async function checkQuestions(root: string, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd } = context;
  const path = questionsPath(root, input, cwd);
  const bad: string[] = [];
  const inspection = await inspectCases(openCases(path, { onInvalid: ({ message }) => bad.push(message) }));
  const { items, hash, byKind, bySplit, byLanguage, withReferences, withGold, withTools, detectable } = inspection;
  const findings: Finding[] = [
    ...bad.map((message): Finding => ({ severity: 'error', code: 'invalid-line', message, where: path })),
    ...inspection.findings,
  ];
  if (flag(input, 'json')) terminal.json({ file: path, ...inspection, findings });
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  terminal.line(`${path}: ${counted(items, 'question')}, hash ${hash.slice(0, 12)}`);
  terminal.line(`  splits     ${list(bySplit)}`);
  terminal.line(`  languages  ${list(byLanguage)}`);
  for (const line of wrap(list(byKind), terminal.width, '  kinds      ', 13)) terminal.line(line);
  terminal.line(
    `  labels     ${withReferences} with references, ${withGold} with gold places, ${withTools} with tool calls`,
  );
  if (detectable !== null)
    for (const line of wrap(
      `two targets apart from ${(detectable * 100).toFixed(1)} points on, when they differ on 20 % of the questions`,
      terminal.width,
      '  shows      ',
      13,
    ))
      terminal.line(line);
  showFindings(findings, terminal);
  const errors = findings.filter(({ severity }) => severity === 'error');
  terminal.line(`Next: ${nextStep(context, input, errors.length > 0 ? 'eval check' : 'eval run')}`);
  return errors.length > 0 ? 4 : 0;
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
