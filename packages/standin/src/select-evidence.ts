import { type EvidenceItem, memoize } from '@fieldkit/core';
import { LEAST_SCORE, SAME_PLACE, SENTENCE_WEIGHTS, WORTH_ADDING } from './answer-weights.ts';
import { type Features, measureEvidence } from './evidence-features.ts';
import { type EvidenceUnit, evidenceUnits } from './evidence-units.ts';
import { identifiersOf, termsOf } from './words.ts';

export interface SelectOptions {
  /** Quotes at most, and one sentence more than these. Default 3. */
  readonly limit?: number;
  /** Chosen before for the question of which this one is a part: others are wanted, and the evidence was found to be enough. */
  readonly beside?: readonly EvidenceUnit[];
}

/** The one to `limit` sentences that best answer a question; none when the evidence (of `evidenceUnits`) does not answer it. */
export function selectEvidence(
  question: string,
  evidence: readonly EvidenceUnit[],
  { limit = 3, beside }: SelectOptions = {},
): readonly EvidenceUnit[] {
  const { units, weights } = measureEvidence(question, evidence);
  if (units.length === 0 || weights.length === 0 || !identifiersOccur(question, evidence)) return [];
  // what was searched for as a part stands behind what was searched for as a whole: its place says nothing
  const scored = units.map(({ unit, features }) => ({
    unit,
    score: scoreOf(beside === undefined ? features : { ...features, order: 0 }),
  }));
  const top = scored.reduce((most, { score }) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  if (beside === undefined && top < LEAST_SCORE) return [];
  const chosen: EvidenceUnit[] = [];
  const taken = [...(beside ?? [])];
  for (let quotes = 0; chosen.length <= limit; ) {
    let best: EvidenceUnit | undefined;
    let most = top - WORTH_ADDING;
    for (const { unit, score } of scored) {
      const less = taken.some(({ section }) => section === unit.section) ? SAME_PLACE : 0;
      if (score - less <= most || taken.some(({ text }) => text === unit.text)) continue;
      // a further sentence of a paragraph that is quoted needs no quote of its own
      if (quotes === limit && !chosen.some((one) => quotesSame(one, unit))) continue;
      [best, most] = [unit, score - less];
    }
    if (best === undefined) break;
    const further = best;
    if (!taken.some((one) => quotesSame(one, further))) quotes += 1;
    chosen.push(further);
    taken.push(further);
    if (beside !== undefined) break;
  }
  return chosen;
}

function quotesSame(a: EvidenceUnit, b: EvidenceUnit): boolean {
  return a.item === b.item && a.around === b.around;
}

/** Points that half of the relevance stands for, and points from there to almost all. */
const RELEVANCE = { half: 7, spread: 2.5 };

/** How relevant texts are to a query, 0 to 1, by the sentence of each that answers best; in the order of the texts. */
export function relevanceOf(query: string, texts: readonly string[]): number[] {
  const items = texts.map(
    (text, index): EvidenceItem => ({
      number: index + 1,
      kind: 'passage',
      title: '',
      place: '',
      headings: [],
      context: '',
      text,
    }),
  );
  const best = new Map<EvidenceItem, number>();
  for (const { unit, features } of measureEvidence(query, evidenceUnits(items)).units) {
    const score = scoreOf({ ...features, order: 0 });
    best.set(unit.item, Math.max(best.get(unit.item) ?? Number.NEGATIVE_INFINITY, score));
  }
  return items.map(
    (item) => 1 / (1 + Math.exp((RELEVANCE.half - (best.get(item) ?? Number.NEGATIVE_INFINITY)) / RELEVANCE.spread)),
  );
}

const WEIGHTED = Object.keys(SENTENCE_WEIGHTS) as (keyof Features)[];

function scoreOf(features: Features): number {
  let score = 0;
  for (const name of WEIGHTED) score += SENTENCE_WEIGHTS[name] * features[name];
  return score;
}

/** Identifiers are not paraphrased: each must occur somewhere. */
function identifiersOccur(question: string, evidence: readonly EvidenceUnit[]): boolean {
  return identifiersOf(question).every((one) => evidence.some(({ folded }) => folded.includes(one)));
}

/** Shortest common beginning that makes two English stems forms of one word. */
const FORM_PREFIX = 5;

function hasForm(term: string, terms: ReadonlySet<string>): boolean {
  if (term.length < FORM_PREFIX || !/^[a-z]+$/.test(term)) return false;
  const prefix = term.slice(0, Math.max(FORM_PREFIX, Math.ceil(term.length * 0.7)));
  for (const other of terms) {
    if (other.length >= FORM_PREFIX && other.length <= term.length + 5 && other.startsWith(prefix)) return true;
  }
  return false;
}

const termSet = memoize(500, (text): ReadonlySet<string> => new Set(termsOf(text)));

/** How many different terms a text shares with a set: for choosing tools and members of an enumeration. */
export function overlap(terms: ReadonlySet<string>, text: string): number {
  const other = termSet(text);
  let shared = 0;
  for (const term of terms) if (other.has(term) || hasForm(term, other)) shared += 1;
  return shared;
}
