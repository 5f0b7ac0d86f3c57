import { hash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  type Case,
  canonicalJson,
  casesFromList,
  casesFromTable,
  type ReadCasesOptions,
  readCases,
  type TableRows,
} from '@fieldkit/eval';
import { type CommandInput, stringOption } from './command.ts';

/** The questions that a command means: `--questions`, else `evals/questions.jsonl` of the project. */
export function questionsPath(root: string, input: CommandInput, cwd: string): string {
  const given = stringOption(input, 'questions');
  return given === undefined ? join(root, 'evals', 'questions.jsonl') : resolve(cwd, given);
}

/**
 * Cases of a file by its ending: JSON Lines (streamed), CSV, TSV, XLSX, YAML or a JSON list.
 *
 * @throws {FieldkitError} `FILE_NOT_FOUND`, `DATASET_INVALID` naming line, row or item, while iterating.
 */
export async function* openCases(path: string, options: ReadCasesOptions = {}): AsyncIterable<Case> {
  if (!existsSync(path))
    throw new FieldkitError('FILE_NOT_FOUND', `there is no file ${path}; begin one with \`fieldkit eval template\``);
  const extension = extname(path).toLowerCase();
  if (['.csv', '.tsv', '.xlsx', '.xlsm'].includes(extension)) {
    yield* casesFromTable(await tableIn(path), { name: path, ...options });
  } else if (['.yaml', '.yml', '.json'].includes(extension)) {
    yield* casesFromList(await listIn(path), path);
  } else {
    yield* readCases(path, options);
  }
}

async function listIn(path: string): Promise<unknown> {
  const { parse } = await import('yaml'); // JSON is YAML
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new FieldkitError('DATASET_INVALID', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** The first table of a sheet that has a column for questions; else the first, so that the message names what is missing. */
export async function tableIn(file: string, isHeader = /(?:^|\W)question|问题/i): Promise<TableRows> {
  const { DEFAULT_READ_LIMITS, readers } = await import('@fieldkit/ingest'); // heavy, and most questions are JSON Lines
  const extension = extname(file).slice(1).toLowerCase();
  const reader = readers.find(({ extensions }) => extensions.includes(extension));
  if (reader === undefined || !['csv', 'tsv', 'xlsx', 'xlsm'].includes(extension))
    throw new FieldkitError('INVALID_OPTION', `${file} is no table; give a .csv, .tsv or .xlsx file`);
  if (!existsSync(file)) throw new FieldkitError('FILE_NOT_FOUND', `there is no file ${file}`);
  const { blocks } = await reader.read(new Uint8Array(readFileSync(file)), { uri: file, limits: DEFAULT_READ_LIMITS });
  const tables = blocks.flatMap((block) => (block.table === undefined ? [] : [block.table]));
  const table = tables.find(({ rows }) => rows[0]?.some(({ text }) => isHeader.test(text))) ?? tables[0];
  if (table === undefined) throw new FieldkitError('DATASET_INVALID', `${file} holds no table`);
  return table.rows.map((row) => row.map(({ text }) => text));
}

export interface ChosenCases {
  readonly path: string;
  /** Read from the file each time: never all in memory. */
  readonly cases: () => AsyncIterable<Case>;
  readonly count: number;
  /** SHA-256 over the cases with their labels, as a report names it. */
  readonly hash: string;
}

/** @throws {FieldkitError} `DATASET_INVALID` for a bad line, or when nothing is chosen; it says what there is. */
export async function chooseCases(
  path: string,
  { split, kind, limit }: { split: string; kind: string | undefined; limit: number | undefined },
): Promise<ChosenCases> {
  const fits = (item: Case) => (split === 'all' || item.split === split) && (kind === undefined || item.kind === kind);
  async function* cases(): AsyncIterable<Case> {
    let left = limit ?? Number.POSITIVE_INFINITY;
    for await (const item of openCases(path)) {
      if (!fits(item)) continue;
      if (left <= 0) return;
      left -= 1;
      yield item;
    }
  }
  const [splits, kinds] = [new Set<string>(), new Set<string>()];
  const hashes: string[] = [];
  for await (const item of openCases(path)) {
    splits.add(item.split);
    kinds.add(item.kind);
    if (fits(item) && hashes.length < (limit ?? Number.POSITIVE_INFINITY)) hashes.push(sha256(canonicalJson(item)));
  }
  if (hashes.length > 0) return { path, cases, count: hashes.length, hash: sha256(hashes.sort().join()) };
  const known = (names: ReadonlySet<string>) => [...names].join(', ') || 'none';
  throw new FieldkitError(
    'DATASET_INVALID',
    `no question of ${path} was chosen; it has splits: ${known(splits)}; kinds: ${known(kinds)}`,
  );
}

function sha256(text: string): string {
  return hash('sha256', text);
}
