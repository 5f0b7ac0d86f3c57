import { type JsonSchema, recordLines } from '@fieldkit/core';
import { isRecord } from '../json-schema.ts';
import { declaredProperties, dereference } from '../openapi/schema.ts';

/**
 * A record as `recordLines`, with the name that its schema's `title` gives to a field behind the path: `order.shippedOn (Ship date): 2026-11-02`.
 * Readers who ask in another language than the field names find the field by it.
 */
export function recordText(value: unknown, schema: JsonSchema): string {
  const titles = leafTitles(value, schema, schema);
  return recordLines(value)
    .map((line, index) => {
      const title = titles[index];
      const colon = line.indexOf(': ');
      return title === undefined || colon === -1 ? line : `${line.slice(0, colon)} (${title})${line.slice(colon)}`;
    })
    .join('\n');
}

/** The title of each leaf, in the order of `recordLines`. */
function leafTitles(value: unknown, schema: JsonSchema, root: JsonSchema): (string | undefined)[] {
  const target = dereference(schema, root);
  if (Array.isArray(value)) {
    const items = isRecord(target.items) ? target.items : {};
    return value.flatMap((item) => leafTitles(item, items, root));
  }
  if (isRecord(value)) {
    const declared = declaredProperties(target, root);
    return Object.entries(value).flatMap(([key, item]) => leafTitles(item, declared.get(key)?.[0] ?? {}, root));
  }
  const { title } = target;
  return [typeof title === 'string' && title.trim() !== '' ? title.replace(/\s+/g, ' ').trim() : undefined];
}
