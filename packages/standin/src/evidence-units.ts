import { type EvidenceItem, sentenceSpans } from '@fieldkit/core';
import { foldIdentifier, termsOf } from './words.ts';

/** One sentence, table row or record line that can be quoted. */
export interface EvidenceUnit {
  readonly item: EvidenceItem;
  /** Verbatim. */
  readonly text: string;
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

/** Everything in the evidence that can be quoted, in order. */
export function evidenceUnits(items: readonly EvidenceItem[]): EvidenceUnit[] {
  return items.flatMap((item) => {
    const about = `${item.title}\n${item.place}\n${item.headings.join('\n')}\n${item.context}`;
    const aboutTerms = new Set(termsOf(about));
    const foldedAbout = foldIdentifier(about);
    const texts = quotableTexts(item.text);
    const termSets = texts.map((text) => new Set(termsOf(text)));
    return texts.map((text, index) => ({
      item,
      text,
      terms: termSets[index] ?? new Set<string>(),
      nearTerms: new Set([...(termSets[index - 1] ?? []), ...(termSets[index + 1] ?? [])]),
      aboutTerms,
      plain: fold(text),
      plainNear: fold(`${texts[index - 1] ?? ''}\n${texts[index + 1] ?? ''}`),
      plainAbout: fold(about),
      folded: foldIdentifier(text),
      foldedAbout,
    }));
  });
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** A table row (cells joined by ` | `) stays whole; other lines are cut into sentences. */
function quotableTexts(text: string): string[] {
  return text
    .split('\n')
    .flatMap((line) =>
      line.includes(' | ') ? [line.trim()] : sentenceSpans(line).map(({ start, end }) => line.slice(start, end)),
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
