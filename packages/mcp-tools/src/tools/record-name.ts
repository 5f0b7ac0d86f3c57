import type { Operation } from '../openapi/parse-openapi.ts';

const VERB = /^(?:get|find|fetch|look_?up|read|retrieve|show|query|describe|list|search)_(?=.)/;

/** `getLeaveBalance` to `leave_balance`, `GET /orders/{id}` without an operationId to `orders`. */
export function recordName({ id, method, path }: Operation): string {
  const derived = id.startsWith(`${method.toLowerCase()}_`) && id.includes('_');
  const source = derived && !/[a-z][A-Z]/.test(id) ? staticSegments(path) || id : id;
  return snakeCase(source).replace(VERB, '') || 'record';
}

function staticSegments(path: string): string {
  return path
    .split('/')
    .filter((segment) => segment !== '' && !segment.includes('{') && !/^v\d+$/.test(segment))
    .join('_');
}

/** Words joined by `_`, lower case, letters and digits only. */
export function snakeCase(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .replace(/[^\p{L}\p{N}]+/gu, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase();
}
