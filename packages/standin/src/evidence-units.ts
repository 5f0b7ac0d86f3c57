import { type EvidenceItem, memoize, sentenceSpans } from '@fieldkit/core';
import { foldIdentifier, termsOf } from './words.ts';

/** One sentence, table row or record line that can be quoted. Headings, captions and questions state nothing and are none. */
export interface EvidenceUnit {
  readonly item: EvidenceItem;
  /** Verbatim. */
  readonly text: string;
  /** A table row, which says something only together with its header. */
  readonly isRow: boolean;
  readonly terms: ReadonlySet<string>;
  /** Terms of the sentences beside it. */
  readonly nearTerms: ReadonlySet<string>;
  /** Terms of title, headings and context. */
  readonly aboutTerms: ReadonlySet<string>;
  /** Full width and case folded, for finding Chinese words: of the sentence, of those beside it, of what it stands under. */
  readonly plain: string;
  readonly plainNear: string;
  readonly plainAbout: string;
  /** Without separators too, for finding identifiers. */
  readonly folded: string;
  readonly foldedAbout: string;
}

/** Longest quote in UTF-16 code units. */
const MAX_QUOTE = 500;

/** Everything in the evidence that can be quoted, in order. A question in the text counts as what the sentence after it stands under. */
export function evidenceUnits(items: readonly EvidenceItem[]): EvidenceUnit[] {
  return items.flatMap((item) => {
    const { kind, title, place, headings, context, text } = item;
    const units = unitsOf(JSON.stringify({ kind, title, place, headings, context, text }));
    return units.map((unit) => ({ ...unit, item }));
  });
}

/** The same evidence comes back with other questions: what it takes to compare it is made once. */
const unitsOf = memoize(2_000, (json): Omit<EvidenceUnit, 'item'>[] => {
  const item = JSON.parse(json) as Omit<EvidenceItem, 'number'>; // written above
  const headings = new Set(item.headings.map(fold));
  const pieces = quotableTexts(item.text).map((text) => ({
    text,
    said: wordsOf(item, text),
    states: !QUESTION.test(text) && !CAPTION.test(text) && !headings.has(fold(text)),
  }));
  const kept = pieces.some(({ states }) => states) ? pieces.filter(({ states }) => states) : pieces;
  return kept.map((piece) => {
    const index = pieces.indexOf(piece);
    const before = pieces[index - 1];
    const above = isRow(piece.text)
      ? tableHead(pieces, index)
      : before !== undefined && QUESTION.test(before.text)
        ? before.said
        : '';
    const about = `${item.title}\n${item.place}\n${item.headings.join('\n')}\n${item.context}\n${above}`;
    const near = `${before?.said ?? ''}\n${pieces[index + 1]?.said ?? ''}`;
    return {
      text: piece.text,
      isRow: isRow(piece.text),
      terms: new Set(termsOf(piece.said)),
      nearTerms: new Set(termsOf(near)),
      aboutTerms: new Set(termsOf(about)),
      plain: fold(piece.said),
      plainNear: fold(near),
      plainAbout: fold(about),
      folded: foldIdentifier(piece.text),
      foldedAbout: foldIdentifier(about),
    };
  });
});

function isRow(text: string): boolean {
  return text.includes(' | ');
}

/** The first row of the table that a row belongs to, and the caption above it. */
function tableHead(pieces: readonly { readonly text: string; readonly said: string }[], row: number): string {
  let first = row;
  while (isRow(pieces[first - 1]?.text ?? '')) first -= 1;
  const caption = pieces[first - 1];
  return `${first === row ? '' : (pieces[first]?.said ?? '')}\n${caption !== undefined && CAPTION.test(caption.text) ? caption.said : ''}`;
}

const QUESTION = /[?？]\s*$/;
const CAPTION = /^(?:table|figure|fig\.|表|图)\s*\d+(?![^\n]*[.。]$)/i;

/** A line of a record names its value by a path: `order.promisedDispatchOn` is three words more. */
function wordsOf({ kind }: Pick<EvidenceItem, 'kind'>, text: string): string {
  if (kind !== 'record') return text;
  return text.replace(/(?<=\p{Ll})(?=\p{Lu})|[._[\]](?=\p{L})/gu, ' ');
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** A table row (cells joined by ` | `) stays whole; other lines are cut into sentences. */
function quotableTexts(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) =>
      isRow(line) ? [line.trim()] : sentenceSpans(line).map(({ start, end }) => line.slice(start, end)),
    )
    .filter((piece) => /[\p{L}\p{N}]/u.test(piece))
    .map(bounded);
}

function bounded(text: string): string {
  if (text.length <= MAX_QUOTE) return text;
  const cut = text.slice(0, MAX_QUOTE);
  const end = Math.max(cut.lastIndexOf(' '), cut.lastIndexOf('，'), cut.lastIndexOf('、'));
  return cut.slice(0, end > MAX_QUOTE / 2 ? end : MAX_QUOTE).trimEnd();
}
