import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { type Criteria, type Ledger, parseCriteria, type Scorer } from '@fieldkit/eval';
import { findNamed } from '@fieldkit/project';
import { type CommandInput, listOption, stringOption } from './command.ts';

export interface FixedCriteria {
  readonly criteria: Criteria;
  readonly file: string | null;
  /** What was noted when the file was first used with this ledger. */
  readonly fixed: { readonly fixedHash?: string };
}

/** A criteria file is fixed by its first use with a ledger: other gates under the same name do not count as passed. */
export function fixedCriteria(
  given: { readonly criteria: Criteria; readonly file: string | null } | undefined,
  ledger: Ledger | undefined,
): FixedCriteria | undefined {
  if (given === undefined) return undefined;
  if (given.file === null || ledger === undefined) return { ...given, fixed: {} };
  for (const { effective } of ledger.configurations()) {
    const noted = effective !== null && typeof effective === 'object' ? Reflect.get(effective, 'criteria') : undefined;
    if (noted?.file === given.file && typeof noted.hash === 'string')
      return { ...given, fixed: { fixedHash: noted.hash } };
  }
  return { ...given, fixed: {} };
}

/** The gates of `--criteria` and `--min` together; undefined when there is none. */
export function gatesOf(input: CommandInput, cwd: string): { criteria: Criteria; file: string | null } | undefined {
  const path = stringOption(input, 'criteria');
  const file = path === undefined ? null : resolve(cwd, path);
  const written = file === null ? undefined : readCriteria(file);
  const given = (listOption(input, 'min') ?? []).map((text) => {
    const [, scorer = '', bound = ''] = /^([a-z0-9-]+)=([0-9.]+)$/.exec(text) ?? [];
    if (scorer === '' || !(Number(bound) >= 0 && Number(bound) <= 1))
      throw new FieldkitError('INVALID_OPTION', `--min wants SCORER=VALUE with a value from 0 to 1, not "${text}"`);
    return { scorer, atLeast: Number(bound), by: 'mean' as const, ofAll: false, items: 1 };
  });
  const gates = [...(written?.gates ?? []), ...given];
  return gates.length === 0 ? undefined : { criteria: { ...written, gates }, file };
}

function readCriteria(file: string): Criteria {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `--criteria ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return parseCriteria(value, file);
}

export function checkScorers(given: { readonly criteria: Criteria } | undefined, scorers: readonly Scorer[]): void {
  for (const { scorer } of given?.criteria.gates ?? []) findNamed(scorer, scorers, 'scorer of this run');
}
