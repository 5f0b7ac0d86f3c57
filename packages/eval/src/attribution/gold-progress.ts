import {
  analyzeText,
  type Caller,
  counted,
  findQuote,
  foldText,
  maySee,
  normalizeUri,
  type Passage,
} from '@fieldkit/core';
import type { Case, GoldPlace } from '../data/case.ts';
import { matchPlace } from '../scorers/gold-place.ts';
import type { Outcome } from '../target.ts';
import type { TraceView } from './trace-view.ts';

/** What is known of a document beside the traces. */
export interface DocumentFacts {
  readonly id: string;
  readonly text: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  /** Metadata that a filter may ask for, `uri` and `language` among it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** Facts that make more causes visible; each may be left out. */
export interface AttributionFacts {
  /** An ingested document by path; undefined when there is none. */
  readonly document?: (uri: string) => DocumentFacts | undefined | Promise<DocumentFacts | undefined>;
  /** Paths of all ingested documents, to find where a gold quote really stands. */
  readonly uris?: readonly string[];
  /** The chunks of a document, as offsets. */
  readonly chunks?: (
    documentId: string,
  ) =>
    | readonly { readonly start: number; readonly end: number }[]
    | Promise<readonly { readonly start: number; readonly end: number }[]>;
  /** A much wider retrieval for the queries that were made, to tell a passage that ranks too low from one that is not found. */
  readonly retrieveWide?: (item: Case, queries: readonly string[]) => Promise<readonly Passage[]>;
  /** Model and tool calls that a run may make, when they are bounded. */
  readonly steps?: number;
  readonly defaultCaller?: Caller;
  /** Whether a tool changes something: an unexpected call of it is then a cause. Default: none does. */
  readonly writes?: (tool: string) => boolean;
}

/** How far the words that answer the question came; later stages include the earlier ones. */
export const stages = [
  'absent',
  'document',
  'text',
  'visible',
  'whole',
  'ranked',
  'retrieved',
  'shown',
  'cited',
] as const;
export type Stage = (typeof stages)[number];

export interface GoldProgress {
  readonly place: GoldPlace;
  /** The furthest stage that is known to be reached. */
  readonly reached: Stage;
  /** One sentence: where it stopped. */
  readonly evidence: string;
}

type BarePlace = Omit<GoldPlace, 'alternatives'>;

/** The progress of each gold place; of a place with alternatives, the one that came furthest. */
export async function goldProgress(
  item: Case,
  outcome: Outcome,
  view: TraceView,
  facts: AttributionFacts,
): Promise<GoldProgress[]> {
  const all: GoldProgress[] = [];
  for (const place of item.gold) {
    const { alternatives = [], ...first } = place;
    let best: GoldProgress | undefined;
    for (const candidate of [first, ...alternatives]) {
      const progress = { place, ...(await progressOf(candidate, item, outcome, view, facts)) };
      if (best === undefined || stages.indexOf(progress.reached) > stages.indexOf(best.reached)) best = progress;
    }
    if (best !== undefined) all.push(best);
  }
  return all;
}

async function progressOf(
  place: BarePlace,
  item: Case,
  outcome: Outcome,
  view: TraceView,
  facts: AttributionFacts,
): Promise<Omit<GoldProgress, 'place'>> {
  const document = await facts.document?.(place.document);
  let cited: string | undefined;
  for (const citation of outcome.answer.citations) {
    const match = await matchPlace(
      place,
      citation,
      document === undefined ? {} : { documentText: () => document.text },
    );
    if (match === 'quote' || (match !== undefined && place.quote === undefined)) cited = `cited by ${match}`;
  }
  const quote = place.quote;
  const shown = quote === undefined ? undefined : view.shown?.some((text) => overlapsText(text, quote));
  // A citation may quote a part of the place; when no prompt held all of it, the other part may be what was needed.
  if (cited !== undefined && shown !== false) return { reached: 'cited', evidence: cited };
  const span = document === undefined || quote === undefined ? undefined : spanOf(document.text, quote);
  const split = document === undefined || span === undefined ? undefined : await splitOf(span, document, facts);
  if (cited !== undefined && (split?.pieces ?? 0) < 2) return { reached: 'cited', evidence: cited };
  if (shown === true)
    return { reached: 'shown', evidence: `the words stand in the last prompt: ${short(quote ?? '')}` };
  const found = (passages: readonly Passage[] | undefined) =>
    passages?.findIndex((passage) => holds(passage, place, document)) ?? -1;
  const rank = found(view.retrieved);
  if (rank !== -1)
    return { reached: 'retrieved', evidence: `retrieved at rank ${rank + 1} and not in the last prompt` };
  if (facts.document !== undefined && document === undefined) {
    return { reached: 'absent', evidence: `${place.document} is not among the ingested documents` };
  }
  if (document !== undefined && quote !== undefined && span === undefined) {
    return {
      reached: 'document',
      evidence: `${percentFound(quote, document.text)} of the words of ${short(quote)} are in the text of ${place.document}, not the quote itself`,
    };
  }
  const dropped = document === undefined ? undefined : whyInvisible(document, item, view, facts);
  if (dropped !== undefined) return { reached: 'text', evidence: dropped };
  if (split?.pieces === 0)
    return {
      reached: 'whole',
      evidence: `no chunk of the index holds any of ${short(quote ?? '')}: it was never indexed`,
    };
  if (split !== undefined)
    return {
      reached: 'visible',
      evidence: `${short(quote ?? '')} lies over ${counted(split.pieces, 'chunk')} of ${place.document}`,
    };
  const candidate = found(view.candidates);
  const queries = view.queries.length > 0 ? view.queries : [item.question];
  const wide = candidate === -1 ? found(await facts.retrieveWide?.(item, queries)) : candidate;
  const many = view.retrieved?.length ?? 0;
  if (wide !== -1)
    return { reached: 'ranked', evidence: `at rank ${wide + 1} of a wider result, not among the ${many} retrieved` };
  const what = quote === undefined ? place.document : short(quote);
  const evidence = `none of the ${many} retrieved passages holds ${what}`;
  if (queries.includes(item.question)) return { reached: 'whole', evidence };
  const plain = found(await facts.retrieveWide?.(item, [item.question]));
  const blame =
    plain === -1
      ? ''
      : `; the question itself finds it at rank ${plain + 1}, the query ${short(queries.at(-1) ?? '')} does not`;
  return { reached: 'whole', evidence: `${evidence}${blame}` };
}

/** Over how many chunks a stretch lies when none holds all of it; undefined when one does, or when the chunks are not known. */
async function splitOf(
  span: { readonly start: number; readonly end: number },
  document: DocumentFacts,
  { chunks: chunksOf }: AttributionFacts,
): Promise<{ readonly pieces: number } | undefined> {
  const chunks = (await chunksOf?.(document.id)) ?? [];
  if (chunks.length === 0 || chunks.some(({ start, end }) => start <= span.start && end >= span.end)) return undefined;
  return { pieces: chunks.filter(({ start, end }) => start < span.end && span.start < end).length };
}

/** Why nobody who asks like this can find the document, if so. */
function whyInvisible(
  document: DocumentFacts,
  item: Case,
  view: TraceView,
  { defaultCaller }: AttributionFacts,
): string | undefined {
  const base = defaultCaller ?? { tenant: document.tenant, subject: 'eval', groups: [] };
  const caller = {
    ...base,
    ...(item.caller?.tenant === undefined ? {} : { tenant: item.caller.tenant }),
    groups: item.caller?.groups ?? base.groups,
  };
  if (!maySee(caller, document))
    return `the document is for ${document.groups.join(', ') || document.tenant}, the caller is in ${caller.groups.join(', ') || 'no group'}`;
  const metadata: Record<string, unknown> = document.metadata ?? {};
  const excluding = view.filters.find((filter) =>
    Object.entries(filter).some(([key, wanted]) => key in metadata && ![wanted].flat().includes(metadata[key])),
  );
  return excluding === undefined ? undefined : `the filter ${JSON.stringify(excluding)} leaves the document out`;
}

function holds(passage: Passage, place: BarePlace, document: DocumentFacts | undefined): boolean {
  const uri = String(passage.metadata.uri ?? '');
  const same =
    document === undefined ? normalizeUri(uri) === normalizeUri(place.document) : passage.documentId === document.id;
  if (!same) return false;
  if (place.quote === undefined) return true;
  const span = document === undefined ? undefined : spanOf(document.text, place.quote);
  if (span !== undefined) return passage.start <= span.start && passage.end >= span.end;
  return overlapsText(foldText(passage.text), place.quote);
}

function overlapsText(folded: string, quote: string): boolean {
  return folded.includes(foldText(quote)) || lettersOf(folded).text.includes(lettersOf(quote).text);
}

/** Where a quote stands; cell borders and punctuation may be set otherwise than in the label. */
function spanOf(text: string, quote: string): { start: number; end: number } | undefined {
  const exact = findQuote(text, quote);
  if (exact !== undefined) return exact;
  const wanted = lettersOf(quote).text;
  if (wanted === '') return undefined;
  const { text: letters, at } = lettersOf(text);
  const found = letters.indexOf(wanted);
  const [start, last] = [at[found], at[found + wanted.length - 1]];
  return found === -1 || start === undefined || last === undefined ? rowOf(text, quote) : { start, end: last + 1 };
}

/** A line that has nearly every word of a quote, in whatever order: a table row whose unit stands in another cell. */
function rowOf(text: string, quote: string): { start: number; end: number } | undefined {
  const words = analyzeText(quote);
  let start = 0;
  for (const line of text.split('\n')) {
    const known = new Set(analyzeText(line));
    if (words.length >= 4 && words.filter((word) => known.has(word)).length >= 0.85 * words.length)
      return { start, end: start + line.length };
    start += line.length + 1;
  }
  return undefined;
}

/** Letters and digits alone, each with its offset. */
function lettersOf(text: string): { text: string; at: readonly number[] } {
  const at: number[] = [];
  let letters = '';
  for (const match of text.matchAll(/[\p{L}\p{N}]/gu)) {
    const folded = match[0].normalize('NFKC').toLowerCase();
    for (const _ of folded) at.push(match.index);
    letters += folded;
  }
  return { text: letters, at };
}

/** Share of the quote's words in a text, for people. */
export function percentFound(quote: string, text: string): string {
  const known = new Set(analyzeText(text));
  const words = analyzeText(quote);
  const hits = words.filter((word) => known.has(word)).length;
  return `${Math.round((100 * hits) / Math.max(1, words.length))} %`;
}

function short(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}…` : text);
}
