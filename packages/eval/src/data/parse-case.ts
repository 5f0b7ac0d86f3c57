import { FieldkitError, nearestName } from '@fieldkit/core';
import type { z } from 'zod';
import { type Case, caseSchema } from './case.ts';

const KNOWN_KEYS = Object.keys(caseSchema.shape);

/**
 * A value as a case.
 *
 * @throws {FieldkitError} `DATASET_INVALID` naming `where` (a file and line), the path, and the nearest known key.
 */
export function parseCase(value: unknown, where: string): Case {
  const result = caseSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => describeIssue(issue, value));
  throw new FieldkitError('DATASET_INVALID', `${where}: ${problems.join('; ')}`, {
    cause: result.error,
    details: { where, problems: problems.length },
  });
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const hints = issue.keys.map((key) => {
      const nearest = path === '' ? nearestName(key, KNOWN_KEYS) : undefined;
      return nearest === undefined ? `"${key}"` : `"${key}" (did you mean "${nearest}"?)`;
    });
    return `unknown key ${hints.join(', ')}${path === '' ? '' : ` in ${path}`}`;
  }
  const given = issue.path.reduce<unknown>(
    (part, key) => (part !== null && typeof part === 'object' ? Reflect.get(part, key) : undefined),
    value,
  );
  const message =
    given === undefined && issue.path.length > 0
      ? 'is missing'
      : given === ''
        ? 'is empty'
        : issue.code === 'invalid_value'
          ? `${JSON.stringify(given)} is none of ${issue.values.map(String).join(', ')}`
          : issue.message;
  return `${path === '' ? 'the line' : path}: ${message}`;
}
