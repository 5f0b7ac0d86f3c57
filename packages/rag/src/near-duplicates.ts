import { memoize, type Passage } from '@fieldkit/core';

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}]+/gu;
const RUN = 5;

/**
 * Drops a passage that says the same as a better one: Jaccard similarity of their runs of five words (single characters for CJK) at
 * least `sameFrom` (Broder, "On the resemblance and containment of documents", 1997). Numbers must agree, so that two rows of a
 * table or two versions of a rule with another figure are both kept.
 */
export function removeNearDuplicates<T extends Pick<Passage, 'text'>>(passages: readonly T[], sameFrom: number): T[] {
  const kept: Runs[] = [];
  return passages.filter(({ text }) => {
    const own = runsOf(text);
    if (kept.some((other) => other.numbers === own.numbers && jaccard(own.runs, other.runs) >= sameFrom)) return false;
    kept.push(own);
    return true;
  });
}

interface Runs {
  /** Hashes of the runs. */
  readonly runs: ReadonlySet<number>;
  readonly numbers: string;
}

/** The same passages come back with the next questions. */
const runsOf = memoize(1_000, (text): Runs => {
  const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
  const hashes = words.map(hashOf);
  const runs = new Set<number>();
  for (let at = 0; at === 0 || at + RUN <= hashes.length; at += 1) {
    runs.add(hashes.slice(at, at + RUN).reduce((hash, word) => (Math.imul(hash, 31) + word) | 0, 0));
  }
  return { runs, numbers: words.filter((word) => /\p{N}/u.test(word)).join(' ') };
});

/** FNV-1a over code units. */
function hashOf(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at += 1) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash;
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  const common = a.intersection(b).size;
  return common / (a.size + b.size - common);
}
