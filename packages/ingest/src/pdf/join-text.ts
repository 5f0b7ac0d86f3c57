import { CJK } from './words.ts';

const PUNCTUATION = /[，。、；：？！”’）》】」』…—]/;

/** How lines of one paragraph or cell become running text. */
export interface JoinOptions {
  /** Whether a hyphenated line end belongs to one word; default keeps the hyphen. */
  readonly isWord?: (joined: string, hyphenated: string) => boolean;
}

/** Lines as running text: one space between them, none between CJK characters, hyphenated words put together. */
export function joinTexts(lines: readonly string[], options: JoinOptions = {}): string {
  return lines.reduce((left, right) => {
    // A hyphen that only exists at line ends is not part of the word.
    const broken = /\p{L}[\u2010\u00ad]$/u.test(left) && /^\p{Ll}/u.test(right);
    return broken ? left.slice(0, -1) + right : left + joint(left, right, options);
  }, '');
}

/** What is appended to `left` to continue it with `right`; a trailing hyphen is handled by `joinLine`. */
function joint(left: string, right: string, _options: JoinOptions): string {
  if (left === '' || right === '') return right;
  const before = left.at(-1) ?? '';
  const after = right.at(0) ?? '';
  if (CJK.test(before) && (CJK.test(after) || PUNCTUATION.test(after))) return right;
  if (PUNCTUATION.test(before) && CJK.test(after)) return right;
  if (/[-\u2010/]$/.test(left) && !/\s[-\u2010/]$/.test(left)) return right;
  return ` ${right}`;
}

/**
 * Continues a paragraph with its next line. Returns how many characters of `left` are dropped (a hyphen that only broke the word)
 * and what is appended.
 */
export function joinLine(
  left: string,
  right: string,
  isWord: (joined: string, hyphenated: string) => boolean,
): { drop: number; append: string } {
  const soft = /\u00ad$/.test(left);
  if (soft) return { drop: 1, append: right };
  const head = /([\p{L}]+)[-\u2010]$/u.exec(left)?.[1];
  const tail = /^[\p{Ll}\p{Lo}]+/u.exec(right)?.[0];
  if (head !== undefined && tail !== undefined && /^\p{Ll}/u.test(tail)) {
    return isWord(head + tail, `${head}-${tail}`) ? { drop: 1, append: right } : { drop: 0, append: right };
  }
  return { drop: 0, append: joint(left, right, {}) };
}
