import { FieldkitError } from './error.ts';

export interface MapConcurrentOptions {
  readonly signal?: AbortSignal;
}

/**
 * Runs `fn` over `items`, at most `limit` at a time; results in input order. The first throw (or an abort of `signal`) stops further
 * starts, waits for what is running, and is rethrown.
 *
 * @throws {FieldkitError} `INVALID_OPTION` if `limit` is not a whole number from 1.
 */
export async function mapConcurrent<T, R>(
  items: readonly T[],
  limit: number,
  fn: (item: T, index: number) => Promise<R>,
  { signal }: MapConcurrentOptions = {},
): Promise<R[]> {
  if (!Number.isInteger(limit) || limit < 1)
    throw new FieldkitError('INVALID_OPTION', `limit must be a whole number from 1, not ${limit}`);
  const results = new Array<R>(items.length);
  const failures: unknown[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length && failures.length === 0) {
      signal?.throwIfAborted();
      const index = next;
      next += 1;
      const item = items[index] as T; // index < items.length
      results[index] = await fn(item, index);
    }
  };
  const guarded = () => worker().catch((error: unknown) => failures.push(error));
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, guarded));
  if (failures.length > 0) throw failures[0];
  signal?.throwIfAborted();
  return results;
}
