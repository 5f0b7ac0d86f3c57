import { closeSync, openSync, readSync } from 'node:fs';
import { FieldkitError, sha256, toFieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import { readLines } from '../data/read-lines.ts';
import type { NamedTarget } from '../ledger/evaluate-to-ledger.ts';
import { textAnswer } from '../target.ts';
import { statusOfText } from './status-of-text.ts';

/** A line of an outputs file. */
export const outputLineSchema = z.strictObject({
  /** The case's id. */
  id: z.string().min(1),
  answer: z.string(),
  /** Default: read from the text. */
  status: z.enum(['answered', 'insufficient', 'refused']).optional(),
  contexts: z.array(z.string()).optional(),
  toolCalls: z.array(z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
  durationMs: z.number().min(0).default(0),
});

export interface FileTarget extends NamedTarget {
  /** Lines of the file. */
  readonly outputs: number;
  close(): void;
}

/**
 * Outputs that somebody else made, scored as they are: JSON Lines with `id` and `answer`. Only the places of the lines are in memory. A case
 * without a line is a failure of that case.
 *
 * @throws {FieldkitError} `DATASET_INVALID` naming the line for a bad line or a repeated id; `FILE_NOT_FOUND`.
 */
export async function openFileTarget(path: string, name = path): Promise<FileTarget> {
  const places = new Map<string, { start: number; length: number }>();
  const content: string[] = [];
  let start = 0;
  let number = 0;
  for await (const line of readLines(path, { raw: true })) {
    number += 1;
    const length = Buffer.byteLength(line);
    if (line.trim() !== '') {
      const { id } = parseLine(line, `${path}:${number}`);
      if (places.has(id)) throw new FieldkitError('DATASET_INVALID', `${path}:${number}: id "${id}" is used twice`);
      places.set(id, { start, length });
      content.push(sha256(line).slice(0, 16));
    }
    start += length + 1;
  }
  const file = openSync(path, 'r');
  let open = true;
  return {
    name,
    outputs: places.size,
    identity: { kind: 'file', content: sha256(content.join()) },
    async ask(item) {
      const place = places.get(item.id);
      if (place === undefined) {
        throw new FieldkitError('DATASET_INVALID', `${path} has no line for case ${item.id}`);
      }
      const bytes = Buffer.alloc(place.length);
      readSync(file, bytes, 0, place.length, place.start);
      const {
        answer,
        status = statusOfText(answer),
        contexts,
        toolCalls,
        durationMs,
      } = parseLine(bytes.toString('utf8'), path);
      return {
        answer: textAnswer(answer, { status }),
        durationMs,
        ...(contexts === undefined ? {} : { contexts }),
        ...(toolCalls === undefined ? {} : { toolCalls }),
      };
    },
    close() {
      if (open) closeSync(file);
      open = false;
    },
  };
}

function parseLine(line: string, where: string): z.infer<typeof outputLineSchema> {
  let value: unknown;
  try {
    value = JSON.parse(line.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new FieldkitError('DATASET_INVALID', `${where}: ${toFieldkitError(error).message}`, { cause: error });
  }
  const result = outputLineSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new FieldkitError(
    'DATASET_INVALID',
    `${where}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
    { cause: result.error },
  );
}
