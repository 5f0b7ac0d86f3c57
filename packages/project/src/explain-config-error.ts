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
  return [`${path.length === 0 ? '(the whole configuration)' : path.join('.')}: ${issue.message}; found: ${shown}`];
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
