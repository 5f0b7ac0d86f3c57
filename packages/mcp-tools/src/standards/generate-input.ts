import type { JsonSchema } from '@fieldkit/core';
import { asSchema, compileSchema, isRecord, subschemas, typesOf } from '../json-schema.ts';
import { dereference } from '../openapi/schema.ts';
import { between, createRandom, pick } from './random.ts';
import { samplePattern } from './sample-pattern.ts';

/** Tries for each input before it is given up. */
const TRIES = 40;

/** An input that breaks the schema, and how. */
export interface BadInput {
  readonly input: unknown;
  readonly why: string;
}

/** Up to `count` different inputs that the schema accepts, the same for the same seed; none when it is beyond the generator. */
export function goodInputs(schema: JsonSchema, count: number, seed = 1): unknown[] {
  const check = compileSchema(schema);
  const random = createRandom(seed);
  const found = new Map<string, unknown>();
  for (let index = 0; index < count * TRIES && found.size < count; index += 1) {
    const input = sample(schema, schema, random, 0);
    if (check(input).length === 0) found.set(JSON.stringify(input), input);
  }
  return [...found.values()];
}

/** Inputs that the schema refuses, made of good ones by one change each: what a model gets wrong, and what an attacker tries. */
export function badInputs(schema: JsonSchema, count: number, seed = 1): BadInput[] {
  const check = compileSchema(schema);
  const random = createRandom(seed);
  const bases = goodInputs(schema, 12, seed);
  const found = new Map<string, BadInput>();
  const add = (input: unknown, why: string) => {
    if (check(input).length > 0) found.set(JSON.stringify(input) ?? 'undefined', { input, why });
  };
  for (const [input, why] of [
    [null, 'null instead of an object'],
    ['text', 'a text instead of an object'],
    [[], 'a list instead of an object'],
    [42, 'a number instead of an object'],
    [{}, 'nothing given'],
  ] as const) {
    add(input, why);
  }
  for (let index = 0; index < count * TRIES && found.size < count; index += 1) {
    const base = pick(random, bases) ?? {};
    const [input, why] = breakOnce(base, schema, random);
    add(input, why);
  }
  return [...found.values()].slice(0, count);
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  '',
  ' ',
  'x'.repeat(10_000),
  '../../etc/passwd',
  "' OR 1=1 --",
  '{{7*7}}',
  '<script>',
  '\u0000',
  '\u202e',
  '𝕏',
  '１２３',
  [],
  {},
  [[]],
  { $ref: '#' },
  { __proto__: 1 },
  'http://169.254.169.254/',
  '\r\nX-Injected: 1',
  'NaN',
  '0x10',
];

function breakOnce(base: unknown, schema: JsonSchema, random: () => number): [unknown, string] {
  if (!isRecord(base)) return [pick(random, ODD_VALUES), 'another type'];
  const names = Object.keys(asSchema(schema.properties) ?? {});
  const kind = between(random, 0, 4);
  const name = pick(random, names);
  if (kind === 0 || name === undefined)
    return [{ ...base, [`extra_${between(random, 0, 99)}`]: pick(random, ODD_VALUES) }, 'a field that is not declared'];
  if (kind === 1) return [Object.fromEntries(Object.entries(base).filter(([key]) => key !== name)), `${name} left out`];
  const value = base[name];
  if (kind === 2 && typeof value === 'string') return [{ ...base, [name]: mutate(value, random) }, `${name} changed`];
  if (kind === 3 && isRecord(value)) {
    const [inner, why] = breakOnce(
      value,
      dereference(asSchema(asSchema(schema.properties)?.[name]) ?? {}, schema),
      random,
    );
    return [{ ...base, [name]: inner }, `${name}: ${why}`];
  }
  return [{ ...base, [name]: pick(random, ODD_VALUES) }, `${name} of another kind`];
}

function mutate(text: string, random: () => number): string {
  const at = between(random, 0, text.length);
  const inserted = pick(random, ['', 'x', ' ', '\n', '/', '..', '%2F', '？', '\u200b', '\u0000', 'é']) ?? '';
  return text.slice(0, at) + inserted + text.slice(at + between(random, 0, 2));
}

function sample(schema: JsonSchema, root: JsonSchema, random: () => number, depth: number): unknown {
  const target = dereference(schema, root);
  const { examples, enum: values } = target;
  if ('const' in target) return target.const;
  if (Array.isArray(values)) return pick(random, values);
  if (Array.isArray(examples) && random() < 0.5) return pick(random, examples);
  for (const keyword of ['oneOf', 'anyOf'] as const) {
    const option = pick(random, subschemas(target, keyword));
    if (option !== undefined)
      return sample({ ...target, [keyword]: undefined, ...dereference(option, root) }, root, random, depth);
  }
  const parts = subschemas(target, 'allOf');
  if (parts.length > 0) {
    const merged = parts.map((part) => sample(part, root, random, depth + 1)).filter(isRecord);
    const own = asSchema(target.properties) === undefined ? {} : sampleObject(target, root, random, depth);
    return Object.assign({}, ...merged, own);
  }
  const types = typesOf(target);
  const type =
    pick(random, types) ??
    (target.properties !== undefined ? 'object' : target.items !== undefined ? 'array' : 'string');
  switch (type) {
    case 'object':
      return sampleObject(target, root, random, depth);
    case 'array':
      return sampleArray(target, root, random, depth);
    case 'integer':
    case 'number':
      return sampleNumber(target, type, random);
    case 'boolean':
      return random() < 0.5;
    case 'null':
      return null;
    default:
      return sampleText(target, random);
  }
}

function sampleObject(
  schema: JsonSchema,
  root: JsonSchema,
  random: () => number,
  depth: number,
): Record<string, unknown> {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const entries = Object.entries(asSchema(schema.properties) ?? {}).filter(
    ([name]) => required.includes(name) || (depth < 4 && random() < 0.6),
  );
  return Object.fromEntries(
    entries.map(([name, property]) => [name, sample(asSchema(property) ?? {}, root, random, depth + 1)]),
  );
}

function sampleArray(schema: JsonSchema, root: JsonSchema, random: () => number, depth: number): unknown[] {
  const low = typeof schema.minItems === 'number' ? schema.minItems : 0;
  const high = Math.min(typeof schema.maxItems === 'number' ? schema.maxItems : low + 3, low + 5);
  const items = Array.from({ length: depth > 4 ? low : between(random, low, high) }, () =>
    sample(asSchema(schema.items) ?? {}, root, random, depth + 1),
  );
  return schema.uniqueItems === true ? [...new Map(items.map((item) => [JSON.stringify(item), item])).values()] : items;
}

function sampleNumber(schema: JsonSchema, type: 'integer' | 'number', random: () => number): number {
  const bound = (inclusive: unknown, exclusive: unknown, step: number) =>
    typeof inclusive === 'number' ? inclusive : typeof exclusive === 'number' ? exclusive + step : undefined;
  const unit = typeof schema.multipleOf === 'number' ? schema.multipleOf : type === 'integer' ? 1 : 0.25;
  const low =
    bound(schema.minimum, schema.exclusiveMinimum, unit) ??
    (bound(schema.maximum, schema.exclusiveMaximum, -unit) ?? 100) - 100 * unit;
  const high = bound(schema.maximum, schema.exclusiveMaximum, -unit) ?? low + 100 * unit;
  const first = Math.ceil(low / unit);
  const last = Math.max(first, Math.floor(high / unit));
  const edge = random();
  const steps = edge < 0.1 ? first : edge > 0.9 ? last : between(random, first, last);
  return Number((steps * unit).toPrecision(12));
}

const FORMATS: Readonly<Record<string, (random: () => number) => string>> = {
  date: (random) => `20${between(random, 20, 29)}-${two(between(random, 1, 12))}-${two(between(random, 1, 28))}`,
  'date-time': (random) =>
    `20${between(random, 20, 29)}-01-${two(between(random, 1, 28))}T${two(between(random, 0, 23))}:00:00Z`,
  time: (random) => `${two(between(random, 0, 23))}:30:00Z`,
  duration: (random) => `P${between(random, 1, 30)}D`,
  email: (random) => `someone${between(random, 1, 99)}@example.com`,
  hostname: (random) => `host${between(random, 1, 99)}.example.com`,
  ipv4: (random) => `203.0.113.${between(random, 1, 254)}`,
  ipv6: () => '2001:db8::1',
  uri: (random) => `https://example.com/${between(random, 1, 99)}`,
  'uri-reference': (random) => `/items/${between(random, 1, 99)}`,
  uuid: (random) => `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`,
};

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function hex(random: () => number, length: number): string {
  return Array.from({ length }, () => between(random, 0, 15).toString(16)).join('');
}

const WORDS = ['order', 'valve', 'seal kit', 'Zhang Wei', '泵', 'pump 7', 'north', 'é', 'a/b', '50%', '#1'];

function sampleText(schema: JsonSchema, random: () => number): string {
  const { pattern, format, minLength, maxLength } = schema;
  if (typeof pattern === 'string') return samplePattern(pattern, random) ?? '';
  if (typeof format === 'string' && FORMATS[format] !== undefined) return FORMATS[format](random);
  const low = typeof minLength === 'number' ? minLength : 1;
  const high = typeof maxLength === 'number' ? maxLength : low + 40;
  let text = pick(random, WORDS) ?? 'a';
  while (text.length < low) text += ` ${pick(random, WORDS) ?? 'a'}`;
  return text.slice(0, Math.max(low, high));
}
