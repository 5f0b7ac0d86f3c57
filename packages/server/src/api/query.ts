import { badRequest } from '../http/http-failure.ts';

/** A whole number of the query string. @throws {HttpFailure} 400 outside `min` to `max`. */
export function numberIn(
  query: URLSearchParams,
  name: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
  throw badRequest(`${name} must be a whole number from ${min} to ${max}`, name);
}
