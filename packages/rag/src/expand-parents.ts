import { estimateTokens, type Passage } from '@fieldkit/core';

/** Text of a stored document between two UTF-16 offsets, `end` exclusive; undefined when it is not stored. */
export type TextOf = (
  documentId: string,
  start: number,
  end: number,
) => string | undefined | Promise<string | undefined>;

export function hasParent(passage: Pick<Passage, 'metadata' | 'start' | 'end'>): boolean {
  return parentOf(passage) !== undefined;
}

/**
 * Each passage that was cut from a larger one becomes that one, once, at the place of its best part. A passage keeps its own text when
 * the parent's is not stored or is no longer what it was.
 */
export async function toParents(passages: readonly Passage[], textOf: TextOf): Promise<Passage[]> {
  const seen = new Set<string>();
  const expanded: Passage[] = [];
  for (const passage of passages) {
    const parent = parentOf(passage);
    const key = parent === undefined ? passage.id : `${passage.documentId} ${parent.start}-${parent.end}`;
    if (seen.has(key)) continue;
    const text = parent === undefined ? undefined : await textOf(passage.documentId, parent.start, parent.end);
    const own = parent === undefined ? '' : text?.slice(passage.start - parent.start, passage.end - parent.start);
    if (parent === undefined || text === undefined || own !== passage.text) {
      expanded.push(passage);
      continue;
    }
    seen.add(key);
    expanded.push({ ...passage, ...parent, text, tokens: estimateTokens(text) });
  }
  return expanded;
}

function parentOf({ metadata, start, end }: Pick<Passage, 'metadata' | 'start' | 'end'>) {
  const [, from, to] = /^(\d+)-(\d+)$/.exec(String(metadata.parent ?? '')) ?? [];
  if (from === undefined || to === undefined) return undefined;
  const parent = { start: Number(from), end: Number(to) };
  return parent.start <= start && parent.end >= end ? parent : undefined;
}
