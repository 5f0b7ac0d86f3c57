import { analyzeText, type EvidenceItem, memoize, sentenceSpans, type TextSpan } from '@fieldkit/core';
import { type NumberRange, rangesIn } from './number-ranges.ts';
import { type Meaning, meaningOf, rarityOf, sumOf } from './word-vectors.ts';
import { foldIdentifier, identifiersOf } from './words.ts';

/** Words and codes by which people name a document: `Warranty Policy WP-7 (2026)` is the warranty policy, and WP-7. */
interface Name {
  readonly terms: readonly string[];
  readonly identifiers: readonly string[];
  /** Chinese, as it is written. */
  readonly runs: readonly string[];
}

/** One sentence, table row or record line that can be quoted. Headings, captions and questions state nothing and are none. */
export interface EvidenceUnit extends Quotable {
  readonly item: EvidenceItem;
}

interface Quotable {
  /** Verbatim. */
  readonly text: string;
  /** Verbatim: the paragraph that it stands in, or as much of it around the sentence as is not too long. */
  readonly around: string;
  readonly name: Name;
  readonly ranges: readonly NumberRange[];
  /** Title, place and heading: further citations go to other places first. */
  readonly section: string;
  /** A table row, which says something only together with its header. */
  readonly isRow: boolean;
  /** Without separators, for finding identifiers. */
  readonly folded: string;
  readonly said: Said;
  /** What it stands under: title, headings, context, the head of a table. */
  readonly about: Said;
  /** The sentences beside it. */
  readonly beside: readonly Said[];
  readonly wholeItem: Meaning | undefined;
}

/** Words as they are compared. */
export interface Said {
  readonly terms: ReadonlySet<string>;
  /** How seldom each term is, in their order, and all together. */
  readonly rarities: Float64Array;
  readonly rarity: number;
  readonly meaning: Meaning | undefined;
  /** Full width and case folded, for finding Chinese words, which are cut in more than one way. */
  readonly plain: string;
}

/** Longest sentence and longest quote of several, in UTF-16 code units. */
const MAX_SENTENCE = 500;
const MAX_AROUND = 400;

/** Everything in the evidence that can be quoted, in order. A question in the text counts as what the sentence after it stands under. */
export function evidenceUnits(items: readonly EvidenceItem[]): EvidenceUnit[] {
  return items.flatMap((item) => quotablesOf(keyOf(item)).map((quotable) => ({ ...quotable, item })));
}

function keyOf({ kind, title, place, headings, context, text }: EvidenceItem): string {
  return JSON.stringify({ kind, title, place, headings, context, text });
}

/** The same evidence comes back with other questions: what it takes to compare it is made once. */
const quotablesOf = memoize(2_000, (json): Quotable[] => takeApart(JSON.parse(json) as Omit<EvidenceItem, 'number'>)); // written above

function takeApart(item: Omit<EvidenceItem, 'number'>): Quotable[] {
  const headings = new Set([...item.headings, ...headingsWithin(item.text)].map(fold));
  const texts = quotableTexts(item);
  const sentences = texts.map(({ text }) => text);
  const pieces = texts.map(({ text, around }, index) => ({
    text,
    around,
    // a row says what its cells are called as well
    said: saidIn(isRow(text) ? `${text}\n${tableHead(sentences, index)}` : wordsOf(item, text)),
    states: !QUESTION.test(text) && !CAPTION.test(text) && !headings.has(fold(text)),
    heads: headings.has(fold(text)),
  }));
  const stating = pieces.some(({ states }) => states) ? pieces.filter(({ states }) => states) : pieces;
  const under = `${item.title}\n${item.place}\n${item.headings.join('\n')}\n${item.context}`;
  const name = nameOf(item.title);
  const abouts = new Map<string, Said>();
  const aboutOf = (above: string): Said => {
    const known = abouts.get(above) ?? saidIn(`${under}\n${above}`);
    abouts.set(above, known);
    return known;
  };
  const wholeItem = meaningOfAll([...aboutOf('').terms, ...pieces.flatMap(({ said }) => [...said.terms])]);
  return stating.map((piece) => {
    const index = pieces.indexOf(piece);
    const before = pieces[index - 1];
    const above = !isRow(piece.text) && before !== undefined && QUESTION.test(before.text) ? before.text : '';
    const heading = pieces.slice(0, index).findLast(({ heads }) => heads)?.text ?? '';
    return {
      text: piece.text,
      around: piece.around,
      name,
      ranges: rangesIn(piece.text),
      section: `${item.title}\n${item.place}\n${heading === '' ? item.headings.join('\n') : heading}`,
      isRow: isRow(piece.text),
      folded: foldIdentifier(`${piece.text}\n${under}\n${heading}\n${above}`),
      said: piece.said,
      about: aboutOf(`${heading}\n${above}`),
      beside: [before, pieces[index + 1]].flatMap((one) => (one === undefined ? [] : [one.said])),
      wholeItem,
    };
  });
}

function nameOf(title: string): Name {
  const bare = title.replace(/[(（[【].*?[)）\]】]/g, ' ');
  const [head = ''] = bare.split(/\s[-–—:·]\s|:\s|\.\p{L}+$/u);
  return {
    terms: [...new Set(analyzeText(head.replace(/\S*\d\S*/g, ' ')))].filter((term) =>
      /^\p{Script=Latin}+$/u.test(term),
    ),
    identifiers: identifiersOf(bare),
    runs: fold(bare).match(/\p{Script=Han}{4,}/gu) ?? [],
  };
}

/** Longest heading within a passage, in UTF-16 code units. */
const MAX_HEADING = 60;

/** Short lines on their own, with more text behind them and no end of a sentence. */
function headingsWithin(text: string): string[] {
  const paragraphs = text.split(/\n\s*\n/).map((paragraph) => paragraph.trim());
  return paragraphs.filter(
    (paragraph, index) =>
      index < paragraphs.length - 1 &&
      paragraph.length <= MAX_HEADING &&
      !/\n| \| |[.。!！;；,，:：…]$|^[-*•☐]/.test(paragraph),
  );
}

function saidIn(text: string): Said {
  const terms = new Set(analyzeText(text));
  const rarities = Float64Array.from(terms, (term) => 0.1 + rarityOf(term));
  const rarity = rarities.reduce((sum, value) => sum + value, 0);
  return { terms, rarities, rarity, meaning: meaningOfAll(terms), plain: fold(text) };
}

/** Seldom words say more of what a text is about. */
function meaningOfAll(terms: Iterable<string>): Meaning | undefined {
  return sumOf(Array.from(new Set(terms), (term) => ({ meaning: meaningOf(term), weight: 0.1 + rarityOf(term) })));
}

function isRow(text: string): boolean {
  return text.includes(' | ');
}

/** The first row of the table that a row belongs to, and the caption above it. */
function tableHead(texts: readonly string[], row: number): string {
  let first = row;
  while (isRow(texts[first - 1] ?? '')) first -= 1;
  const caption = texts[first - 1] ?? '';
  return `${first === row ? '' : (texts[first] ?? '')}\n${CAPTION.test(caption) ? caption : ''}`;
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
function quotableTexts({ kind, text }: Pick<EvidenceItem, 'kind' | 'text'>): { text: string; around: string }[] {
  return text
    .split('\n')
    .flatMap((line) => {
      if (isRow(line)) return [{ text: line.trim(), around: line.trim() }];
      const spans = sentenceSpans(line).map(withoutMark(line));
      return spans.map(({ start, end }, index) => ({
        text: line.slice(start, end),
        around: kind === 'record' || NOT_TOGETHER.test(line) ? line.slice(start, end) : grow(line, spans, index),
      }));
    })
    .filter((piece) => /[\p{L}\p{N}]/u.test(piece.text))
    .map((piece) => ({ text: bounded(piece.text), around: bounded(piece.around) }));
}

/** The mark of a list says nothing, and that of a note would be read as a citation. */
const withoutMark =
  (line: string) =>
  ({ start, end }: TextSpan): TextSpan => {
    const mark = /^(?:[[【]\d{1,3}[\]】]\s*|[-*•]\s+)+/.exec(line.slice(start, end))?.[0].length ?? 0;
    return { start: start + mark, end };
  };

/** What cannot stand in a citation mark, was blotted out, or may not be shown as it is: brackets, blocks, addresses. */
const NOT_TOGETHER = /[[\]【】\u2580-\u259f]|:\/\/|www\./i;

/** A sentence with those beside it in its paragraph, nearest first, as far as they fit. */
function grow(line: string, spans: readonly TextSpan[], index: number): string {
  let [first, last] = [index, index];
  const slice = (from: number, to: number) => line.slice(spans[from]?.start, spans[to]?.end);
  const fits = (from: number, to: number) =>
    from >= 0 && to < spans.length && slice(from, to).length <= MAX_AROUND && !QUESTION.test(slice(from, to));
  for (;;) {
    const [before, after] = [first, last];
    if (fits(first, last + 1)) last += 1;
    if (fits(first - 1, last)) first -= 1;
    if (first === before && last === after) return slice(first, last);
  }
}

function bounded(text: string): string {
  if (text.length <= MAX_SENTENCE) return text;
  const cut = text.slice(0, MAX_SENTENCE);
  const end = Math.max(cut.lastIndexOf(' '), cut.lastIndexOf('，'), cut.lastIndexOf('、'));
  return cut.slice(0, end > MAX_SENTENCE / 2 ? end : MAX_SENTENCE).trimEnd();
}
