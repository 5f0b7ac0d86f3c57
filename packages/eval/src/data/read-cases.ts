import { FieldkitError, isFieldkitError } from '@fieldkit/core';
import type { Case } from './case.ts';
import { parseCase } from './parse-case.ts';
import { readLines } from './read-lines.ts';

export interface ReadCasesOptions {
  /** How messages name the source. Default: the path, or `line`. */
  readonly name?: string;
  /** Told of each bad line, which is then left out. Default: the first bad line is thrown. */
  readonly onInvalid?: (error: FieldkitError, line: number) => void;
}

/**
 * Cases from JSON Lines: a path, or the lines themselves. One line is in memory at a time. Blank lines are passed over; ids are unique.
 *
 * @throws {FieldkitError} `DATASET_INVALID` naming file and line, while iterating; `FILE_NOT_FOUND`.
 */
export async function* readCases(
  source: string | Iterable<string> | AsyncIterable<string>,
  options: ReadCasesOptions = {},
): AsyncIterable<Case> {
  const { name = typeof source === 'string' ? source : 'line', onInvalid } = options;
  const lines = typeof source === 'string' ? readLines(source) : source;
  const firstLines = new Map<string, number>();
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      const item = parseCase(parseJson(line, `${name}:${number}`), `${name}:${number}`);
      const first = firstLines.get(item.id);
      if (first !== undefined) {
        throw new FieldkitError(
          'DATASET_INVALID',
          `${name}:${number}: id "${item.id}" is already used in line ${first}`,
          { details: { line: number } },
        );
      }
      firstLines.set(item.id, number);
      yield item;
    } catch (error) {
      if (onInvalid === undefined || !isFieldkitError(error, 'DATASET_INVALID')) throw error;
      onInvalid(error, number);
    }
  }
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line.startsWith('\ufeff') ? line.slice(1) : line);
  } catch (error) {
    throw new FieldkitError(
      'DATASET_INVALID',
      `${where}: not JSON (${error instanceof Error ? error.message : String(error)}); write one JSON object per line`,
      { cause: error },
    );
  }
}
