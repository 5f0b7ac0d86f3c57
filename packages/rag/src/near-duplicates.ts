import type { Passage } from '@fieldkit/core';

const WORD = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}]+/gu;
const RUN = 5;

/**
 * Drops a passage that says the same as a better one: Jaccard similarity of their runs of five words (single characters for CJK) at
 * least `sameFrom` (Broder, "On the resemblance and containment of documents", 1997). Numbers must agree, so that two rows of a
 * table or two versions of a rule with another figure are both kept.
 */
export function removeNearDuplicates<T extends Pick<Passage, 'text'>>(passages: readonly T[], sameFrom: number): T[] {
  const kept: { runs: Set<string>; numbers: string }[] = [];
  return passages.filter(({ text }) => {
    const words = text.normalize('NFKC').toLowerCase().match(WORD) ?? [];
    const numbers = words.filter((word) => /\p{N}/u.test(word)).join(' ');
    const runs = runsOf(words);
    if (kept.some((other) => other.numbers === numbers && jaccard(runs, other.runs) >= sameFrom)) return false;
    kept.push({ runs, numbers });
    return true;
  });
}

function runsOf(words: readonly string[]): Set<string> {
  if (words.length <= RUN) return new Set([words.join(' ')]);
  return new Set(Array.from({ length: words.length - RUN + 1 }, (_, at) => words.slice(at, at + RUN).join(' ')));
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = a.intersection(b).size;
  return common / (a.size + b.size - common);
}
