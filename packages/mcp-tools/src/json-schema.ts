import type { JsonSchema } from '@fieldkit/core';
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/server/validators/ajv';

/** Returns what is wrong with a value, one sentence per problem; empty when it fits. */
export type SchemaCheck = (value: unknown) => string[];

let engine: AjvJsonSchemaValidator | undefined;

/**
 * Compiles a JSON Schema (draft 2020-12) into a check. `format` is enforced.
 *
 * @throws {Error} when the schema itself cannot be compiled.
 */
export function compileSchema(schema: JsonSchema): SchemaCheck {
  engine ??= new AjvJsonSchemaValidator();
  const validate = engine.getValidator({ ...schema });
  return (value) => {
    const result = validate(value);
    return result.valid ? [] : readable(result.errorMessage);
  };
}

/** `data/items/0/id must match pattern "…"` to `items.0.id must match …`, without repeats. */
function readable(message: string): string[] {
  const problems = message.split(/, (?=data[/ ])/).map((problem) => {
    const [, path = '', rest = problem] = /^data(\/\S*)?\s?(.*)$/s.exec(problem) ?? [];
    const name = path.slice(1).replaceAll('/', '.');
    return name === '' ? rest : `${name} ${rest}`;
  });
  return [...new Set(problems)];
}

/** A schema or subschema as a plain object; `true`, `false` and anything else are undefined. */
export function asSchema(value: unknown): JsonSchema | undefined {
  return isRecord(value) ? value : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** The subschemas of an `allOf`, `anyOf` or `oneOf`. */
export function subschemas(schema: JsonSchema, keyword: 'allOf' | 'anyOf' | 'oneOf'): JsonSchema[] {
  const list = schema[keyword];
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** The types a schema names, `[]` when it names none. */
export function typesOf(schema: JsonSchema): string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? type.filter((name) => typeof name === 'string') : [];
}
