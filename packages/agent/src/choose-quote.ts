import { analyzeText, numbersIn, numbersMissingFrom, type TextSpan } from '@fieldkit/core';
import { sentencesOf } from './passage-facts.ts';

/** Longest quote that code chooses, in UTF-16 code units. */
const LONGEST_QUOTE = 300;

export interface ChosenQuote extends TextSpan {
  /** Part of the claim's terms that the quote has, 0 to 1. */
  readonly score: number;
  /** Terms of the claim that the quote has. */
  readonly shared: number;
}

/** The sentence or line of `text` that says most of `claim`; undefined when none shares a term with it. */
export function chooseQuote(text: string, claim: string): ChosenQuote | undefined {
  const terms = new Set(analyzeText(claim));
  const numbers = new Set(numbersIn(claim));
  if (terms.size === 0) return undefined;
  let best: (ChosenQuote & { weight: number }) | undefined;
  for (const { start, end, terms: own } of sentencesOf(text)) {
    const shared = [...terms].filter((term) => own.has(term)).length;
    if (shared === 0) continue;
    const body = text.slice(start, end);
    const figures = numbers.size === 0 ? 0 : numbers.size - numbersMissingFrom([...numbers].join(' '), body).length;
    const score = shared / terms.size;
    // A figure tells more than a word; between equals the shorter says it more exactly.
    const weight = score + (numbers.size === 0 ? 0 : (0.5 * figures) / numbers.size) - own.size / 10_000;
    if (best === undefined || weight > best.weight) best = { start, end, score, shared, weight };
  }
  if (best === undefined) return undefined;
  const { weight: _, ...chosen } = best;
  return { ...chosen, ...shorten(text, chosen) };
}

/** A quote that is too long ends at the last blank or comma before the bound. */
function shorten(text: string, { start, end }: TextSpan): TextSpan {
  if (end - start <= LONGEST_QUOTE) return { start, end };
  const head = text.slice(start, start + LONGEST_QUOTE);
  const cut = Math.max(head.lastIndexOf(' '), head.lastIndexOf('，'), head.lastIndexOf('、'));
  return { start, end: start + (cut > LONGEST_QUOTE / 2 ? cut : LONGEST_QUOTE) };
}
