import type { JsonSchema } from './chat-model.ts';
import { dropInvisible } from './invisible.ts';

/** How passages and records are marked up in a prompt, and how an answer cites them. Agent and stand-in share this file. */

/** One piece of evidence as a model sees it. */
export interface EvidenceItem {
  /** What `[n]` in the answer refers to, from 1. */
  readonly number: number;
  readonly kind: 'passage' | 'record';
  readonly title: string;
  /** For people and models: `page 3`, `line 12`, `order SO-1`. */
  readonly place: string;
  /** Heading path, outermost first. */
  readonly headings: readonly string[];
  /** Said for understanding only, never quoted: a table's header row. */
  readonly context: string;
  /** What may be quoted. */
  readonly text: string;
}

/** Between the context and the quotable text; holds the marker, so that no context can forge it. */
const textMark = (marker: string) => `--- text ${marker} ---`;

/**
 * Evidence for a prompt. `marker` (letters and digits, unguessable, new for each run) is part of every delimiter, so that no document
 * can forge the end of its own passage; invisible characters are dropped.
 */
export function formatEvidence(items: readonly EvidenceItem[], marker: string): string {
  return items
    .map(({ number, kind, title, place, headings, context, text }) => {
      const facts = JSON.stringify({ title, place, section: headings.join(' › ') });
      const body = [dropInvisible(context), textMark(marker), dropInvisible(text)]
        .filter((line) => line !== '')
        .join('\n');
      return `<evidence-${marker} ${number} ${kind} ${dropInvisible(facts)}>\n${body}\n</evidence-${marker}>`;
    })
    .join('\n');
}

const EVIDENCE = /<evidence-([A-Za-z0-9]+) (\d+) (passage|record) (\{.*\})>\n([\s\S]*?)\n<\/evidence-\1>/g;

/** Reads `formatEvidence` back out of a prompt. What does not fit the markup is passed over. */
export function parseEvidence(prompt: string): EvidenceItem[] {
  const items: EvidenceItem[] = [];
  let marker: string | undefined;
  for (const [, found = '', number = '', kind, facts = '', body = ''] of prompt.matchAll(EVIDENCE)) {
    marker ??= found;
    const { title, place, section } = parseFacts(facts);
    if (found !== marker || title === undefined) continue;
    const mark = textMark(found);
    const split = body.indexOf(mark);
    items.push({
      number: Number(number),
      kind: kind === 'record' ? 'record' : 'passage',
      title,
      place: place ?? '',
      headings: section === undefined || section === '' ? [] : section.split(' › '),
      context: split <= 0 ? '' : body.slice(0, split - 1),
      text: split === -1 ? body : body.slice(split + mark.length + 1),
    });
  }
  return items;
}

function parseFacts(json: string): { title?: string; place?: string; section?: string } {
  try {
    const value: unknown = JSON.parse(json);
    if (value === null || typeof value !== 'object') return {};
    return Object.fromEntries(Object.entries(value).filter(([, field]) => typeof field === 'string'));
  } catch {
    return {};
  }
}

/** A citation inside an answer's prose: `[2]` or `[2: "the exact words"]`. */
export interface CitationMark {
  readonly number: number;
  readonly quote?: string;
  /** Offsets of the whole mark in the text. */
  readonly start: number;
  readonly end: number;
}

/** A quote ends before the next mark with a quote, so that a mark that was cut off does not swallow it. */
const MARK =
  /[[【]\s*(\d{1,3})\s*(?:[:：,，]\s*["“”「]((?:(?![[【]\s*\d{1,3}\s*[:：,，]\s*["“”「])[\s\S])*?)["“”」]\s*)?[\]】]/g;

export function formatCitationMark(number: number, quote: string): string {
  return `[${number}: "${quote.replace(/\s+/g, ' ')}"]`;
}

/** The citations a model wrote, in order. Chinese brackets and quotation marks are accepted. */
export function citationMarks(text: string): CitationMark[] {
  return Array.from(text.matchAll(MARK), ({ index, 0: whole, 1: number, 2: quote }) => ({
    number: Number(number),
    start: index,
    end: index + whole.length,
    ...(quote === undefined || quote.trim() === '' ? {} : { quote }),
  }));
}

/**
 * What a model writes, alone in its answer, when the evidence does not answer the question. The sentence after it, if any, says what was
 * found instead and may cite.
 */
export const INSUFFICIENT_MARK = 'INSUFFICIENT_EVIDENCE';

/** A schema's `default`, `enum` and so on as plain values; shared by whoever reads tool schemas. */
export function schemaProperties(schema: JsonSchema): [string, JsonSchema][] {
  const { properties } = schema;
  if (properties === null || typeof properties !== 'object') return [];
  return Object.entries(properties).filter(
    (entry): entry is [string, JsonSchema] => entry[1] !== null && typeof entry[1] === 'object',
  );
}
