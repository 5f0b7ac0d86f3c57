import { FieldkitError, nearestName } from '@fieldkit/core';
import type { Case } from './case.ts';
import { parseCase } from './parse-case.ts';

/** Rows of cells, the first one the header: what a reader of CSV or XLSX gives. */
export type TableRows = Iterable<readonly unknown[]> | AsyncIterable<readonly unknown[]>;

interface Column {
  readonly key: string;
  /** In English and Chinese; case and white space do not count. */
  readonly names: readonly string[];
  readonly hint: string;
}

/** The columns of the sheet that experts fill in. */
export const TABLE_COLUMNS: readonly Column[] = [
  { key: 'id', names: ['id', '编号'], hint: 'unique; filled in when empty / 唯一，留空则自动编号' },
  { key: 'question', names: ['question', '问题'], hint: 'as a user would ask it / 按用户的说法' },
  {
    key: 'references',
    names: ['reference answers', 'reference', 'references', '参考答案'],
    hint: 'one per line / 每行一个',
  },
  {
    key: 'document',
    names: ['document', 'gold document', '依据文档'],
    hint: 'file name; several one per line / 文件名，多个每行一个',
  },
  { key: 'page', names: ['page', '页码'], hint: 'one per document / 与文档一一对应' },
  {
    key: 'headings',
    names: ['headings', 'section', '章节'],
    hint: 'outermost first, with > between / 由外到内，用 > 分隔',
  },
  { key: 'quote', names: ['quote', '原文'], hint: 'exact words, one line per document / 原文照抄，与文档一一对应' },
  { key: 'kind', names: ['kind', 'type', '题型'], hint: 'fact, table, two-documents, … / 事实, 表格, 双文档, …' },
  { key: 'expect', names: ['expect', 'expected', '期望'], hint: 'answered, insufficient, refused / 可答, 不足, 拒答' },
  { key: 'language', names: ['language', '语言'], hint: 'en, zh' },
  { key: 'split', names: ['split', '分组'], hint: 'dev, unseen' },
  { key: 'tags', names: ['tags', '标签'], hint: 'with commas between / 逗号分隔' },
  {
    key: 'forbidden',
    names: ['forbidden', '禁用词'],
    hint: 'strings that must not appear, one per line / 不得出现，每行一个',
  },
  { key: 'tools', names: ['tools', 'expected tool calls', '工具调用'], hint: 'JSON: [{"name":"…","arguments":{…}}]' },
  {
    key: 'history',
    names: ['history', 'earlier questions', '前文'],
    hint: 'earlier questions, one per line / 前几轮问题，每行一个',
  },
];

const EXPECTS: Readonly<Record<string, string>> = {
  可答: 'answered',
  可回答: 'answered',
  能回答: 'answered',
  回答: 'answered',
  不足: 'insufficient',
  资料不足: 'insufficient',
  不可答: 'insufficient',
  无法回答: 'insufficient',
  不能回答: 'insufficient',
  拒答: 'refused',
  拒绝: 'refused',
  应拒答: 'refused',
};
const KINDS: Readonly<Record<string, string>> = {
  事实: 'fact',
  表格: 'table',
  双文档: 'two-documents',
  比较: 'comparison',
  日期版本: 'date-version',
  计算: 'calculation',
  追问: 'follow-up',
  记录: 'record',
  混合: 'mixed',
  错误前提: 'wrong-premise',
  不可答: 'not-answerable',
  超出范围: 'out-of-scope',
};

export interface TableCasesOptions {
  /** How messages name the table. */
  readonly name: string;
  readonly onInvalid?: (error: FieldkitError, row: number) => void;
}

/**
 * Cases from a table with a header in English or Chinese. Empty rows and the row of hints are passed over; an empty id becomes `row-N`.
 *
 * @throws {FieldkitError} `DATASET_INVALID` naming table, row (counted from 1, as in the spreadsheet) and column.
 */
export async function* casesFromTable(rows: TableRows, { name, onInvalid }: TableCasesOptions): AsyncIterable<Case> {
  let columns: (string | undefined)[] | undefined;
  const seen = new Map<string, number>();
  let number = 0;
  for await (const row of rows) {
    number += 1;
    const cells = row.map((cell) =>
      cell === null || cell === undefined ? '' : String(cell).replace(/\r\n?/g, '\n').trim(),
    );
    if (cells.every((cell) => cell === '')) continue;
    if (columns === undefined) {
      columns = readHeader(cells, `${name}:${number}`);
      continue;
    }
    const fields = new Map(
      columns.flatMap((key, index) =>
        key === undefined || (cells[index] ?? '') === '' ? [] : [[key, cells[index] ?? ''] as const],
      ),
    );
    if (isHints(fields)) continue;
    try {
      const item = parseCase(toCase(fields, number, `${name}:${number}`), `${name}:${number}`);
      const first = seen.get(item.id);
      if (first !== undefined)
        throw new FieldkitError(
          'DATASET_INVALID',
          `${name}:${number}: id "${item.id}" is already used in row ${first}`,
        );
      seen.set(item.id, number);
      yield item;
    } catch (error) {
      if (onInvalid === undefined || !(error instanceof FieldkitError)) throw error;
      onInvalid(error, number);
    }
  }
}

function readHeader(cells: readonly string[], where: string): (string | undefined)[] {
  const plain = (text: string) =>
    text
      .toLowerCase()
      .replace(/[\s_-]+/g, ' ')
      .trim();
  const names = TABLE_COLUMNS.flatMap((column) => column.names);
  const columns = cells.map((cell) => {
    // The template writes both languages: "question / 问题".
    const parts = cell.split('/').map(plain);
    const found = TABLE_COLUMNS.find((column) => column.names.some((known) => parts.includes(plain(known))));
    if (found !== undefined || cell === '') return found?.key;
    const near = nearestName(plain(cell), names);
    throw new FieldkitError(
      'DATASET_INVALID',
      `${where}: unknown column "${cell}"${near === undefined ? '' : ` (did you mean "${near}"?)`}; known are ${names.join(', ')}`,
    );
  });
  if (!columns.includes('question'))
    throw new FieldkitError('DATASET_INVALID', `${where}: no column "question" (问题)`);
  return columns;
}

function isHints(fields: ReadonlyMap<string, string>): boolean {
  return TABLE_COLUMNS.some(({ key, hint }) => key === 'question' && fields.get(key) === hint);
}

function toCase(fields: ReadonlyMap<string, string>, row: number, where: string): Record<string, unknown> {
  const lines = (key: string) =>
    (fields.get(key) ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const one = (key: string) => (fields.has(key) ? { [key]: fields.get(key) } : {});
  const many = (key: string) => (lines(key).length === 0 ? {} : { [key]: lines(key) });
  const documents = lines('document');
  const [pages, quotes, headings] = [lines('page'), lines('quote'), lines('headings')];
  const gold = documents.map((document, index) => {
    const page = pages[index];
    const pageNumber = page === undefined ? undefined : /^(?:第|p(?:age)?\.?)?\s*(\d+)\s*页?$/i.exec(page)?.[1];
    if (page !== undefined && pageNumber === undefined)
      throw new FieldkitError('DATASET_INVALID', `${where}: page: "${page}" is no number`);
    const quote = documents.length === 1 && quotes.length > 1 ? quotes.join(' ') : quotes[index];
    return {
      document,
      ...(pageNumber === undefined ? {} : { page: Number(pageNumber) }),
      ...(headings[index] === undefined ? {} : { headings: headings[index].split(/\s*[>›＞]\s*/) }),
      ...(quote === undefined ? {} : { quote }),
    };
  });
  if (documents.length === 0 && quotes.length > 0)
    throw new FieldkitError('DATASET_INVALID', `${where}: document: a quote needs its document`);
  const expected = fields.get('expect')?.toLowerCase();
  const kind = fields.get('kind')?.toLowerCase();
  return {
    id: fields.get('id') ?? `row-${row}`,
    question: fields.get('question') ?? '',
    ...many('references'),
    ...(gold.length === 0 ? {} : { gold }),
    ...(kind === undefined ? {} : { kind: KINDS[kind] ?? kind.replace(/\s+/g, '-') }),
    ...(expected === undefined ? {} : { expect: EXPECTS[expected] ?? expected }),
    ...one('language'),
    ...one('split'),
    ...(fields.has('tags') ? { tags: (fields.get('tags') ?? '').split(/\s*[,，、]\s*/) } : {}),
    ...many('forbidden'),
    ...many('history'),
    ...(fields.has('tools') ? { tools: parseTools(fields.get('tools') ?? '', where) } : {}),
  };
}

function parseTools(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new FieldkitError('DATASET_INVALID', `${where}: tools: not JSON; write [{"name":"…","arguments":{…}}]`, {
      cause: error,
    });
  }
}

/** The sheet for experts, as rows: header in both languages, a row of hints, then the cases there are. */
export function tableTemplate(cases: readonly Case[] = []): string[][] {
  const header = TABLE_COLUMNS.map(
    ({ names }) => `${names[0]} / ${names.findLast((name) => /\p{Script=Han}/u.test(name)) ?? names[0]}`,
  );
  return [header, TABLE_COLUMNS.map(({ hint }) => hint), ...cases.map(caseRow)];
}

function caseRow(item: Case): string[] {
  const places = item.gold;
  const values: Record<string, string> = {
    id: item.id,
    question: item.question,
    references: item.references.join('\n'),
    document: places.map(({ document }) => document).join('\n'),
    page: places
      .map(({ page }) => page ?? '')
      .join('\n')
      .trim(),
    headings: places
      .map(({ headings }) => (headings ?? []).join(' > '))
      .join('\n')
      .trim(),
    quote: places
      .map(({ quote }) => quote ?? '')
      .join('\n')
      .trim(),
    kind: item.kind,
    expect: item.expect,
    language: item.language ?? '',
    split: item.split,
    tags: item.tags.join(', '),
    forbidden: item.forbidden.join('\n'),
    tools: item.tools.length === 0 ? '' : JSON.stringify(item.tools),
    history: item.history.join('\n'),
  };
  return TABLE_COLUMNS.map(({ key }) => values[key] ?? '');
}

/** Cases from a list of values, as YAML or JSON give it. @throws {FieldkitError} `DATASET_INVALID` naming the item. */
export function* casesFromList(values: unknown, name: string): Iterable<Case> {
  if (!Array.isArray(values)) throw new FieldkitError('DATASET_INVALID', `${name}: write a list of cases`);
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    const item = parseCase(value, `${name}: item ${index + 1}`);
    if (seen.has(item.id))
      throw new FieldkitError('DATASET_INVALID', `${name}: item ${index + 1}: id "${item.id}" is used twice`);
    seen.add(item.id);
    yield item;
  }
}
