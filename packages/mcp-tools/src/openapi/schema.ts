import type { JsonSchema } from '@fieldkit/core';
import { asSchema, isRecord, subschemas, typesOf } from '../json-schema.ts';
import type { Resolve } from './resolve.ts';

/** Schemas written out in place before further references become `$defs` entries. */
const INLINE_NODES = 1_500;
const SUBSCHEMA_MAPS = ['properties', 'patternProperties', 'dependentSchemas'];
const SUBSCHEMA_LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const SUBSCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
/** What OpenAPI adds and a JSON Schema reader does not know. */
const DROPPED = new Set([
  'discriminator',
  'xml',
  'externalDocs',
  'example',
  'nullable',
  'readOnly',
  'writeOnly',
  'deprecated',
]);
/** Formats that validators know; others say nothing that could be checked. */
const FORMATS = new Set(
  'date date-time time duration email hostname ipv4 ipv6 uri uri-reference uri-template uuid json-pointer regex'.split(
    ' ',
  ),
);

export interface ConvertSchemaOptions {
  /** `input`: read-only fields are left out. `output`: write-only fields are. */
  readonly use: 'input' | 'output';
  /** Told of what could not be kept. */
  readonly onProblem?: (message: string) => void;
}

/**
 * An OpenAPI 3.0 or 3.1 schema as JSON Schema 2020-12 that stands alone: references are written out in place, recursive ones (and those of
 * very large schemas) become `$defs`. `nullable`, boolean `exclusiveMinimum` and `example` of 3.0 become their successors; unknown
 * formats and patterns that are no regular expressions are left out.
 */
export function convertSchema(source: unknown, resolve: Resolve, options: ConvertSchemaOptions): JsonSchema {
  const definitions = new Map<string, JsonSchema | undefined>();
  const names = new Map<string, string>();
  let nodes = 0;
  const { use, onProblem } = options;

  const nameOf = (reference: string) => {
    const known = names.get(reference);
    if (known !== undefined) return known;
    const base = (reference.split('/').at(-1) ?? 'schema').replace(/[^A-Za-z0-9_.-]/g, '_');
    let name = base;
    for (let number = 2; [...names.values()].includes(name); number += 1) name = `${base}_${number}`;
    names.set(reference, name);
    return name;
  };

  const define = (reference: string): JsonSchema => {
    const name = nameOf(reference);
    if (!definitions.has(name)) {
      definitions.set(name, undefined); // claimed, so that recursion ends here
      definitions.set(name, convert(resolve(reference), [reference]));
    }
    return { $ref: `#/$defs/${name}` };
  };

  const convert = (value: unknown, stack: readonly string[]): JsonSchema => {
    nodes += 1;
    if (value === false) return { not: {} };
    if (!isRecord(value)) return {};
    if (typeof value.$ref === 'string') {
      const { $ref, ...siblings } = value;
      const inline = !stack.includes($ref) && nodes < INLINE_NODES;
      const target = inline ? convert(resolve($ref), [...stack, $ref]) : define($ref);
      const beside = convertKeywords(siblings, stack);
      if (Object.keys(beside).length === 0) return target;
      return inline ? mergeSiblings(target, beside) : { ...beside, ...target };
    }
    return convertKeywords(value, stack);
  };

  const convertKeywords = (value: Record<string, unknown>, stack: readonly string[]): JsonSchema => {
    const result: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value)) {
      if (DROPPED.has(key) || key.startsWith('x-')) continue;
      if (SUBSCHEMA_MAPS.includes(key) && isRecord(item)) {
        result[key] = Object.fromEntries(
          Object.entries(item)
            .filter(([, property]) => key !== 'properties' || isVisible(property, resolve, use))
            .map(([name, property]) => [name, convert(property, stack)]),
        );
      } else if (SUBSCHEMA_LISTS.includes(key) && Array.isArray(item)) {
        result[key] = item.map((part) => convert(part, stack));
      } else if (SUBSCHEMAS.includes(key) && (isRecord(item) || item === false)) {
        result[key] = item === false && key === 'additionalProperties' ? false : convert(item, stack);
      } else if (key === 'format') {
        if (typeof item === 'string' && FORMATS.has(item)) result.format = item;
      } else if (key === 'pattern') {
        const pattern = usablePattern(item);
        if (pattern === undefined)
          onProblem?.(`the pattern ${JSON.stringify(item)} is not a regular expression; it is not checked`);
        else result.pattern = pattern;
      } else result[key] = item;
    }
    modernize(value, result);
    if (Array.isArray(result.required) && isRecord(result.properties) && isRecord(value.properties)) {
      const { properties } = result;
      const hidden = Object.keys(value.properties).filter((name) => !(name in properties));
      result.required = result.required.filter((name) => !hidden.includes(String(name)));
    }
    return result;
  };

  const root = convert(source, []);
  if (definitions.size === 0) return root;
  return { ...root, $defs: Object.fromEntries(definitions) };
}

/** What 3.0 wrote differently. */
function modernize(source: Record<string, unknown>, result: Record<string, unknown>): void {
  for (const [flag, bound] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof source[flag] !== 'boolean') continue;
    delete result[flag];
    if (source[flag] === true && typeof source[bound] === 'number') {
      result[flag] = source[bound];
      delete result[bound];
    }
  }
  if (source.example !== undefined && result.examples === undefined) result.examples = [source.example];
  if (isRecord(source.examples)) result.examples = Object.values(source.examples);
  if (source.nullable === true) {
    const types = typesOf(result);
    if (types.length > 0) result.type = [...new Set([...types, 'null'])];
    if (Array.isArray(result.enum) && !result.enum.includes(null)) result.enum = [...result.enum, null];
  }
}

function isVisible(property: unknown, resolve: Resolve, use: 'input' | 'output'): boolean {
  const schema = isRecord(property) && typeof property.$ref === 'string' ? asSchema(resolve(property.$ref)) : property;
  if (!isRecord(schema)) return true;
  return use === 'input' ? schema.readOnly !== true : schema.writeOnly !== true;
}

/** A reference's siblings win over what it names (OpenAPI 3.1); constraints that both state must both hold. */
function mergeSiblings(target: JsonSchema, siblings: JsonSchema): JsonSchema {
  const annotations = new Set(['title', 'description', 'examples', 'default', '$comment']);
  const onlyAnnotations = Object.keys(siblings).every((key) => annotations.has(key) || !(key in target));
  return onlyAnnotations ? { ...target, ...siblings } : { allOf: [target, siblings] };
}

/** The pattern as a Unicode regular expression, needless escapes (`\-`, `\/`) taken away; undefined when it is none. */
function usablePattern(pattern: unknown): string | undefined {
  if (typeof pattern !== 'string') return undefined;
  const bare = pattern.replace(/\\([^A-Za-z0-9\\^$.*+?()[\]{}|/])/g, (escaped, character: string) =>
    character === '-' ? escaped : character,
  );
  return [pattern, bare, bare.replaceAll('\\-', '-')].find(isRegularExpression);
}

function isRegularExpression(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

/** The schema behind a reference into its own root's `$defs`, or the schema itself. */
export function dereference(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let current = schema;
  for (let hops = 0; hops < 20 && typeof current.$ref === 'string'; hops += 1) {
    const name = current.$ref.replace(/^#\/\$defs\//, '');
    current = asSchema(asSchema(root.$defs)?.[name]) ?? {};
  }
  return current;
}

/** Every declared property of an object schema, those of its `allOf`, `anyOf` and `oneOf` included. */
export function declaredProperties(schema: JsonSchema, root: JsonSchema): Map<string, JsonSchema[]> {
  const found = new Map<string, JsonSchema[]>();
  const visit = (part: JsonSchema, depth: number) => {
    const target = dereference(part, root);
    if (isRecord(target.properties)) {
      for (const [name, property] of Object.entries(target.properties)) {
        found.set(name, [...(found.get(name) ?? []), asSchema(property) ?? {}]);
      }
    }
    if (depth > 8) return;
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      for (const inner of subschemas(target, keyword)) visit(inner, depth + 1);
    }
  };
  visit(schema, 0);
  return found;
}
