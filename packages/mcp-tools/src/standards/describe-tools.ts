import { type JsonSchema, schemaProperties, type Tool } from '@fieldkit/core';
import { asSchema, subschemas, typesOf } from '../json-schema.ts';
import { dereference } from '../openapi/schema.ts';
import { goodInputs } from './generate-input.ts';
import type { TriedTool } from './try-tools.ts';

/** The tool specification: what each tool takes and gives, as Markdown for people and JSON Schema for machines. */
export function toolSpecification(tools: readonly Tool[]): { markdown: string; json: readonly object[] } {
  return {
    markdown: ['# Tools', '', overview(tools), ...tools.map(section)].join('\n'),
    json: tools.map(({ name, description, effects, timeoutMs, inputSchema, outputSchema }) => ({
      name,
      description,
      effects,
      timeoutMs,
      inputSchema,
      ...(outputSchema === undefined ? {} : { outputSchema }),
    })),
  };
}

function overview(tools: readonly Tool[]): string {
  const rows = tools.map(
    ({ name, effects, timeoutMs, description }) =>
      `| \`${name}\` | ${effects} | ${timeoutMs / 1000} s | ${cell(description.split('\n')[0] ?? '')} |`,
  );
  return ['| Tool | Effects | Time limit | What it does |', '| --- | --- | --- | --- |', ...rows, ''].join('\n');
}

function section(tool: Tool): string {
  const [example] = goodInputs(tool.inputSchema, 1);
  return [
    `## ${tool.name}`,
    '',
    tool.description,
    '',
    '### Input',
    '',
    fieldTable(tool.inputSchema),
    ...(example === undefined ? [] : ['For example:', '', '```json', JSON.stringify(example, null, 2), '```', '']),
    '### Output',
    '',
    tool.outputSchema === undefined ? 'Text without a declared structure.\n' : fieldTable(tool.outputSchema),
    '### Errors',
    '',
    'A refusal of the system behind the tool is a result with `isError` and its own words. `TOOL_INVALID_INPUT`: the input does not fit. `TOOL_UNAVAILABLE`, `TIMED_OUT`:' +
      ` it may work later. ${tool.effects === 'write' ? '`TOOL_NEEDS_APPROVAL`: nobody has approved the change. `TOOL_OUTCOME_UNKNOWN`: look in the system before trying again.' : '`TOOL_INVALID_OUTPUT`: the system answered otherwise than declared.'}`,
    '',
  ].join('\n');
}

/** Fields as rows, nested ones with their path. */
function fieldTable(schema: JsonSchema): string {
  const rows: string[] = [];
  const visit = (part: JsonSchema, path: string, depth: number) => {
    const target = dereference(part, schema);
    const required = Array.isArray(target.required) ? target.required : [];
    for (const [name, property] of schemaProperties(target)) {
      const field = dereference(property, schema);
      const at = path === '' ? name : `${path}.${name}`;
      rows.push(
        `| \`${at}\` | ${cell(typeText(field))} | ${required.includes(name) ? 'yes' : ''} | ${cell([field.title, field.description].filter((said) => typeof said === 'string').join(': '))} |`,
      );
      if (depth < 4) visit(field, at, depth + 1);
      const items = asSchema(field.items);
      if (items !== undefined && depth < 4) visit(items, `${at}[]`, depth + 1);
    }
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      if (depth < 4) for (const option of subschemas(target, keyword)) visit(option, path, depth + 1);
    }
  };
  visit(schema, '', 0);
  if (rows.length === 0) return 'No fields.\n';
  return ['| Field | Type | Required | Meaning |', '| --- | --- | --- | --- |', ...new Set(rows), ''].join('\n');
}

function typeText(schema: JsonSchema): string {
  const parts: string[] = [];
  const types = typesOf(schema);
  if (Array.isArray(schema.enum)) parts.push(schema.enum.map((value) => `\`${String(value)}\``).join(', '));
  else if (types.length > 0) parts.push(types.join(' or '));
  if (typeof schema.format === 'string') parts.push(schema.format);
  if (typeof schema.pattern === 'string') parts.push(`\`${schema.pattern}\``);
  const range = (low: unknown, high: unknown, unit: string) => {
    if (typeof low === 'number' || typeof high === 'number')
      parts.push(`${typeof low === 'number' ? low : '…'} to ${typeof high === 'number' ? high : '…'}${unit}`);
  };
  range(schema.minimum, schema.maximum, '');
  range(schema.minLength, schema.maxLength, ' characters');
  range(schema.minItems, schema.maxItems, ' entries');
  return parts.join(', ');
}

function cell(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('|', '\\|');
}

/** What the trial of the tools showed, as a Markdown table. */
export function trialTable(tried: readonly TriedTool[]): string {
  const rows = tried.map(
    ({ tool, good, answered, refused, failed, bad, badAccepted, longestMs, longestText }) =>
      `| \`${tool}\` | ${good} | ${answered} | ${refused} | ${failed} | ${bad - badAccepted} of ${bad} | ${longestMs} ms | ${longestText} |`,
  );
  return [
    '| Tool | Good inputs | Answered | Refused by the system | Failed | Bad inputs refused | Longest call | Longest text |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
