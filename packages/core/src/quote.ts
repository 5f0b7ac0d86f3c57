import { isInvisible } from './invisible.ts';
import type { TextSpan } from './sentences.ts';

/** Characters that are written in several ways without a difference in meaning. */
const SAME: Readonly<Record<string, string>> = {
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‘': "'",
  '’': "'",
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
};
/** Text folded for comparison, with the offset in the original of each folded code unit (and one past the end). */
interface FoldedText {
  readonly text: string;
  readonly offsets: readonly number[];
}

/**
 * Folds white space and width: NFKC per character, quotes and dashes to ASCII, invisible characters dropped, runs of white space to one
 * blank, and none beside CJK characters. Case is kept: a quote is verbatim.
 */
function fold(text: string): FoldedText {
  let folded = '';
  const offsets: number[] = [];
  let index = 0;
  for (const character of text) {
    const at = index;
    index += character.length;
    if (isInvisible(character)) continue;
    const normal = SAME[character] ?? character.normalize('NFKC');
    for (const unit of normal.split('')) {
      if (/\s/.test(unit)) {
        if (folded !== '' && !folded.endsWith(' ') && !isCjk(folded.at(-1))) {
          folded += ' ';
          offsets.push(at);
        }
        continue;
      }
      if (folded.endsWith(' ') && isCjk(unit)) {
        folded = folded.slice(0, -1);
        offsets.pop();
      }
      folded += SAME[unit] ?? unit;
      offsets.push(at);
    }
  }
  if (folded.endsWith(' ')) {
    folded = folded.slice(0, -1);
    offsets.pop();
  }
  offsets.push(text.length);
  return { text: folded, offsets };
}

function isCjk(unit: string | undefined): boolean {
  return unit !== undefined && /[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]/.test(unit);
}

/** Text as quotes are compared: see `findQuote`. */
export function foldText(text: string): string {
  return fold(text).text;
}

/**
 * Where `quote` occurs verbatim in `text`, white space and width normalised; undefined when it does not, or when the quote is blank.
 * The span is in offsets of the original `text`, so that `text.slice(start, end)` is the source's own wording.
 */
export function findQuote(text: string, quote: string): TextSpan | undefined {
  const needle = foldText(quote);
  if (needle === '') return undefined;
  const haystack = fold(text);
  const at = haystack.text.indexOf(needle);
  if (at === -1) return undefined;
  const start = haystack.offsets[at] ?? 0;
  const last = haystack.offsets[at + needle.length - 1] ?? start;
  const lastCharacter = text.codePointAt(last);
  const end = last + (lastCharacter === undefined ? 0 : String.fromCodePoint(lastCharacter).length);
  return { start, end };
}
