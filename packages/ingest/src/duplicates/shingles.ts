import { analyzeText } from '@fieldkit/core';

/** Terms in one shingle. */
export const SHINGLE_TERMS = 5;

/**
 * The distinct runs of five index terms of a text, as sorted 32-bit hashes. Terms are those of the search index, so that case, width,
 * plural forms, spacing and punctuation make no difference. A text of fewer terms is one shingle; a text without terms has none.
 */
export function shinglesOf(text: string): Uint32Array {
  const terms = analyzeText(text).map(hashTerm);
  if (terms.length === 0) return new Uint32Array();
  const size = Math.min(SHINGLE_TERMS, terms.length);
  const hashes = new Set<number>();
  for (let at = 0; at + size <= terms.length; at += 1) {
    let hash = 0x811c9dc5;
    for (let offset = 0; offset < size; offset += 1) hash = mix(hash ^ (terms[at + offset] ?? 0));
    hashes.add(hash);
  }
  return Uint32Array.from(hashes).sort();
}

/** How many hashes two sorted lists share. */
export function countShared(left: Uint32Array, right: Uint32Array): number {
  let [i, j, shared] = [0, 0, 0];
  while (i < left.length && j < right.length) {
    const [a, b] = [left[i] ?? 0, right[j] ?? 0];
    if (a === b) shared += 1;
    if (a <= b) i += 1;
    if (b <= a) j += 1;
  }
  return shared;
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function hashTerm(term: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < term.length; at += 1) hash = Math.imul(hash ^ term.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
