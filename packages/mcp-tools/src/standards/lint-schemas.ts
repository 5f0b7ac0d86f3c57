import { type Finding, type JsonSchema, schemaProperties, type Tool } from '@fieldkit/core';
import { asSchema, compileSchema, subschemas, typesOf } from '../json-schema.ts';
import { dereference } from '../openapi/schema.ts';
import { finding, TOOL_STANDARD } from './tool-standard.ts';

/** Quantities that mean nothing without a unit. */
const QUANTITY =
  /(?:duration|timeout|delay|interval|amount|price|cost|weight|length|width|height|size|distance|temperature|pressure|age|period|quota|rate)$/i;
const UNIT =
  /\b(?:ms|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|percent|cny|usd|eur|yuan|kg|grams?|mm|cm|km|metres?|meters?|bytes?|kb|mb|gb|°?c|celsius|bar|kpa|mpa|items?|pieces?|per)\b|%|[元天日月年小时分秒千克米公斤件次个℃]/i;

/** Closed, typed, described, bounded, with units and examples. */
export function lintInput({ name, inputSchema }: Tool): Finding[] {
  try {
    compileSchema(inputSchema);
  } catch (error) {
    return [
      finding(
        'error',
        'input-schema-invalid',
        `the input schema cannot be compiled: ${error instanceof Error ? error.message : String(error)}`,
        name,
        'correct the schema',
      ),
    ];
  }
  const findings: Finding[] = [];
  if (inputSchema.type !== 'object')
    findings.push(
      finding('error', 'input-not-object', 'the input is not an object', name, 'put the fields into an object'),
    );
  for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const) {
    if (subschemas(inputSchema, keyword).length > 0)
      findings.push(
        finding(
          'error',
          'input-root-union',
          `the input has ${keyword} at its root, which several endpoints refuse`,
          name,
          'use one object with optional fields, or two tools',
        ),
      );
  }
  visitFields(inputSchema, inputSchema, '', 0, (schema, path) =>
    findings.push(...lintField(schema, path === '' ? name : `${name}.${path}`, path === '')),
  );
  return findings;
}

function lintField(schema: JsonSchema, where: string, isRoot: boolean): Finding[] {
  const findings: Finding[] = [];
  const types = typesOf(schema);
  const { enum: values, description, pattern, format, examples } = schema;
  const unions =
    subschemas(schema, 'anyOf').length + subschemas(schema, 'oneOf').length + subschemas(schema, 'allOf').length;
  const isTyped = types.length > 0 || Array.isArray(values) || 'const' in schema || unions > 0;
  if (!isTyped)
    findings.push(
      finding('error', 'field-untyped', 'the field may be anything', where, 'give it a type or the allowed values'),
    );
  if (!isRoot && (typeof description !== 'string' || description.trim() === ''))
    findings.push(
      finding(
        'warning',
        'field-undescribed',
        'the field has no description',
        where,
        'say what it means, in which unit and form',
      ),
    );
  if (types.includes('object')) {
    if (schemaProperties(schema).length === 0 && !isRoot && unions === 0)
      findings.push(
        finding('error', 'field-free-form', 'the field is an object of any shape', where, 'declare its fields'),
      );
    else if (schema.additionalProperties !== false && schema.unevaluatedProperties !== false)
      findings.push(
        finding(
          isRoot ? 'error' : 'warning',
          'object-open',
          'undeclared fields are accepted',
          where,
          'set additionalProperties to false',
        ),
      );
  }
  if (types.includes('array') && typeof schema.maxItems !== 'number')
    findings.push(finding('warning', 'list-unbounded', 'the list has no longest length', where, 'set maxItems'));
  if (types.includes('string') && !Array.isArray(values) && !('const' in schema)) {
    if (typeof pattern !== 'string' && typeof format !== 'string' && typeof schema.maxLength !== 'number')
      findings.push(
        finding(
          'warning',
          'text-unbounded',
          'the text has neither pattern, format nor longest length',
          where,
          'set maxLength or a pattern',
        ),
      );
    if (typeof pattern === 'string' && !Array.isArray(examples) && !/such as|例如|如 /i.test(String(description ?? '')))
      findings.push(
        finding(
          'warning',
          'pattern-without-example',
          'the pattern has no example',
          where,
          'add examples: a model copies them better than it reads a pattern',
        ),
      );
  }
  if (Array.isArray(values) && values.length > TOOL_STANDARD.maxEnumValues)
    findings.push(
      finding(
        'warning',
        'enum-long',
        `there are ${values.length} allowed values`,
        where,
        'let the model name it and look it up',
      ),
    );
  const isNumber = types.includes('number') || types.includes('integer');
  const field = where.split('.').at(-1) ?? '';
  if (isNumber && QUANTITY.test(field) && !UNIT.test(`${String(description ?? '')} ${String(schema.title ?? '')}`))
    findings.push(
      finding(
        'warning',
        'quantity-without-unit',
        'the quantity has no unit',
        where,
        'name the unit in the field or its description',
      ),
    );
  return findings;
}

/** Declared, an object, without parts of any shape. */
export function lintOutput({ name, outputSchema, yields }: Tool): Finding[] {
  if (outputSchema === undefined)
    return [
      finding(
        'warning',
        'output-undeclared',
        'the output has no schema, so nothing can be checked or relied on',
        name,
        'declare it',
      ),
    ];
  const findings: Finding[] = [];
  try {
    compileSchema(outputSchema);
  } catch (error) {
    return [
      finding(
        'error',
        'output-schema-invalid',
        `the output schema cannot be compiled: ${error instanceof Error ? error.message : String(error)}`,
        name,
        'correct the schema',
      ),
    ];
  }
  if (outputSchema.type !== 'object')
    findings.push(finding('error', 'output-not-object', 'the output is not an object', name, 'put it into one'));
  if (yields === 'record') {
    visitFields(outputSchema, outputSchema, '', 0, (schema, path) => {
      const isFree =
        typesOf(schema).includes('object') &&
        schemaProperties(schema).length === 0 &&
        ['anyOf', 'oneOf', 'allOf'].every((keyword) => !(keyword in schema));
      if (isFree)
        findings.push(
          finding(
            'warning',
            'output-free-form',
            'a part of the output is an object of any shape',
            path === '' ? name : `${name} → ${path}`,
            'declare its fields; undeclared ones are not passed on',
          ),
        );
    });
  }
  return findings;
}

/** Calls `visit` for a schema and every field below it. */
function visitFields(
  schema: JsonSchema,
  root: JsonSchema,
  path: string,
  depth: number,
  visit: (schema: JsonSchema, path: string) => void,
): void {
  const target = dereference(schema, root);
  visit(target, path);
  if (depth > 6) return;
  const below = (name: string) => (path === '' ? name : `${path}.${name}`);
  for (const [name, property] of schemaProperties(target)) visitFields(property, root, below(name), depth + 1, visit);
  const items = asSchema(target.items);
  if (items !== undefined) {
    const inner = dereference(items, root);
    for (const [name, property] of schemaProperties(inner))
      visitFields(property, root, `${path}[].${name}`, depth + 2, visit);
  }
}
