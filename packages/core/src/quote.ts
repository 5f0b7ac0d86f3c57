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
  const units: string[] = []; // a growing string that is looked at again and again would be copied each time
  const offsets: number[] = [];
  const add = (unit: string, at: number) => {
    if (units.at(-1) === ' ' && isCjk(unit)) {
      units.pop();
      offsets.pop();
    }
    units.push(unit);
    offsets.push(at);
  };
  for (let index = 0; index < text.length; ) {
    const at = index;
    if (foldsToItself(text.charCodeAt(index))) {
      add(text.charAt(index), at);
      index += 1;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(index) ?? 0);
    index += character.length;
    if (isInvisible(character)) continue;
    const normal = SAME[character] ?? character.normalize('NFKC');
    for (const unit of normal.split('')) {
      if (!/\s/.test(unit)) add(SAME[unit] ?? unit, at);
      else if (units.length > 0 && units.at(-1) !== ' ' && !isCjk(units.at(-1))) add(' ', at);
    }
  }
  if (units.at(-1) === ' ') {
    units.pop();
    offsets.pop();
  }
  offsets.push(text.length);
  return { text: units.join(''), offsets };
}

/** Visible ASCII and unified ideographs: nearly all of most texts, and by far the quickest to fold. */
function foldsToItself(code: number): boolean {
  return (code > 0x20 && code < 0x7f) || (code >= 0x4e00 && code <= 0x9fff);
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
