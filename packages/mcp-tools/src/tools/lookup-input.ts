import type { JsonSchema } from '@fieldkit/core';
import { compileSchema, typesOf } from '../json-schema.ts';
import { isScalar, type Operation, type Parameter } from '../openapi/parse-openapi.ts';

/** What a lookup tool takes, and how an input becomes one operation's parameters. */
export interface LookupInput {
  readonly schema: JsonSchema;
  choose(
    input: Readonly<Record<string, unknown>>,
  ):
    | { readonly ok: true; readonly record: string; readonly parameters: Readonly<Record<string, unknown>> }
    | { readonly ok: false; readonly problem: string };
  /** What identifies a record of that kind, for the tool's description. */
  hint(record: string): string;
}

interface Kind {
  readonly record: string;
  readonly operation: Operation;
}

/** Formats and types as patterns, so that an identifier tells its kind. */
const KNOWN_PATTERNS: Readonly<Record<string, string>> = {
  uuid: '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}',
  date: '\\d{4}-\\d{2}-\\d{2}',
  integer: '-?\\d+',
};

/**
 * One operation: its parameters by name. Several with one identifier each: `{ record, id }`. Anything else: `{ record }` and the
 * parameters of all, checked against the chosen one.
 */
export function planLookupInput(kinds: readonly Kind[]): LookupInput {
  const [first] = kinds;
  if (first !== undefined && kinds.length === 1) return singleOperation(first);
  const identifiers = kinds.map(({ operation }) => identifierOf(operation));
  if (identifiers.every((parameter) => parameter !== undefined)) {
    return recordAndId(kinds.map((kind, index) => ({ ...kind, identifier: identifiers[index] as Parameter }))); // checked just above
  }
  return mergedParameters(kinds);
}

/** The only required parameter, if it is a plain value. */
function identifierOf({ parameters }: Operation): Parameter | undefined {
  const required = parameters.filter((parameter) => parameter.required);
  const [only] = required;
  return required.length === 1 && only !== undefined && isScalar(only.schema) && !only.json ? only : undefined;
}

function singleOperation({ record, operation }: Kind): LookupInput {
  return {
    schema: objectSchema(
      operation.parameters.map((parameter) => [parameter.name, parameterSchema(parameter), parameter.required]),
    ),
    choose: (input) => ({ ok: true, record, parameters: input }),
    hint: () => '',
  };
}

function recordAndId(kinds: readonly (Kind & { readonly identifier: Parameter })[]): LookupInput {
  const known = kinds.map(({ record, identifier }) => {
    const check = compileSchema(identifier.schema);
    const convert = converter(identifier.schema);
    return {
      record,
      name: identifier.name,
      pattern: patternOf(identifier.schema),
      example: exampleOf(identifier),
      fits: (id: string) => check(convert(id)).length === 0,
      convert,
    };
  });
  const patterns = known.map(({ pattern }) => pattern);
  const told = patterns.every((pattern) => pattern !== undefined);
  const distinct = told && new Set(patterns).size === patterns.length;
  const shape = ({ pattern, example }: (typeof known)[number]) =>
    [example === undefined ? '' : `such as ${example}`, pattern === undefined ? '' : `pattern ${pattern}`]
      .filter((part) => part !== '')
      .join(', ');
  const schema = objectSchema([
    [
      'record',
      {
        type: 'string',
        enum: kinds.map(({ record }) => record),
        description: `Kind of record. ${kinds.map(({ record, operation }) => `${record}: ${(operation.summary || operation.id).replace(/[.。]$/, '')}`).join('; ')}.${distinct ? ' May be left out: the form of the id tells the kind.' : ''}`,
      },
      !distinct,
    ],
    [
      'id',
      {
        type: 'string',
        maxLength: 200,
        ...(told ? { pattern: `^(?:${patterns.join('|')})$` } : { minLength: 1 }),
        description: `The identifier exactly as it is written in the question. ${kinds
          .map(({ record, identifier }, index) => {
            const kind = known[index];
            const form = kind === undefined ? '' : shape(kind);
            return `${record}: ${identifier.description || identifier.name}${form === '' ? '' : ` (${form})`}`;
          })
          .join('; ')}.`,
        ...(known.some(({ example }) => example !== undefined)
          ? { examples: known.flatMap(({ example }) => example ?? []) }
          : {}),
      },
      true,
    ],
  ]);
  return {
    schema,
    choose({ record, id }) {
      if (typeof id !== 'string') return { ok: false, problem: 'id must be a string' };
      const fitting = known.filter(({ fits }) => fits(id));
      if (record === undefined) {
        const [kind] = fitting;
        if (kind === undefined)
          return {
            ok: false,
            problem: `${JSON.stringify(id)} is no identifier of ${known.map((each) => each.record).join(' or ')}`,
          };
        if (fitting.length > 1)
          return {
            ok: false,
            problem: `say which record is meant: ${fitting.map((each) => each.record).join(' or ')}`,
          };
        return { ok: true, record: kind.record, parameters: { [kind.name]: kind.convert(id) } };
      }
      const kind = known.find((each) => each.record === record);
      if (kind?.fits(id) === true)
        return { ok: true, record: kind.record, parameters: { [kind.name]: kind.convert(id) } };
      const other =
        fitting[0] === undefined
          ? ''
          : `; ${JSON.stringify(id)} is an identifier of ${fitting.map((each) => each.record).join(' or ')}`;
      const form = kind === undefined ? '' : shape(kind);
      return {
        ok: false,
        problem: `the id of ${String(record)} must have another form${form === '' ? '' : ` (${form})`}${other}`,
      };
    },
    hint(record) {
      const kind = known.find((each) => each.record === record);
      return kind?.example === undefined ? '' : ` (id such as ${kind.example})`;
    },
  };
}

function mergedParameters(kinds: readonly Kind[]): LookupInput {
  const byName = new Map<string, { schemas: JsonSchema[]; records: string[] }>();
  for (const { record, operation } of kinds) {
    for (const parameter of operation.parameters) {
      const entry = byName.get(parameter.name) ?? { schemas: [], records: [] };
      const schema = parameterSchema(parameter);
      if (!entry.schemas.some((other) => JSON.stringify(other) === JSON.stringify(schema))) entry.schemas.push(schema);
      entry.records.push(`${record}${parameter.required ? ' (required)' : ''}`);
      byName.set(parameter.name, entry);
    }
  }
  const checks = new Map(
    kinds.map(({ record, operation }) => [
      record,
      {
        operation,
        check: compileSchema(
          objectSchema(operation.parameters.map((parameter) => [parameter.name, parameter.schema, parameter.required])),
        ),
      },
    ]),
  );
  return {
    schema: objectSchema([
      [
        'record',
        {
          type: 'string',
          enum: kinds.map(({ record }) => record),
          description: `Kind of record. ${kinds.map(({ record, operation }) => `${record}: ${(operation.summary || operation.id).replace(/[.。]$/, '')}`).join('; ')}.`,
        },
        true,
      ],
      ...[...byName].map(([name, { schemas, records }]): [string, JsonSchema, boolean] => {
        const [only = {}] = schemas;
        const merged = schemas.length === 1 ? only : { anyOf: schemas };
        const said = typeof only.description === 'string' ? `${only.description}. ` : '';
        return [name, { ...merged, description: `${said}For ${records.join(', ')}.` }, false];
      }),
    ]),
    choose({ record, ...parameters }) {
      const chosen = typeof record === 'string' ? checks.get(record) : undefined;
      if (chosen === undefined || typeof record !== 'string')
        return { ok: false, problem: `there is no record ${String(record)}` };
      const problems = chosen.check(parameters);
      return problems.length === 0 ? { ok: true, record, parameters } : { ok: false, problem: problems.join('; ') };
    },
    hint: () => '',
  };
}

export function objectSchema(fields: readonly (readonly [string, JsonSchema, boolean])[]): JsonSchema {
  const definitions = Object.assign({}, ...fields.map(([, schema]) => schema.$defs ?? {}));
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([name, { $defs: _, ...schema }]) => [name, schema])),
    required: fields.filter(([, , required]) => required).map(([name]) => name),
    additionalProperties: false,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  };
}

/** A parameter's schema with its description. */
export function parameterSchema({ schema, description }: Parameter): JsonSchema {
  return description === '' ? schema : { ...schema, description };
}

/** The values a schema allows as a pattern without anchors; undefined when it allows any text. */
function patternOf(schema: JsonSchema): string | undefined {
  const { pattern, format } = schema;
  const values = Array.isArray(schema.enum) ? schema.enum : 'const' in schema ? [schema.const] : [];
  if (values.length > 0) return values.map((value) => String(value).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')).join('|');
  if (typeof pattern === 'string') {
    const start = pattern.startsWith('^') ? pattern.slice(1) : `[\\s\\S]*${pattern}`;
    const body = /(?<!\\)(?:\\\\)*\$$/.test(start) ? start.slice(0, -1) : `${start}[\\s\\S]*`;
    return topLevelAlternation(body) ? `(?:${body})` : body;
  }
  if (typeof format === 'string' && KNOWN_PATTERNS[format] !== undefined) return KNOWN_PATTERNS[format];
  return typesOf(schema).includes('integer') ? KNOWN_PATTERNS.integer : undefined;
}

function topLevelAlternation(pattern: string): boolean {
  return pattern.includes('|');
}

function converter(schema: JsonSchema): (id: string) => unknown {
  const types = typesOf(schema);
  if (types.includes('string') || types.length === 0) return (id) => id;
  return (id) => (/^-?\d+(\.\d+)?$/.test(id) ? Number(id) : id);
}

function exampleOf({ schema }: Parameter): string | undefined {
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  return typeof example === 'string' || typeof example === 'number' ? String(example) : undefined;
}
