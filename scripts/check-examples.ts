/**
 * Checks the questions of the example customers against the made files, without the toolkit.
 *
 *     node scripts/check-examples.ts [examples/NAME …]
 *
 * Every line of `evals/questions.jsonl` parses and has known fields; ids are unique; gold documents exist, may be read by
 * the caller, and hold the quote, on the stated page for a PDF; headings follow each other as in the source; records that
 * tools look up exist; splits are balanced with every kind in both; the demo set is in order; every knowledge file has a
 * source, has at most ten pages, and together they are at least 15 documents and 60 pages. Exit code 1 lists what is wrong.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { type MadeFile, pageHolds, readMadeFile } from './make-examples/read-made-files.ts';
import { parseSource } from './make-examples/source.ts';

const ROOT = resolve(import.meta.dirname, '..');

const KINDS = [
  'fact',
  'table',
  'two-documents',
  'comparison',
  'date-version',
  'calculation',
  'follow-up',
  'record',
  'mixed',
  'wrong-premise',
  'not-answerable',
  'out-of-scope',
  'planted-instruction',
  'other-group',
] as const;
const UNANSWERED: readonly string[] = ['not-answerable', 'out-of-scope', 'other-group'];
const DEMO = ['fact', 'table', 'two-documents', 'follow-up', 'record', 'wrong-premise', 'not-answerable'];
const FIELDS =
  'id question references gold kind language paraphrased split expect tags history tools caller forbidden'.split(' ');

interface Place {
  readonly document: string;
  readonly page?: number;
  readonly headings?: readonly string[];
  readonly quote: string;
  readonly alternatives?: readonly Place[];
}

/** The shape is checked field by field in `checkShape` before anything else reads a line. */
interface Question {
  readonly id: string;
  readonly question: string;
  readonly references: readonly string[];
  readonly gold: readonly Place[];
  readonly kind: string;
  readonly language: string;
  readonly paraphrased: boolean;
  readonly split: 'dev' | 'unseen';
  readonly expect: 'answered' | 'insufficient' | 'refused';
  readonly tags?: readonly string[];
  readonly history?: readonly string[];
  readonly tools?: readonly { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }[];
  readonly caller?: { readonly groups: readonly string[] };
  readonly forbidden?: readonly string[];
}

interface Example {
  readonly folder: string;
  /** Knowledge files by project-relative path. */
  readonly files: ReadonlyMap<string, MadeFile>;
  /** Headings of the sources, by target, in order. */
  readonly headings: ReadonlyMap<string, readonly string[]>;
  readonly records: string;
}

type Report = (problem: string) => void;

function main(): void {
  const given = process.argv.slice(2).map((path) => resolve(path));
  const examples = join(ROOT, 'examples');
  const folders =
    given.length > 0
      ? given
      : readdirSync(examples)
          .map((name) => join(examples, name))
          .filter((path) => existsSync(join(path, 'evals', 'questions.jsonl')));
  let problems = 0;
  for (const folder of folders) {
    const name = relative(ROOT, folder);
    problems += checkExample(folder, (problem) => console.error(`${name}: ${problem}`));
  }
  if (problems > 0) process.exitCode = 1;
}

function checkExample(folder: string, print: Report): number {
  let problems = 0;
  const report: Report = (problem) => {
    problems += 1;
    print(problem);
  };
  const example = loadExample(folder, report);
  const questions = loadQuestions(join(folder, 'evals', 'questions.jsonl'), report);
  for (const question of questions) checkQuestion(question, example, (text) => report(`${question.id}: ${text}`));
  checkSet(questions, report);
  checkDemo(questions, report);
  const pages = [...example.files.values()].reduce((sum, file) => sum + file.paperPages, 0);
  if (example.files.size < 15) report(`${example.files.size} documents, need 15`);
  if (pages < 60) report(`${pages} pages, need 60`);
  console.log(
    `${relative(ROOT, folder)}: ${example.files.size} documents, ${pages} pages, ${questions.length} questions, ${problems} problems`,
  );
  return problems;
}

function loadExample(folder: string, report: Report): Example {
  const files = new Map<string, MadeFile>();
  const names = readdirSync(join(folder, 'knowledge'), { recursive: true, encoding: 'utf8' });
  for (const name of names.filter((entry) => /\.(pdf|docx|txt)$/.test(entry)).sort()) {
    const path = `knowledge/${name.replaceAll('\\', '/')}`;
    const file = readMadeFile(join(folder, path));
    files.set(path, file);
    if (file.paperPages > 10) report(`${path} has ${file.paperPages} pages, at most 10`);
  }
  const headings = new Map<string, readonly string[]>();
  const sources = join(folder, 'sources');
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.md')) continue;
    const source = parseSource(readFileSync(join(sources, name), 'utf8'));
    const found = source.body.matchAll(/^#{1,6}\s+(.*?)\s*(?:\{-\})?\s*$/gm);
    const target = source.front.to ?? '';
    headings.set(
      target,
      target.endsWith('.txt') ? source.body.split('\n').map((line) => line.trim()) : [...found].map((m) => m[1] ?? ''),
    );
  }
  for (const path of files.keys()) if (!headings.has(path)) report(`${path} has no source`);
  for (const path of headings.keys()) if (!files.has(path)) report(`${path} has not been made`);
  const records = join(folder, 'tools', 'records-data.json');
  return { folder, files, headings, records: existsSync(records) ? readFileSync(records, 'utf8') : '' };
}

function loadQuestions(path: string, report: Report): Question[] {
  const questions: Question[] = [];
  const ids = new Set<string>();
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      const value: unknown = JSON.parse(line);
      const problem = checkShape(value);
      if (problem !== undefined) {
        report(`line ${index + 1}: ${problem}`);
        continue;
      }
      const question = value as Question; // checkShape has looked at every field that is read below
      if (ids.has(question.id)) report(`line ${index + 1}: the id ${question.id} is used twice`);
      ids.add(question.id);
      questions.push(question);
    } catch (error) {
      report(`line ${index + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return questions;
}

/** What is wrong with the form of a line, or nothing. */
function checkShape(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'not an object';
  const fields = new Map<string, unknown>(Object.entries(value));
  const unknown = [...fields.keys()].find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return `unknown field "${unknown}"`;
  const texts = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === 'string');
  for (const name of ['id', 'question', 'kind', 'language', 'split', 'expect'])
    if (typeof fields.get(name) !== 'string' || fields.get(name) === '') return `"${name}" is not a text`;
  for (const name of ['references', 'tags', 'history', 'forbidden'])
    if (!texts(fields.get(name) ?? [])) return `"${name}" is not a list of texts`;
  if (!KINDS.some((kind) => kind === fields.get('kind'))) return `unknown kind "${fields.get('kind')}"`;
  if (fields.get('split') !== 'dev' && fields.get('split') !== 'unseen') return 'split is neither dev nor unseen';
  if (!['answered', 'insufficient', 'refused'].some((name) => name === fields.get('expect'))) return 'unknown expect';
  if (typeof fields.get('paraphrased') !== 'boolean') return '"paraphrased" is neither true nor false';
  const place = (item: unknown): boolean =>
    typeof item === 'object' &&
    item !== null &&
    'document' in item &&
    typeof item.document === 'string' &&
    'quote' in item &&
    typeof item.quote === 'string' &&
    item.quote.trim() !== '' &&
    (!('page' in item) || Number.isInteger(item.page)) &&
    (!('headings' in item) || texts(item.headings)) &&
    (!('alternatives' in item) || (Array.isArray(item.alternatives) && item.alternatives.every(place)));
  const gold = fields.get('gold');
  if (!Array.isArray(gold) || !gold.every(place)) return '"gold" is not a list of places';
  const caller = fields.get('caller');
  if (
    caller !== undefined &&
    !(typeof caller === 'object' && caller !== null && 'groups' in caller && texts(caller.groups))
  )
    return '"caller" has no groups';
  const tools = fields.get('tools') ?? [];
  const call = (item: unknown): boolean =>
    typeof item === 'object' &&
    item !== null &&
    'name' in item &&
    'arguments' in item &&
    item.arguments instanceof Object;
  if (!Array.isArray(tools) || !tools.every(call)) return '"tools" is not a list of calls';
  return undefined;
}

function checkQuestion(question: Question, example: Example, report: Report): void {
  const { kind, expect, gold } = question;
  const unanswered = UNANSWERED.includes(kind);
  if (unanswered && expect === 'answered') report(`${kind} cannot be answered`);
  if (!unanswered && expect !== 'answered') report(`${kind} must be answered`);
  if (expect === 'answered' && question.references.length === 0) report('has no reference answer');
  if (expect === 'answered' && gold.length === 0 && kind !== 'record' && (question.tools ?? []).length === 0)
    report('has no gold place');
  if (unanswered && gold.length > 0) report('is not answerable but has a gold place');
  if (kind === 'two-documents' && new Set(gold.map((place) => place.document)).size < 2)
    report('needs gold places in two documents');
  if ((kind === 'record' || kind === 'mixed') && (question.tools ?? []).length === 0) report('names no tool call');
  if (kind === 'mixed' && gold.length === 0) report('a mixed question needs a gold place');
  if (kind === 'follow-up' && (question.history ?? []).length === 0) report('a follow-up needs a history');
  if (kind === 'planted-instruction' && (question.forbidden ?? []).length === 0) report('needs forbidden strings');
  for (const tool of question.tools ?? []) {
    const { id } = tool.arguments;
    if (typeof id === 'string' && !example.records.includes(`"${id}"`)) report(`no record ${id} in records-data.json`);
  }
  for (const place of gold.flatMap((one) => [one, ...(one.alternatives ?? [])])) {
    const file = example.files.get(place.document);
    if (file === undefined) {
      report(`no document ${place.document}`);
      continue;
    }
    const groups = groupsOf(example.folder, place.document);
    if (groups !== undefined && !(question.caller?.groups ?? []).some((group) => groups.includes(group)))
      report(`the caller may not read ${place.document}`);
    checkPlace(place, file, example.headings.get(place.document) ?? [], report);
  }
}

function checkPlace(place: Place, file: MadeFile, headings: readonly string[], report: Report): void {
  const pdf = place.document.endsWith('.pdf');
  if (pdf && place.page === undefined) report(`a place in ${place.document} needs a page`);
  if (!pdf && place.page !== undefined) report(`${place.document} has no pages to name`);
  const page = file.pages[(place.page ?? 1) - 1];
  if (page === undefined || !pageHolds(page, place.quote)) {
    const elsewhere = file.pages.flatMap((one, index) => (pageHolds(one, place.quote) ? [index + 1] : []));
    const where = elsewhere.length > 0 ? `, but on page ${elsewhere.join(', ')}` : '';
    report(`"${place.quote}" is not on page ${place.page ?? 1} of ${place.document}${where}`);
  }
  let from = 0;
  for (const heading of place.headings ?? []) {
    const at = headings.indexOf(heading, from);
    if (at < 0) report(`"${heading}" is no heading of ${place.document}, or not in this order`);
    else from = at + 1;
  }
}

/** The groups that may read a document: of the nearest folder with an access.json; absent means everybody. */
function groupsOf(folder: string, document: string): readonly string[] | undefined {
  for (let path = dirname(document); path !== '.'; path = dirname(path)) {
    const file = join(folder, path, 'access.json');
    if (!existsSync(file)) continue;
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value === 'object' && value !== null && 'groups' in value && Array.isArray(value.groups))
      return value.groups.map(String);
  }
  return undefined;
}

function checkSet(questions: readonly Question[], report: Report): void {
  const dev = questions.filter((question) => question.split === 'dev');
  const unseen = questions.filter((question) => question.split === 'unseen');
  if (questions.length < 60) report(`${questions.length} questions, need 60`);
  if (Math.abs(dev.length - unseen.length) > 2) report(`${dev.length} dev and ${unseen.length} unseen, want halves`);
  for (const kind of KINDS) {
    for (const [name, part] of Object.entries({ dev, unseen }))
      if (!part.some((question) => question.kind === kind)) report(`no ${kind} question in ${name}`);
  }
  const answerable = questions.filter((question) => question.expect === 'answered');
  const paraphrased = answerable.filter((question) => question.paraphrased).length;
  if (paraphrased < answerable.length * 0.45)
    report(`${paraphrased} of ${answerable.length} are paraphrased, want half`);
}

function checkDemo(questions: readonly Question[], report: Report): void {
  const demo = questions.filter((question) => question.tags?.includes('demo'));
  if (demo.some((question) => question.split !== 'dev')) report('a demo question is not in dev');
  const kinds = demo.map((question) => question.kind);
  let at = -1;
  for (const kind of DEMO) {
    const next = kinds.indexOf(kind, at + 1);
    if (next < 0) report(`the demo set has no ${kind} question, or not in the order ${DEMO.join(', ')}`);
    else at = next;
  }
  for (const [index, question] of demo.entries()) {
    if (question.kind === 'follow-up' && question.history?.at(-1) !== demo[index - 1]?.question)
      report(`${question.id}: the demo follow-up must come right after the question of its history`);
  }
}

try {
  main();
} catch (error) {
  console.error(`check-examples: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
