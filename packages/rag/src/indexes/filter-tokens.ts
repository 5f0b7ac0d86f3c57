import { type Caller, type Chunk, FieldkitError, type RetrievalFilter, sha256 } from '@fieldkit/core';

/**
 * Filters as sets of tokens, the same on every engine: a chunk carries tokens, a filter asks for any of some.
 * A token is JSON, so that no group or value can be made to look like another one.
 */

/** Longer values are matched by their hash. UTF-16 code units. */
const LONGEST_VALUE = 200;

/** What opens a chunk: its tenant as a whole, or each of its groups within the tenant. Mirrors `maySee` of core. */
export function accessTokens({ tenant, groups }: Pick<Chunk, 'tenant' | 'groups'>): string[] {
  return groups.length === 0 ? [accessToken(tenant)] : groups.map((group) => accessToken(tenant, group));
}

/** What a caller may open. */
export function callerTokens({ tenant, groups }: Pick<Caller, 'tenant' | 'groups'>): string[] {
  return [accessToken(tenant), ...new Set(groups.map((group) => accessToken(tenant, group)))];
}

function accessToken(...path: string[]): string {
  return JSON.stringify(path);
}

/** One token per metadata value; a list has one for each item. */
export function metadataTags({ documentId, metadata }: Pick<Chunk, 'documentId' | 'metadata'>): string[] {
  const tags = [tag('documentId', documentId)];
  for (const [key, value] of Object.entries(metadata)) {
    if (key === 'documentId') continue;
    for (const item of Array.isArray(value) ? value : [value]) tags.push(tag(key, item));
  }
  return tags;
}

/** For each key of a filter the tokens of which a chunk must carry at least one. */
export function filterTags(filter: RetrievalFilter): string[][] {
  return Object.entries(filter).map(([key, value]) => {
    const values = Array.isArray(value) ? value : [value];
    for (const item of values) {
      if (typeof item === 'number' && !Number.isFinite(item)) {
        throw new FieldkitError('INVALID_OPTION', `filter "${key}" must be a finite number, not ${item}`);
      }
    }
    return values.map((item) => tag(key, item));
  });
}

function tag(key: string, value: string | number | boolean): string {
  const short =
    typeof value === 'string' && value.length > LONGEST_VALUE ? { sha256: sha256(value).slice(0, 32) } : value;
  return JSON.stringify([key, short]);
}
