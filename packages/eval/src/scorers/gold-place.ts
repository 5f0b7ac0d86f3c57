import { type Citation, findQuote, foldText, normalizeUri } from '@fieldkit/core';
import type { Case, GoldPlace } from '../data/case.ts';
import type { ScoreContext, Scorer } from '../scorer.ts';

type PassageSource = Extract<Citation['source'], { kind: 'passage' }>;
type BarePlace = Omit<GoldPlace, 'alternatives'>;
/** Why a citation counts as standing on a gold place, strictest first. */
export type PlaceMatch = 'quote' | 'page' | 'heading' | 'document';

export interface GoldPlaceOptions {
  /** Citations looked at, from the first. Default 3. */
  readonly citations?: number;
  /** `place`: the quote, the page or the heading; `quote`: the gold words only. Default `place`. */
  readonly strictness?: 'place' | 'quote';
  readonly name?: string;
}

/**
 * Whether the citations stand where the answer stands: the share of the needed gold places that one of the first citations hits.
 *
 * A citation hits a place (or one of its alternatives) when the document is the same and the quoted span overlaps the gold quote, or it
 * stands on the gold page or under the innermost gold heading. A place that names only a document is hit by any citation of it.
 */
export function createGoldPlaceScorer(options: GoldPlaceOptions = {}): Scorer {
  const { citations: limit = 3, strictness = 'place', name = `gold-place-first-${limit}` } = options;
  return {
    name,
    kind: 'rule',
    description: `share of the gold places hit by the first ${limit === 1 ? 'citation' : `${limit} citations`}${strictness === 'quote' ? ' (the gold words themselves)' : ''}`,
    async score(item, { answer }, context) {
      if (item.expect !== 'answered' || item.gold.length === 0) return undefined;
      const cited = answer.citations.slice(0, limit);
      if (cited.length === 0) return { value: 0, reason: `no citation (status ${answer.status})` };
      const matches: (PlaceMatch | undefined)[] = [];
      for (const gold of item.gold) matches.push(await bestMatch(gold, cited, strictness, context));
      const hits = matches.filter((match) => match !== undefined).length;
      // The first citation alone can stand on one place only: with one citation, one place is all that is asked.
      const needed = Math.min(item.gold.length, limit);
      return { value: Math.min(1, hits / needed), reason: describe(item, matches) };
    },
  };
}

/** Any of the first three citations. */
export const goldPlace = createGoldPlaceScorer({ citations: 3 });
/** The first citation alone. */
export const goldPlaceFirst = createGoldPlaceScorer({ citations: 1 });
/** The gold words themselves, within the first three citations: no credit for the right page or section. */
export const goldQuote = createGoldPlaceScorer({ citations: 3, strictness: 'quote', name: 'gold-quote-first-3' });

function describe(item: Case, matches: readonly (PlaceMatch | undefined)[]): string {
  return item.gold
    .map(({ document }, index) => `${document}: ${matches[index] === undefined ? 'not cited' : `by ${matches[index]}`}`)
    .join('; ');
}

async function bestMatch(
  gold: GoldPlace,
  citations: readonly Citation[],
  strictness: 'place' | 'quote',
  context: ScoreContext,
): Promise<PlaceMatch | undefined> {
  const { alternatives = [], ...first } = gold;
  const found: PlaceMatch[] = [];
  for (const citation of citations) {
    for (const place of [first, ...alternatives]) {
      const match = await matchPlace(place, citation, context);
      if (match !== undefined && (strictness === 'place' || match === 'quote')) found.push(match);
    }
  }
  return (['quote', 'page', 'heading', 'document'] as const).find((match) => found.includes(match));
}

/** How `citation` stands on `place`, if it does. */
export async function matchPlace(
  place: BarePlace,
  citation: Pick<Citation, 'quote' | 'source'>,
  context: ScoreContext = {},
): Promise<PlaceMatch | undefined> {
  const { source, quote } = citation;
  if (source.kind !== 'passage' || !sameDocument(place.document, source.uri)) return undefined;
  if (place.quote !== undefined && (await overlaps(place.quote, quote, source, context))) return 'quote';
  if (place.page !== undefined && source.places.some(({ page }) => page === place.page)) return 'page';
  const heading = place.headings?.at(-1);
  if (heading !== undefined && source.headings.some((candidate) => sameHeading(candidate, heading))) return 'heading';
  const bare = place.quote === undefined && place.page === undefined && heading === undefined;
  return bare ? 'document' : undefined;
}

function sameDocument(gold: string, uri: string): boolean {
  return normalizeUri(gold) === normalizeUri(uri);
}

async function overlaps(gold: string, quote: string, source: PassageSource, context: ScoreContext): Promise<boolean> {
  const a = foldText(gold);
  const b = foldText(quote);
  if (a.includes(b) || b.includes(a)) return true;
  const text = await context.documentText?.(source.documentId);
  const span = text === undefined ? undefined : findQuote(text, gold);
  if (span !== undefined) return span.start < source.end && source.start < span.end;
  return sharesEdge(a, b) || sharesEdge(b, a);
}

/** Whether the end of `a` is the start of `b`, for at least 20 code units or half of the shorter: two spans that overlap in their text. */
function sharesEdge(a: string, b: string): boolean {
  const shorter = Math.min(a.length, b.length);
  for (let length = shorter; length >= Math.min(20, Math.ceil(shorter / 2)); length -= 1) {
    if (a.endsWith(b.slice(0, length))) return true;
  }
  return false;
}

/** Numbers that a word processor or a writer puts before a heading: `3`, `3.1`, `第三章`, `三、`, `（二）`, `A.`. */
const HEADING_NUMBER =
  /^(?:(?:\d+(?:\.\d+)*[.)、]?|[A-Z][.)])\s+|第[一二三四五六七八九十百零\d]+[章节条部分篇]\s*|[（(][一二三四五六七八九十百\d]+[)）]\s*|[一二三四五六七八九十百]+、\s*|\d+(?:\.\d+)*[、.]\s*)/u;

function sameHeading(a: string, b: string): boolean {
  const bare = (heading: string) => foldText(heading.trim().replace(HEADING_NUMBER, '')).toLowerCase();
  return bare(a) === bare(b) || foldText(a).toLowerCase() === foldText(b).toLowerCase();
}
