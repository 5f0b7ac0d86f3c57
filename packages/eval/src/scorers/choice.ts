import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';
import { announcedAnswer } from './final-answer.ts';

/** A letter that stands alone or in brackets, full-width or not. */
const ALONE = /^[\s*_"'“(（[【]*([A-Z])(?:\s*[*_"'”)）\]】.。:：、,，]|\s*\n|\s*$)/u;
const BRACKETED = /[(（[【]\s*([A-Z])\s*[)）\]】]/gu;
const CHOSEN = /(?:选项?|选择|option|choice)\s*[:：]?\s*[(（]?([A-Z])(?![A-Za-z])/giu;

/** The letter that a text chooses: the announced one, one that begins it, the last bracketed one, or the only one chosen in words. */
export function chosenLetter(text: string): string | undefined {
  const prose = proseOf(text).normalize('NFKC');
  const announced = announcedAnswer(prose);
  for (const candidate of announced === undefined ? [prose] : [announced, prose]) {
    const alone = ALONE.exec(candidate)?.[1];
    if (alone !== undefined) return alone;
    const bracketed = [...candidate.matchAll(BRACKETED)].at(-1)?.[1];
    if (bracketed !== undefined) return bracketed;
    const chosen = [...candidate.matchAll(CHOSEN)].at(-1)?.[1];
    if (chosen !== undefined) return chosen.toUpperCase();
  }
  return undefined;
}

/** Multiple choice: the letter chosen is the reference's. References that are no letter are left to other scorers. */
export const choice: Scorer = {
  name: 'choice',
  kind: 'rule',
  description: 'the letter chosen is the right one',
  score(item, { answer }) {
    const right = item.references.map(
      (reference) => /^[\s(（]*([A-Z])[\s)）.]*$/u.exec(reference.normalize('NFKC'))?.[1],
    );
    if (right.length === 0 || right.includes(undefined)) return undefined;
    const given = chosenLetter(answer.text);
    if (given === undefined) return { value: 0, reason: 'no letter is chosen' };
    return { value: right.includes(given) ? 1 : 0, reason: `chose ${given}, right is ${right.join(' or ')}` };
  },
};
