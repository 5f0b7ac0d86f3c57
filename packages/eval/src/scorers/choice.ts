import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';
import { announcedAnswer } from './final-answer.ts';

/** One letter or several that belong together: `B`, `ACD`, `A、C`, `A and C`. */
const LETTERS = '[A-Z](?:(?:\\s*[,，、&]\\s*|\\s+and\\s+|[和与])?[A-Z])*(?![A-Za-z])';
const BOXED = new RegExp(`\\\\boxed\\{\\s*(?:\\\\text\\{)?\\s*[(（]?(${LETTERS})`, 'gu');
/** Letters that begin a text and stand alone or in brackets; `A pump` and `A、B、C都不对` do not choose. */
const FIRST = new RegExp(
  `^[\\s*_"'“(（[【]*(${LETTERS})(?=\\s*[*_"'”)）\\]】.。:：;；,，]|\\s*\\n|\\s*$)(?!\\s*(?:or\\b|或))`,
  'u',
);
const BRACKETED = /[(（[【]\s*([A-Z])\s*[)）\]】]/gu;
/** Words that choose, before the letter or after it. */
const CHOSEN: readonly RegExp[] = [
  new RegExp(
    `(?:(?<!不)选项?|选择|[Oo]ption|OPTION|[Cc]hoice|(?:\\bI|\\bwe)\\s+(?:choose|pick|select)|go with|(?:right|correct|best)\\s+(?:ones?|options?|choices?|answers?)\\s+(?:is|are)|正确的?(?:选项|答案)?(?:是|为))\\s*[:：]?\\s*[(（]?(${LETTERS})(?!\\s*(?:is|are)\\s+(?:wrong|incorrect|false|not)|\\s*(?:选项|项)?(?:是|为)?(?:错|不))`,
    'gu',
  ),
  /\b[Oo]ption\s*[(（]([a-z])[)）]/gu,
  /(?<![A-Za-z])([A-Z])\s*(?:选项|项)?\s*(?:is|是|为)?\s*(?:the\s+)?(?:correct|right|正确|对)(?:\b|(?=[^\w]))/gu,
];
/** A letter that ends the text after a pause or a conclusion. */
const LAST = /(?:[,，;；:：。.]|\b(?:therefore|thus|hence|so|is)|因此|所以|是)\s*[(（]?([A-Z])[)）]?\s*[.。!！]?\s*$/u;

/**
 * What a text chooses, as letters in order: what it boxes, announces, begins with, brackets last, says in words, or ends with. Two letters
 * with "or" between them choose nothing.
 */
export function chosenLetters(text: string): string | undefined {
  const prose = proseOf(text).normalize('NFKC');
  const boxed = [...prose.matchAll(BOXED)].at(-1)?.[1];
  if (boxed !== undefined) return sorted(boxed);
  const announced = announcedAnswer(prose);
  for (const candidate of announced === undefined ? [prose] : [announced, prose]) {
    const single = /^[\s(（[【*]*([A-Za-z])[\s)）\]】.。*]*$/u.exec(candidate)?.[1];
    if (single !== undefined) return single.toUpperCase();
    const first = FIRST.exec(candidate)?.[1];
    if (first !== undefined) return sorted(first);
    const bracketed = [...candidate.matchAll(BRACKETED)].at(-1)?.[1];
    if (bracketed !== undefined) return bracketed;
    for (const pattern of CHOSEN) {
      const chosen = [...candidate.matchAll(pattern)].at(-1)?.[1];
      if (chosen !== undefined) return sorted(/^[a-z]$/.test(chosen) ? chosen.toUpperCase() : chosen);
    }
  }
  return LAST.exec(prose)?.[1];
}

/** `C and A` is `AC`; undefined when a letter stands twice or the letters are a word: `IT`, `NO`. */
function sorted(letters: string): string | undefined {
  const list = [...new Set(letters.match(/[A-Z]/g) ?? [])].sort();
  const plain = letters.replace(/[^A-Z]/g, '');
  return list.length === plain.length && (list.length === 1 || list.every((letter) => letter <= 'J'))
    ? list.join('')
    : undefined;
}

/** Multiple choice, one letter or several: what is chosen is the reference. References that are no letters are left to other scorers. */
export const choice: Scorer = {
  name: 'choice',
  kind: 'rule',
  description: 'the letter chosen is the right one, or all letters are where several are right',
  score(item, { answer }) {
    const right = item.references.map((reference) => {
      const letters = new RegExp(`^[\\s(（]*(${LETTERS})[\\s)）.]*$`, 'u').exec(reference.normalize('NFKC'))?.[1];
      return letters === undefined ? undefined : sorted(letters);
    });
    if (right.length === 0 || right.includes(undefined)) return undefined;
    const given = chosenLetters(answer.text);
    if (given === undefined) return { value: 0, reason: 'no letter is chosen' };
    return { value: right.includes(given) ? 1 : 0, reason: `chose ${given}, right is ${right.join(' or ')}` };
  },
};
