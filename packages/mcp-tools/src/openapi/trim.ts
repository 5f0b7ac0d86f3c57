import type { JsonSchema } from '@fieldkit/core';
import { asSchema, isRecord, subschemas } from '../json-schema.ts';
import { declaredProperties, dereference } from './schema.ts';

/**
 * A response reduced to the fields its schema declares, so that a system's later additions never reach a model unasked. An object
 * without any declared field (a map) is kept as its `additionalProperties` say; a schema that says nothing keeps everything.
 */
export function trimToSchema(value: unknown, schema: JsonSchema, root: JsonSchema = schema): unknown {
  const target = dereference(schema, root);
  if (Array.isArray(value)) {
    const items = itemSchema(target, root);
    return items === undefined ? value : value.map((item) => trimToSchema(item, items, root));
  }
  if (!isRecord(value)) return value;
  const declared = declaredProperties(target, root);
  const rest = additional(target, root);
  if (declared.size === 0 && rest === undefined) return value;
  const kept: [string, unknown][] = [];
  for (const [name, item] of Object.entries(value)) {
    const schemas = declared.get(name);
    if (schemas !== undefined)
      kept.push([name, trimToSchema(item, schemas.length === 1 ? (schemas[0] ?? {}) : { anyOf: schemas }, root)]);
    else if (rest !== undefined) kept.push([name, trimToSchema(item, rest, root)]);
  }
  return Object.fromEntries(kept);
}

function itemSchema(target: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  const own = asSchema(target.items);
  if (own !== undefined) return own;
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const part of subschemas(target, keyword)) {
      const inner = itemSchema(dereference(part, root), root);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** The schema of undeclared fields when the description allows them on purpose. */
function additional(target: JsonSchema, root: JsonSchema): JsonSchema | undefined {
  if (target.additionalProperties === true) return {};
  const own = asSchema(target.additionalProperties);
  if (own !== undefined) return own;
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const part of subschemas(target, keyword)) {
      const inner = additional(dereference(part, root), root);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}
