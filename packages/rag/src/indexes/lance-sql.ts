import type { IndexFilter } from '../index-contract.ts';
import { callerTokens, filterTags } from './filter-tokens.ts';

export function filterSql({ access, metadata = {} }: IndexFilter): string {
  const anyOf = (column: string, tokens: readonly string[]) =>
    tokens.length === 0 ? 'false' : `array_has_any(${column}, [${literals(tokens)}])`;
  return [anyOf('access', callerTokens(access)), ...filterTags(metadata).map((tags) => anyOf('tags', tags))].join(
    ' AND ',
  );
}

export function literals(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
}
