import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '@fieldkit/core';
import { z } from 'zod';
import type { Scorer } from '../scorer.ts';

const FENCE = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/i;

/** The JSON value of an answer that is JSON, in a code fence or not; undefined when it is none. */
export function jsonOf(text: string): { readonly value: unknown } | undefined {
  const body = FENCE.exec(text)?.[1] ?? text;
  try {
    return { value: JSON.parse(body) };
  } catch {
    return undefined;
  }
}

/** The answer is JSON that fits a schema (draft 2020-12, as zod reads it). */
export function createJsonSchemaScorer(schema: JsonSchema, name = 'json-schema'): Scorer {
  const checked = z.fromJSONSchema(schema);
  return {
    name,
    kind: 'rule',
    description: 'the answer is JSON that fits the schema',
    score(_item, { answer }) {
      const parsed = jsonOf(answer.text);
      if (parsed === undefined) return { value: 0, reason: 'not JSON' };
      const result = checked.safeParse(parsed.value);
      if (result.success) return { value: 1, reason: 'fits the schema' };
      const [issue] = result.error.issues;
      return { value: 0, reason: `${issue?.path.join('.') || 'the value'}: ${issue?.message ?? 'does not fit'}` };
    },
  };
}

/** Share of the reference's JSON leaves that the answer's JSON has with the same value; strings by trimmed text, case kept. */
export const jsonFields: Scorer = {
  name: 'json-fields',
  kind: 'rule',
  description: "share of the reference's JSON fields that are right",
  score(item, { answer }) {
    const references = item.references.map(jsonOf).filter((parsed) => parsed !== undefined);
    if (references.length === 0) return undefined;
    const given = jsonOf(answer.text);
    if (given === undefined) return { value: 0, reason: 'not JSON' };
    const leaves = new Map(leavesOf(given.value));
    let best = { value: 0, reason: 'no field is right' };
    for (const { value } of references) {
      const wanted = leavesOf(value);
      const wrong = wanted.filter(([path, leaf]) => !isDeepStrictEqual(leaves.get(path), leaf)).map(([path]) => path);
      const share = wanted.length === 0 ? 1 : (wanted.length - wrong.length) / wanted.length;
      if (share >= best.value)
        best = { value: share, reason: wrong.length === 0 ? 'all fields are right' : `wrong: ${wrong.join(', ')}` };
    }
    return best;
  },
};

function leavesOf(value: unknown, path = ''): [string, unknown][] {
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value);
    if (entries.length > 0)
      return entries.flatMap(([key, item]) => leavesOf(item, path === '' ? key : `${path}.${key}`));
  }
  return [[path, typeof value === 'string' ? value.trim() : value]];
}
