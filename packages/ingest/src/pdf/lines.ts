import { type Box, union } from './geometry.ts';
import { CJK, RIGHT_TO_LEFT, type Word } from './words.ts';

/** Words on one baseline, from left to right. */
export interface Line {
  readonly words: readonly Word[];
  readonly text: string;
  readonly box: Box;
  readonly baseline: number;
  /** Font size of most of its characters. */
  readonly size: number;
  /** Most of its characters are bold. */
  readonly bold: boolean;
  readonly italic: boolean;
  readonly monospace: boolean;
  readonly colour: string;
  /** Typeface of most of its characters, without weight and slope. */
  readonly family: string;
  /** A space was drawn behind its last word. */
  readonly spaceAfter: boolean;
}

/** Groups words that stand on one line. Superscripts and subscripts join the line that they touch. */
export function buildLines(words: readonly Word[]): Line[] {
  const groups: { words: Word[]; top: number; bottom: number; size: number; baseline: number }[] = [];
  const bySize = [...words].sort((left, right) => left.baseline - right.baseline || left.box[0] - right.box[0]);
  for (const word of bySize) {
    let best: (typeof groups)[number] | undefined;
    for (let index = groups.length - 1; index >= 0 && index >= groups.length - 12; index -= 1) {
      const group = groups[index];
      if (group === undefined) continue;
      const common = Math.min(group.bottom, word.box[3]) - Math.max(group.top, word.box[1]);
      const smaller = Math.min(group.bottom - group.top, word.box[3] - word.box[1]);
      if (common > smaller * 0.5 && Math.abs(group.baseline - word.baseline) < Math.max(group.size, word.size) * 0.5) {
        if (best === undefined || Math.abs(best.baseline - word.baseline) > Math.abs(group.baseline - word.baseline))
          best = group;
      }
    }
    if (best === undefined) {
      groups.push({ words: [word], top: word.box[1], bottom: word.box[3], size: word.size, baseline: word.baseline });
      continue;
    }
    best.words.push(word);
    if (word.size > best.size) {
      best.size = word.size;
      best.baseline = word.baseline;
      best.top = word.box[1];
      best.bottom = word.box[3];
    }
  }
  return groups
    .map((group) => makeLine(group.words))
    .sort((left, right) => left.baseline - right.baseline || left.box[0] - right.box[0]);
}

export function makeLine(unsorted: readonly Word[]): Line {
  const words = [...unsorted].sort((left, right) => left.box[0] - right.box[0]);
  const dominant = (key: (word: Word) => string | number | boolean) => {
    const weights = new Map<string | number | boolean, number>();
    for (const word of words) weights.set(key(word), (weights.get(key(word)) ?? 0) + word.text.length);
    return [...weights].reduce((left, right) => (right[1] > left[1] ? right : left), ['', 0] as [
      string | number | boolean,
      number,
    ])[0];
  };
  const size = Number(dominant(({ size: value }) => Math.round(value * 10) / 10));
  const main = words.filter((word) => Math.abs(word.size - size) < 0.6);
  return {
    words,
    text: lineText(words),
    box: union(words.map(({ box }) => box)),
    baseline: main[0]?.baseline ?? words[0]?.baseline ?? 0,
    size,
    bold: dominant(({ font }) => font.bold) === true,
    italic: dominant(({ font }) => font.italic) === true,
    monospace: dominant(({ font }) => font.monospace) === true,
    colour: String(dominant(({ colour }) => colour)),
    family: String(dominant(({ font }) => familyOf(font.name))),
    spaceAfter: words.at(-1)?.spaceAfter ?? false,
  };
}

const families = new Map<string, string>();

/** `NotoSerifCJKsc-Bold` and `NotoSerifCJKsc,Regular` to `notoserifcjksc`. */
function familyOf(name: string): string {
  const known = families.get(name);
  if (known !== undefined) return known;
  const family = name
    .toLowerCase()
    .replace(/[-,_ ]*(?:regular|medium|bold|italic|oblique|light|book|roman|mt|ps|identity-h)/g, '')
    .replace(/[-,_ ]+$/, '');
  families.set(name, family);
  return family;
}

/** The words of a line as text in reading order, with spaces where they are due. */
export function lineText(words: readonly Word[]): string {
  const rightToLeft = words.filter(({ text }) => RIGHT_TO_LEFT.test(text)).length * 2 >= words.length;
  const ordered = rightToLeft ? visualToLogical(words) : words;
  const { spread } = words.reduce((longest, word) => (word.text.length > longest.text.length ? word : longest), {
    text: '',
    spread: 0,
  });
  let text = '';
  ordered.forEach((word, index) => {
    const previous = ordered[index - 1];
    if (previous !== undefined && (needsSpace(previous, word, spread) || (index === 1 && isNoteMark(previous, word))))
      text += ' ';
    text += word.text;
  });
  return text;
}

/** Right to left, but runs of Latin words and numbers keep their own order. */
function visualToLogical(words: readonly Word[]): Word[] {
  const logical: Word[] = [];
  let run: Word[] = [];
  for (const word of [...words].reverse()) {
    if (/[A-Za-z\u00c0-\u024f\d]/.test(word.text) && !RIGHT_TO_LEFT.test(word.text)) run.push(word);
    else {
      logical.push(...run.reverse(), word);
      run = [];
    }
  }
  return [...logical, ...run.reverse()];
}

/** The raised number or sign that a footnote begins with. */
function isNoteMark(mark: Word, word: Word): boolean {
  const raised = word.baseline - mark.baseline > word.size * 0.15 && mark.size < word.size * 0.9;
  return raised && /^(?:\d{1,3}|[*†‡§])$/.test(mark.text);
}

function needsSpace(left: Word, right: Word, spread: number): boolean {
  const gap = Math.max(right.box[0] - left.box[2], left.box[0] - right.box[2]);
  const size = Math.min(left.size, right.size);
  const before = left.text.at(-1) ?? '';
  const after = right.text.at(0) ?? '';
  // In a line that was spread to its width the figures of a number stand as far apart as the characters beside it.
  const figures = /[\d.,]/.test(before) && /[\d.,%‰]/.test(after);
  if (figures && !left.spaceAfter && gap <= spread * 1.3) return false;
  const cjk = Number(CJK.test(before)) + Number(CJK.test(after));
  if (cjk === 2) return left.spaceAfter ? gap > size * 0.1 : gap > size * 0.9;
  if (cjk === 1) return left.spaceAfter ? gap > size * 0.05 : gap > size * 0.55;
  const raised = Math.abs(left.baseline - right.baseline) > size * 0.15;
  const limit = left.font.monospace && right.font.monospace ? 0.4 : raised ? 0.25 : 0.12;
  return (left.spaceAfter && gap > size * 0.04) || gap > size * limit;
}
