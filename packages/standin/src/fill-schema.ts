import { detectLanguage, memoize, schemaProperties } from '@fieldkit/core';
import type { Conversation } from './conversation.ts';
import { overlap } from './select-evidence.ts';
import { contentTerms, identifiersOf } from './words.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Deepest nesting that is filled; a schema that goes on gets its shortest valid value. */
const MAX_DEPTH = 8;

/**
 * A value that fits a JSON Schema, made from the conversation by the type and the constraints of each property: a string is the standalone
 * question (or its language, where the property is a language), an enumeration its member that the question mentions most, a boolean its
 * default or false, a number its default or the least it may be, a list of strings the parts of the question.
 */
export function fillSchema(
  schema: Schema,
  conversation: Conversation,
  name = '',
  depth = 0,
  root: Schema = schema,
): unknown {
  const resolved = resolve(schema, root);
  if ('const' in resolved) return resolved.const;
  if (Array.isArray(resolved.enum)) return bestMember(resolved.enum, resolved, conversation);
  const type = typeOf(resolved);
  if (type !== 'string' && type !== 'array' && 'default' in resolved) return resolved.default;
  switch (type) {
    case 'object':
      return fillObject(resolved, conversation, depth, root);
    case 'array':
      return fillArray(resolved, conversation, name, depth, root);
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return leastNumber(resolved, type);
    case 'null':
      return null;
    default:
      return fillString(resolved, conversation, name);
  }
}

function resolve(schema: Schema, root: Schema): Schema {
  const { $ref } = schema;
  if (typeof $ref === 'string' && $ref.startsWith('#/')) {
    let target: unknown = root;
    for (const key of $ref.slice(2).split('/')) {
      target = isSchema(target) ? target[key.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    }
    return isSchema(target) && target !== schema ? resolve(target, root) : {};
  }
  for (const key of ['anyOf', 'oneOf', 'allOf']) {
    const options = schema[key];
    if (!Array.isArray(options)) continue;
    const schemas = options.filter(isSchema);
    if (key === 'allOf')
      return Object.assign({}, schema, { allOf: undefined }, ...schemas.map((one) => resolve(one, root)));
    const first = schemas.find((one) => one.type !== 'null') ?? schemas[0];
    if (first !== undefined) return resolve(first, root);
  }
  return schema;
}

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function typeOf({ type, properties, items }: Schema): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return String(type.find((one) => one !== 'null') ?? 'null');
  return properties !== undefined ? 'object' : items !== undefined ? 'array' : 'string';
}

function fillObject(schema: Schema, conversation: Conversation, depth: number, root: Schema): Record<string, unknown> {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const value: Record<string, unknown> = {};
  for (const [name, property] of schemaProperties(schema)) {
    const needed = required.includes(name);
    // What may be left out is left out, unless a list or a string can say something of the question.
    const type = typeOf(resolve(property, root));
    if (!needed && (depth > 0 || !['string', 'array'].includes(type))) continue;
    if (!needed && type === 'string' && !isLanguage(name, property)) continue;
    value[name] = depth >= MAX_DEPTH ? null : fillSchema(property, conversation, name, depth + 1, root);
  }
  return value;
}

function fillArray(schema: Schema, conversation: Conversation, name: string, depth: number, root: Schema): unknown[] {
  const items = isSchema(schema.items) ? schema.items : { type: 'string' };
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  const most = typeof schema.maxItems === 'number' ? schema.maxItems : Number.POSITIVE_INFINITY;
  const resolved = resolve(items, root);
  const free = typeOf(resolved) === 'string' && !Array.isArray(resolved.enum) && resolved.pattern === undefined;
  const several = conversation.parts.length > 1;
  const values: unknown[] = free && several ? conversation.parts.map((part) => boundedString(part, resolved)) : [];
  while (values.length < least && depth < MAX_DEPTH)
    values.push(fillSchema(items, conversation, name, depth + 1, root));
  return values.slice(0, most);
}

function fillString(schema: Schema, conversation: Conversation, name: string): string {
  if (isLanguage(name, schema)) return detectLanguage(conversation.question);
  if (typeof schema.default === 'string') return schema.default;
  if (typeof schema.pattern === 'string') {
    const found = matchesOf(schema.pattern, conversation.userTexts)[0];
    if (found !== undefined) return found;
  }
  return boundedString(conversation.standalone, schema);
}

/** A property that names a language: by its name, or by the standard for language tags in its description. */
function isLanguage(name: string, { description, type }: Schema): boolean {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  return (
    type === 'string' &&
    (words.some((word) => ['language', 'lang', 'locale'].includes(word)) ||
      /BCP ?47|ISO 639/i.test(String(description ?? '')))
  );
}

function boundedString(text: string, { minLength, maxLength }: Schema): string {
  const most = typeof maxLength === 'number' ? maxLength : Number.POSITIVE_INFINITY;
  const least = typeof minLength === 'number' ? minLength : 0;
  return text.slice(0, most).padEnd(Math.min(least, most), '.');
}

function leastNumber({ minimum, exclusiveMinimum, maximum }: Schema, type: string): number {
  if (typeof minimum === 'number') return type === 'integer' ? Math.ceil(minimum) : minimum;
  if (typeof exclusiveMinimum === 'number') return Math.floor(exclusiveMinimum) + 1;
  return typeof maximum === 'number' ? Math.min(0, Math.floor(maximum)) : 0;
}

function bestMember(
  members: readonly unknown[],
  { default: fallback, description }: Schema,
  { question, standalone }: Conversation,
): unknown {
  const language = detectLanguage(question);
  const byLanguage = members.find(
    (member) => typeof member === 'string' && member.toLowerCase().split(/[-_]/)[0] === language,
  );
  if (byLanguage !== undefined) return byLanguage;
  const terms = new Set(contentTerms(standalone));
  // A description often explains the members one by one: `name (what it means)`.
  const said = (member: unknown) => {
    const text = String(description ?? '');
    const at = text.indexOf(String(member));
    return at === -1 ? String(member) : text.slice(at, at + 160).split(';')[0];
  };
  const scored = members.map((member) => ({
    member,
    score: overlap(terms, String(said(member)).replace(/[-_]/g, ' ')),
  }));
  const best = scored.reduce((a, b) => (b.score > a.score ? b : a), scored[0] ?? { member: null, score: 0 });
  return best.score === 0 && fallback !== undefined ? fallback : best.member;
}

/** What fits a property's pattern in the given texts, each once; an anchored pattern is looked for as a whole word. */
export function matchesOf(pattern: string, texts: readonly string[]): string[] {
  const body = pattern.replace(/^\^/, '').replace(/\$$/, '');
  let expression: RegExp;
  let whole: RegExp;
  try {
    expression = new RegExp(`(?<![A-Za-z0-9])(?:${body})(?![A-Za-z0-9])`, 'giu');
    whole = new RegExp(pattern, 'u');
  } catch {
    return [];
  }
  for (const text of texts) {
    // Case is mended when that makes it fit: people write order numbers in small letters.
    const found = Array.from(text.slice(0, 4000).matchAll(expression), ([match]) =>
      [match, match.toUpperCase(), match.toLowerCase()].find((form) => whole.test(form)),
    ).filter((match): match is string => match !== undefined && match.trim() !== '');
    if (found.length > 0) return [...new Set(found)];
  }
  return [];
}

/** Identifiers in a description or in examples, as a pattern of the same shape: `SO-1001` gives letters, hyphen, digits. */
export function shapePattern({ description, examples, example }: Schema): string | undefined {
  const said = [description, example, ...(Array.isArray(examples) ? examples : [])]
    .filter((one) => typeof one === 'string')
    .join(' ');
  return shapeOf(said) || undefined;
}

/** Tools are offered with every request. Empty without an identifier. */
const shapeOf = memoize(500, (said): string => {
  const shapes = (said.match(/(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*(?![A-Za-z0-9])/g) ?? [])
    .filter((word) => identifiersOf(word).length > 0)
    .map((word) => word.replace(/[A-Za-z]+|\d+/g, (run) => (/\d/.test(run) ? '\\d+' : `[A-Za-z]{${run.length}}`)));
  return shapes.length === 0 ? '' : `(?:${[...new Set(shapes)].join('|')})`;
});
