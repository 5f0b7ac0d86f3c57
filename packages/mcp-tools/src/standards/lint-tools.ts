import { estimateTokens, type Finding, type JsonSchema, schemaProperties, type Tool } from '@fieldkit/core';
import { asSchema, compileSchema, subschemas, typesOf } from '../json-schema.ts';
import { dereference } from '../openapi/schema.ts';

/** The limits of the standard; each finding names the one it is about. */
export const TOOL_STANDARD = {
  /** More tools than this and models choose badly; platforms take no more per server. */
  maxTools: 30,
  /** Of one tool's name, description and schemas as a model reads them. */
  maxDefinitionTokens: 1_500,
  minDescriptionLength: 40,
  maxDescriptionLength: 2_000,
  maxEnumValues: 60,
  maxTimeoutMs: 60_000,
} as const;

const WRITES =
  /^(?:create|add|update|change|set|delete|remove|cancel|submit|send|post|book|confirm|approve|reject|assign|close|upload|insert|write|patch|put)(?:_|$)/;
const READS = /^(?:get|list|search|find|lookup|look_up|read|query|describe|count|check|show|fetch)(?:_|$)/;
const WHEN = /\b(?:use|when|if|call|for)\b|使用|用于|时候|适用|查询|想知道/i;
const WHEN_NOT = /\b(?:not|never|don't|instead|only)\b|不要|不得|不用于|不在|勿|只/i;
/** Words of a description that talk to the model about something else than the tool. */
const INJECTION =
  /ignore (?:all |any )?(?:previous|prior|above)|system prompt|do not (?:tell|mention|inform)|<\/?(?:system|important|instructions?)>|忽略(?:之前|以上|前面)|不要告诉/i;
const HIDDEN = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\u{e0000}-\u{e007f}]/u;
/** Quantities that mean nothing without a unit. */
const QUANTITY =
  /(?:duration|timeout|delay|interval|amount|price|cost|weight|length|width|height|size|distance|temperature|pressure|age|period|quota|rate)$/i;
const UNIT =
  /\b(?:ms|milliseconds?|seconds?|minutes?|hours?|days?|weeks?|months?|years?|percent|cny|usd|eur|yuan|kg|grams?|mm|cm|km|metres?|meters?|bytes?|kb|mb|gb|°?c|celsius|bar|kpa|mpa|items?|pieces?|per)\b|%|[元天日月年小时分秒千克米公斤件次个℃]/i;

/**
 * Checks tools against the standard for inputs and outputs: names, descriptions (what, when, when not), schemas (closed, typed, described, bounded, with units
 * and examples), effects, sizes. Errors are what models or systems stumble over; warnings are what a reviewer would ask for.
 */
export function lintTools(tools: readonly Tool[]): Finding[] {
  const findings = tools.flatMap(lintTool);
  if (tools.length > TOOL_STANDARD.maxTools) {
    findings.push(
      finding(
        'warning',
        'too-many-tools',
        `there are ${tools.length} tools; models choose badly among more than ${TOOL_STANDARD.maxTools}`,
        'tools',
        'offer each node of the pipeline the tools it needs',
      ),
    );
  }
  for (const [index, { name, description }] of tools.entries()) {
    const twin = tools
      .slice(0, index)
      .find((other) => other.name === name || (description !== '' && other.description === description));
    if (twin === undefined) continue;
    findings.push(
      finding(
        'error',
        'ambiguous-tool',
        `${twin.name === name ? 'the name' : 'the description'} is the same as that of ${twin.name}`,
        name,
        'say what sets them apart',
      ),
    );
  }
  return findings;
}

function lintTool(tool: Tool): Finding[] {
  return [
    ...lintName(tool),
    ...lintDescription(tool),
    ...lintInput(tool),
    ...lintOutput(tool),
    ...lintEffects(tool),
    ...lintSize(tool),
  ];
}

function lintName({ name }: Tool): Finding[] {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(name)) {
    return [
      finding(
        'error',
        'name-invalid',
        `the name ${JSON.stringify(name)} is not 1 to 64 letters, digits, _, - and .`,
        name,
        'rename the tool',
      ),
    ];
  }
  if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/.test(name)) {
    return [
      finding(
        'warning',
        'name-style',
        'the name is not snake_case of at least two words (verb and thing)',
        name,
        'call it like lookup_order or create_ticket',
      ),
    ];
  }
  return [];
}

function lintDescription({ name, description }: Tool): Finding[] {
  const findings: Finding[] = [];
  const { minDescriptionLength, maxDescriptionLength } = TOOL_STANDARD;
  // A Chinese character says about as much as three Latin letters.
  const weight = description.length + 2 * (description.match(/\p{Script=Han}/gu)?.length ?? 0);
  if (weight < minDescriptionLength)
    findings.push(
      finding(
        'error',
        'description-short',
        'the description says too little to choose the tool by',
        name,
        'say what it does, when to use it and when not',
      ),
    );
  else {
    if (!WHEN.test(description))
      findings.push(
        finding(
          'warning',
          'description-when',
          'the description does not say when to use the tool',
          name,
          'add a sentence: use it when …',
        ),
      );
    if (!WHEN_NOT.test(description))
      findings.push(
        finding(
          'warning',
          'description-when-not',
          'the description does not say when not to use the tool',
          name,
          'add a sentence: do not use it for …',
        ),
      );
  }
  if (description.length > maxDescriptionLength) {
    findings.push(
      finding(
        'warning',
        'description-long',
        `the description has ${description.length} characters, more than ${maxDescriptionLength}`,
        name,
        'move details to the fields',
      ),
    );
  }
  if (INJECTION.test(description))
    findings.push(
      finding(
        'error',
        'description-instructs',
        'the description gives the model orders that are not about the tool',
        name,
        'do not offer this tool before its owner has explained it',
      ),
    );
  if (HIDDEN.test(description))
    findings.push(
      finding(
        'error',
        'description-hidden-text',
        'the description holds invisible characters',
        name,
        'remove them; if the server is not yours, ask its owner',
      ),
    );
  return findings;
}

function lintInput({ name, inputSchema }: Tool): Finding[] {
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

function lintOutput({ name, outputSchema, yields }: Tool): Finding[] {
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

function lintEffects({ name, effects, timeoutMs }: Tool): Finding[] {
  const findings: Finding[] = [];
  if (effects === 'read' && WRITES.test(name))
    findings.push(
      finding(
        'error',
        'effects-read',
        'the name says that it changes something, but it is declared as reading',
        name,
        'declare effects: write, or rename it',
      ),
    );
  if (effects === 'write' && READS.test(name))
    findings.push(
      finding(
        'warning',
        'effects-write',
        'the name says that it reads, but it is declared as writing (or its server says nothing)',
        name,
        'declare effects: read if it changes nothing',
      ),
    );
  if (timeoutMs > TOOL_STANDARD.maxTimeoutMs)
    findings.push(
      finding(
        'warning',
        'timeout-long',
        `it may take ${timeoutMs / 1000} s`,
        name,
        'answer sooner, or start a job and look its state up',
      ),
    );
  return findings;
}

function lintSize(tool: Tool): Finding[] {
  const tokens = estimateTokens(
    JSON.stringify({ name: tool.name, description: tool.description, parameters: tool.inputSchema }),
  );
  if (tokens <= TOOL_STANDARD.maxDefinitionTokens) return [];
  return [
    finding(
      'warning',
      'definition-large',
      `the definition costs about ${tokens} tokens in every request`,
      tool.name,
      'shorten descriptions, or offer fewer operations in one tool',
    ),
  ];
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

function finding(
  severity: Finding['severity'],
  code: string,
  message: string,
  where: string,
  suggestion: string,
): Finding {
  return { severity, code, message, where, suggestion };
}
