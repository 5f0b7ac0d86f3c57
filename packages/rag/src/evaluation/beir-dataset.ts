import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FieldkitError, toFieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import type { Judgements } from './retrieval-metrics.ts';

const documentLine = z.object({ _id: z.string(), title: z.string().default(''), text: z.string() });
const queryLine = z.object({ _id: z.string(), text: z.string(), kind: z.string().optional() });

export interface BeirDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

export interface BeirQuery {
  readonly id: string;
  readonly text: string;
  /** Kind of question, where the file says it. */
  readonly kind?: string;
}

export interface BeirDataset {
  readonly documents: readonly BeirDocument[];
  /** Only queries with judgements. */
  readonly queries: readonly BeirQuery[];
  readonly judgements: ReadonlyMap<string, Judgements>;
}

/**
 * Reads a folder in BEIR layout: `corpus.jsonl`, `queries.jsonl`, `qrels/SPLIT.tsv`.
 *
 * @throws {FieldkitError} `FILE_NOT_FOUND` or `DATASET_INVALID` with file and line.
 */
export async function readBeirDataset(directory: string, split = 'test'): Promise<BeirDataset> {
  const judgements = await readJudgements(join(directory, 'qrels', `${split}.tsv`));
  const documents = await readLines(join(directory, 'corpus.jsonl'), documentLine);
  const queries = await readLines(join(directory, 'queries.jsonl'), queryLine);
  const unknown = Array.from(judgements.keys()).find((id) => !queries.some(({ _id }) => _id === id));
  if (unknown !== undefined) {
    throw new FieldkitError(
      'DATASET_INVALID',
      `${directory}: query ${unknown} has judgements but no text in queries.jsonl`,
    );
  }
  return {
    judgements,
    documents: documents.map(({ _id: id, title, text }) => ({ id, title, text })),
    queries: queries
      .filter(({ _id }) => judgements.has(_id))
      .map(({ _id: id, text, kind }) => ({ id, text, ...(kind === undefined ? {} : { kind }) })),
  };
}

async function readLines<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
  const items: T[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      number += 1;
      if (line.trim() === '') continue;
      items.push(schema.parse(JSON.parse(line)));
    }
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new FieldkitError(
        'DATASET_INVALID',
        `${path} line ${number} is not what BEIR has there: ${error.message}`,
        {
          cause: error,
        },
      );
    }
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${path}`);
  }
  return items;
}

async function readJudgements(path: string): Promise<Map<string, Map<string, number>>> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${path}`);
  });
  const judgements = new Map<string, Map<string, number>>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || (index === 0 && line.startsWith('query-id'))) continue;
    const [query, document, relevance, ...rest] = line.split('\t');
    const value = Number(relevance);
    if (query === undefined || document === undefined || !Number.isInteger(value) || rest.length > 0) {
      throw new FieldkitError(
        'DATASET_INVALID',
        `${path} line ${index + 1} is not "query<TAB>document<TAB>whole number"`,
      );
    }
    const ofQuery = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, ofQuery.set(document, value));
  }
  return judgements;
}
