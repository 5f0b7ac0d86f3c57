import { CJK } from './words.ts';

/** The text of a line and whether a space was drawn at its end. */
export interface LineText {
  readonly text: string;
  readonly spaceAfter: boolean;
}

export interface Joint {
  /** Characters at the end of the left text that only broke a word. */
  readonly drop: number;
  /** What follows, with the space that is due. */
  readonly append: string;
}

/** How the lines of one document become running text. */
export interface Joiner {
  /** Continues `left`, whose last line is `last`, with the next line; in a narrow cell a plain hyphen is likely the word's own. */
  next(left: string, last: LineText, right: string, narrow?: boolean): Joint;
  join(lines: readonly LineText[]): string;
}

const PUNCTUATION = /[，。、；：？！”’）》】」』…—]/;

/**
 * A number that the end of a line broke, as programs do that break Chinese text anywhere: it stands directly behind a Chinese character or
 * sign and goes on to one, so that nothing else could separate two numbers. Latin text has a space between two numbers.
 */
function isBrokenNumber(left: string, right: string): boolean {
  const head = /[\p{Script=Han}，。、；：（《“]((?:\d{1,3},)*\d*(?:\.\d*)?,?)$/u.exec(left)?.[1] ?? '';
  const tail = /^([\d,]*\d(?:\.\d+)?)[%‰°]?(?:[\p{Script=Han}，。、；：）》”]|$)/u.exec(right)?.[1] ?? '';
  if (!/\d/.test(head) || tail === '' || !/\p{Script=Han}/u.test(right)) return false;
  // With its groups of three, decimals and no leading zero the whole is one number.
  return /^(?:0|[1-9]\d{0,11}|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?$/.test(head + tail);
}

/**
 * Learns from all lines of a document: its words, to tell a hyphen that breaks a word from one that belongs to it, and whether it
 * sets spaces between CJK and Latin characters.
 */
export function createJoiner(lines: readonly LineText[]): Joiner {
  const words = new Set<string>();
  const pairs = new Set<string>();
  let spaced = 0;
  let tight = 0;
  let trailing = 0;
  let bare = 0;
  for (const { text, spaceAfter } of lines) {
    for (const [word] of text.matchAll(/\p{L}+(?:[-\u2010]\p{L}+)*/gu)) {
      const parts = word.toLowerCase().split(/[-\u2010]/);
      if (parts.length === 1) words.add(word.toLowerCase());
      parts.slice(1).forEach((part, index) => {
        pairs.add(`${parts[index]}-${part}`);
      });
    }
    spaced += text.match(/\p{Script=Han} [A-Za-z]|[A-Za-z] \p{Script=Han}/gu)?.length ?? 0;
    tight += text.match(/\p{Script=Han}[A-Za-z]|[A-Za-z]\p{Script=Han}/gu)?.length ?? 0;
    if (/[a-z]$/.test(text)) {
      if (spaceAfter) trailing += 1;
      else bare += 1;
    }
  }
  const drawsTrailing = trailing > bare * 3 && trailing > 2;

  const spaceBetween = (left: string, last: LineText, right: string, narrow: boolean): string => {
    if (!narrow && !last.spaceAfter && isBrokenNumber(left, right)) return '';
    const before = left.at(-1) ?? '';
    const after = right.at(0) ?? '';
    const beforeCjk = CJK.test(before) || PUNCTUATION.test(before);
    const afterCjk = CJK.test(after) || PUNCTUATION.test(after);
    if (beforeCjk && afterCjk) return '';
    if (beforeCjk || afterCjk) {
      if (PUNCTUATION.test(before) || PUNCTUATION.test(after)) return '';
      return (drawsTrailing ? last.spaceAfter : spaced > tight) ? ' ' : '';
    }
    return /[\p{L}\d][-\u2010/]$/u.test(left) && !last.spaceAfter ? '' : ' ';
  };

  const joiner: Joiner = {
    next(left, last, right, narrow = false) {
      if (left === '' || right === '') return { drop: 0, append: right };
      if (/\u00ad$/.test(left)) return { drop: 1, append: right };
      const head = /(\p{L}+)[-\u2010]$/u.exec(left)?.[1]?.toLowerCase();
      const tail = /^\p{Ll}\p{L}*/u.exec(right)?.[0].toLowerCase();
      if (head !== undefined && tail !== undefined) {
        const own = narrow && left.endsWith('-');
        const broken = words.has(head + tail) || !(own || pairs.has(`${head}-${tail}`));
        return { drop: broken ? 1 : 0, append: right };
      }
      return { drop: 0, append: spaceBetween(left, last, right, narrow) + right };
    },
    join(parts) {
      let text = '';
      parts.forEach((part, index) => {
        const last = parts[index - 1];
        const { drop, append } =
          last === undefined ? { drop: 0, append: part.text } : joiner.next(text, last, part.text, true);
        text = text.slice(0, text.length - drop) + append;
      });
      return text;
    },
  };
  return joiner;
}
