import { type EvidenceItem, memoize } from '@fieldkit/core';
import { LEAST_SCORE, SAME_ITEM, SENTENCE_WEIGHTS, WORTH_ADDING } from './answer-weights.ts';
import { type Features, measureEvidence } from './evidence-features.ts';
import { type EvidenceUnit, evidenceUnits } from './evidence-units.ts';
import { identifiersOf, termsOf } from './words.ts';

/** What fitting the whole question counts for a sentence that answers a part of it. */
const WITHIN = 1;

export interface SelectOptions {
  /** Sentences at most. Default 3. */
  readonly limit?: number;
  /** The question of which this one is a part: what answers the part must fit the whole as well. */
  readonly within?: string;
}

/** The one to `limit` sentences that best answer a question; none when the evidence (of `evidenceUnits`) does not answer it. */
export function selectEvidence(
  question: string,
  evidence: readonly EvidenceUnit[],
  { limit = 3, within }: SelectOptions = {},
): readonly EvidenceUnit[] {
  const { units, weights } = measureEvidence(question, evidence);
  if (units.length === 0 || weights.length === 0 || !identifiersOccur(question, evidence)) return [];
  const whole = within === undefined ? undefined : measureEvidence(within, evidence).units;
  const scored = units.map(({ unit, features }, index) => {
    const around = whole?.[index];
    return {
      unit,
      features,
      score: scoreOf(features) + (around === undefined ? 0 : WITHIN * scoreOf(around.features)),
    };
  });
  const first = scored.reduce((best, one) => (one.score > best.score ? one : best));
  if (whole === undefined && first.score < LEAST_SCORE) return [];
  const chosen = [first];
  while (chosen.length < limit) {
    let best: (typeof scored)[number] | undefined;
    let most = first.score - WORTH_ADDING;
    for (const one of scored) {
      if (chosen.some(({ unit }) => unit.text === one.unit.text)) continue;
      const score = one.score - (chosen.some(({ unit }) => unit.item === one.unit.item) ? SAME_ITEM : 0);
      if (score > most) [best, most] = [one, score];
    }
    if (best === undefined) break;
    chosen.push(best);
  }
  return chosen.map(({ unit }) => unit);
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
