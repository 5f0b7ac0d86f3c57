import { FieldkitError, nearestName } from '@fieldkit/core';
import { z } from 'zod';
import { CREDENTIAL_NAME } from './config-values.ts';

/** A configuration error for people: path, value and nearest known key of each problem, at most `most` of them. */
export function configError(
  where: string,
  schema: z.ZodType,
  value: unknown,
  error: z.ZodError,
  most = 8,
): FieldkitError {
  const lines = error.issues.flatMap((issue) => explainIssue(schema, value, issue));
  const shown = lines.slice(0, most).map((line) => `  ${line}`);
  if (lines.length > most) shown.push(`  and ${lines.length - most} more`);
  return new FieldkitError('INVALID_CONFIG', `${where} is not a valid configuration:\n${shown.join('\n')}`, {
    cause: error,
    details: { problems: lines.length },
  });
}

function explainIssue(schema: z.ZodType, value: unknown, issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }), path);
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`;
      return `${[...path, key].join('.')}: unknown key; ${hint}`;
    });
  }
  if (issue.code === 'invalid_union') {
    // the branch that got furthest says most
    const branches = issue.errors.filter((branch) => branch.length > 0);
    const best = branches.sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
    if (best !== undefined && depth(best) > 0)
      return best.flatMap((inner) => explainIssue(schema, value, { ...inner, path: [...issue.path, ...inner.path] }));
  }
  const found = valueAt(value, path);
  const hidden = typeof found === 'string' && path.some((name) => CREDENTIAL_NAME.test(name));
  const shown = hidden ? '(a text, not shown)' : found === undefined ? 'missing' : JSON.stringify(found)?.slice(0, 80);
  return [
    `${path.length === 0 ? '(the whole configuration)' : path.join('.')}: ${wanted(issue, found)}; found: ${shown}`,
  ];
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  string: 'a text',
  boolean: 'true or false',
};

/** What should stand there, in words that need no knowledge of the schema library. */
function wanted(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'invalid_type') return `must be ${KINDS[issue.expected] ?? `a ${issue.expected}`}`;
  if (issue.code === 'too_small' && issue.origin === 'number') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big' && issue.origin === 'number') return `must be at most ${issue.maximum}`;
  const known =
    issue.code === 'invalid_value'
      ? issue.values.map(String)
      : issue.message.startsWith('Invalid discriminator value')
        ? [...issue.message.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)
        : [];
  if (known.length > 0) {
    const near = typeof found === 'string' ? nearestName(found, known) : undefined;
    return `must be ${known.length > 1 ? 'one of ' : ''}${known.join(', ')}${near === undefined ? '' : `; did you mean "${near}"?`}`;
  }
  if (issue.message === 'Invalid input')
    return found === undefined ? 'must be given' : 'is none of what may stand here';
  return issue.message;
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(...issues.map(({ path }) => path.length));
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (inner !== null && typeof inner === 'object' ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** The property names that a JSON Schema knows at a path, over all branches of unions. */
function keysAt(schema: unknown, path: readonly string[]): string[] {
  if (schema === null || typeof schema !== 'object') return [];
  const branches = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => listOf(Reflect.get(schema, key)));
  const [next, ...rest] = path;
  const own = (() => {
    const properties: unknown = Reflect.get(schema, 'properties');
    if (next === undefined) return properties !== null && typeof properties === 'object' ? Object.keys(properties) : [];
    const inner = properties !== null && typeof properties === 'object' ? Reflect.get(properties, next) : undefined;
    const item = /^\d+$/.test(next) ? Reflect.get(schema, 'items') : Reflect.get(schema, 'additionalProperties');
    return keysAt(inner ?? item, rest);
  })();
  return [...new Set([...own, ...branches.flatMap((branch) => keysAt(branch, path))])];
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
