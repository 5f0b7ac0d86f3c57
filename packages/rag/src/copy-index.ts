import { FieldkitError } from '@fieldkit/core';
import { DENSE_WEIGHT_NOTE } from './dense-weight.ts';
import type { Index } from './index-contract.ts';

export interface CopyIndexOptions {
  readonly from: Index;
  /** Replaced as a whole; it may be of another engine. */
  readonly to: Index;
  readonly signal?: AbortSignal;
  /** Chunks copied so far. */
  readonly onProgress?: (chunks: number) => void;
}

/**
 * Moves an index into another one without parsing or embedding again. `to` serves what it served until the copy is complete.
 *
 * @throws {FieldkitError} `INDEX_NOT_FOUND` when there is nothing to copy, `STORE_LOCKED`, and what the engines throw.
 */
export async function copyIndex({
  from,
  to,
  ...options
}: CopyIndexOptions): Promise<{ documents: number; chunks: number }> {
  return from.exclusive(() => to.rebuild((fresh) => copyRows(from, fresh, options)));
}

/** Fills an index that is being built. What an interrupted copy left there is used where it is still right. */
export async function copyRows(
  from: Index,
  fresh: Index,
  options: Omit<CopyIndexOptions, 'from' | 'to'> & { readonly skip?: ReadonlySet<string> } = {},
): Promise<{ documents: number; chunks: number }> {
  const { skip = new Set<string>(), signal, onProgress } = options;
  const stamp = await from.stamp();
  if (stamp === undefined)
    throw new FieldkitError('INDEX_NOT_FOUND', 'there is no index to copy: run `fieldkit ingest`');
  await fresh.open(stamp);
  const source = new Map(Array.from(await from.documents()).filter(([id]) => !skip.has(id)));
  const there = await fresh.documents();
  const stale = Array.from(there.values()).filter(
    ({ id, contentStamp }) => contentStamp === undefined || source.get(id)?.contentStamp !== contentStamp,
  );
  if (stale.length > 0) await fresh.delete({ documentIds: stale.map(({ id }) => id) });
  const missing = new Set(
    Array.from(source.keys()).filter((id) => stale.some((old) => old.id === id) || !there.has(id)),
  );
  await fresh.markDocuments(Array.from(missing, (id) => ({ id, contentStamp: undefined, chunks: 0 })));
  let chunks = 0;
  for await (const rows of from.scan()) {
    signal?.throwIfAborted();
    await fresh.upsert(
      rows.filter(({ chunk }) => missing.has(chunk.documentId)),
      { fresh: true },
    );
    chunks += rows.length;
    onProgress?.(chunks);
  }
  await fresh.markDocuments([...source.values()]);
  const measured = await from.note(DENSE_WEIGHT_NOTE);
  if (measured !== undefined) await fresh.setNote(DENSE_WEIGHT_NOTE, measured);
  await fresh.optimize();
  return { documents: source.size, chunks: (await fresh.stats()).chunks };
}
