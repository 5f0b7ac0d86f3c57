import type { EvidenceItem } from '@fieldkit/core';
import { type EvidenceUnit, evidenceUnits } from './evidence-units.ts';
import { synonymsOf } from './thesaurus.ts';
import { contentTerms, identifiersOf, isEverydayTerm, termsOf } from './words.ts';

/** What a term counts where it stands: in the sentence, there in a near form ("install", "installation"), as a synonym, in what it stands under, beside it. */
const MATCH = { own: 1, form: 0.8, synonym: 0.6, about: 0.6, near: 0.4 };
/** The evidence must cover this part of the question's weight, or it does not answer it. */
const ENOUGH = 0.25;
/** A further sentence must add this part of the first one's score. */
const WORTH_ADDING = 0.3;
/** What a sentence that follows the first must still count for terms that are covered already. */
const REPEATED = 0.4;
/** A sentence of the kind that was asked for (a duration, an amount, a date) counts this much more, as a part of the whole. */
const KIND_BONUS = 0.15;
/** What the rest of its item covers counts this much for a sentence. */
const ITEM_SHARE = 0.3;
/** Later items were thought less relevant by whoever ordered them: each step costs this part of the whole. */
const ORDER_COST = 0.005;

export interface Selection {
  readonly units: readonly EvidenceUnit[];
  /** Part of the question's weight that the best item covers, 0 to 1. */
  readonly coverage: number;
}

/** The one to `limit` sentences that best cover a question; none when the evidence does not answer it. */
export function selectEvidence(
  question: string,
  items: readonly EvidenceItem[],
  limit = 3,
  enough = ENOUGH,
): Selection {
  const units = evidenceUnits(items);
  const terms = weighTerms(question, units);
  const total = sum(terms.values());
  if (total === 0 || units.length === 0 || !identifiersOccur(question, units)) return { units: [], coverage: 0 };
  const coverages = new Map(items.map((item) => [item, itemCoverage(item, units, terms)]));
  const coverage = Math.max(...coverages.values());
  if (coverage < enough) return { units: [], coverage };
  const kind = askedKind(question);
  const order = new Map(items.map((item, index) => [item, index]));
  const remaining = new Map(terms);
  const chosen: EvidenceUnit[] = [];
  let first = 0;
  while (chosen.length < limit) {
    let best: { unit: EvidenceUnit; score: number } | undefined;
    for (const unit of units) {
      if (chosen.some(({ text }) => text === unit.text)) continue;
      let score = 0;
      for (const [term, weight] of remaining) score += weight * matchOf(term, unit);
      if (score > 0 && kind?.test(unit.text) === true) score += total * KIND_BONUS;
      if (score > 0) score += total * ITEM_SHARE * (coverages.get(unit.item) ?? 0);
      score -= total * ORDER_COST * (order.get(unit.item) ?? 0);
      if (best === undefined || score > best.score) best = { unit, score };
    }
    if (best === undefined || best.score <= 0 || (chosen.length > 0 && best.score < first * WORTH_ADDING)) break;
    if (chosen.length === 0) first = best.score;
    chosen.push(best.unit);
    for (const [term, weight] of remaining) {
      const covered = matchOf(term, best.unit);
      if (covered > 0) remaining.set(term, weight * (1 - covered * (1 - REPEATED)));
    }
  }
  return { units: chosen, coverage };
}

/**
 * The weight of each content term: its inverse document frequency over the sentences given (Robertson and Spärck Jones, as in BM25).
 * Terms with a digit count half more. A term that occurs nowhere weighs as if it stood in one sentence, an everyday word half of that.
 */
function weighTerms(question: string, units: readonly EvidenceUnit[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const term of contentTerms(question)) {
    const found = units.filter((unit) => matchOf(term, unit) >= MATCH.about).length;
    const frequency = Math.max(1, found);
    const idf = Math.log(1 + (units.length - frequency + 0.5) / (frequency + 0.5));
    const rarity = found === 0 && isEverydayTerm(term) ? 0.5 : 1;
    weights.set(term, Math.max(idf, 0.2) * rarity * (/\d/.test(term) ? 1.5 : 1));
  }
  return weights;
}

function matchOf(term: string, unit: EvidenceUnit): number {
  if (unit.terms.has(term)) return MATCH.own;
  if (hasForm(term, unit.terms)) return MATCH.form;
  if (hasSynonym(term, unit.terms)) return MATCH.synonym;
  if (unit.aboutTerms.has(term) || hasForm(term, unit.aboutTerms)) return MATCH.about;
  return unit.nearTerms.has(term) ? MATCH.near : 0;
}

function hasSynonym(term: string, terms: ReadonlySet<string>): boolean {
  for (const other of synonymsOf(term)) if (terms.has(other)) return true;
  return false;
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

function itemCoverage(item: EvidenceItem, units: readonly EvidenceUnit[], terms: ReadonlyMap<string, number>): number {
  const own = units.filter((unit) => unit.item === item);
  let covered = 0;
  for (const [term, weight] of terms) {
    const best = Math.max(0, ...own.map((unit) => matchOf(term, unit)));
    covered += weight * (best > 0 ? Math.max(best, MATCH.form) : 0);
  }
  return covered / sum(terms.values());
}

/** Identifiers are not paraphrased: each must occur somewhere. */
function identifiersOccur(question: string, units: readonly EvidenceUnit[]): boolean {
  return identifiersOf(question).every((identifier) =>
    units.some(({ folded, foldedAbout }) => folded.includes(identifier) || foldedAbout.includes(identifier)),
  );
}

const NUMBER = String.raw`(?:\d|one|two|three|four|five|six|seven|eight|nine|ten|twelve|half|a|an|[一二三四五六七八九十百两半])`;
/** Question forms, and what a sentence that answers them looks like. */
const KINDS: readonly (readonly [RegExp, RegExp])[] = [
  [
    /\bhow (?:long|often|soon|quickly|fast|late|early)\b|多久|多长时间|期限|几天|几年|几个月/i,
    new RegExp(
      `${NUMBER}[\\s-]*(?:second|minute|hour|day|week|month|year|season|time|秒|分钟|小时|天|日|周|星期|个?月|年)|\\b(?:daily|weekly|monthly|yearly|annually|every)\\b|每`,
      'i',
    ),
  ],
  [
    /\bhow (?:much|many|high|low|far|deep|heavy|big|large|hot|cold|wide|thick|tall)\b|多少|多大|多高|多重|几/i,
    /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|half)\b|[一二三四五六七八九十百两]/i,
  ],
  [
    /\bwhen\b|\bwhat (?:date|day|time)\b|何时|什么时候|哪天|哪年/i,
    /\d|\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday|friday|saturday|sunday|spring|summer|autumn|winter|before|after|until)\b|月|日|年/i,
  ],
  [
    /\bwho(?:m)?\b|谁|哪个部门|哪位/i,
    /@|\b(?:department|office|team|manager|officer|director|service|desk|staff|engineer|librarian|head)\b|\p{Lu}\p{Ll}+ \p{Lu}\p{Ll}+|部|处|科|经理|主任|负责/u,
  ],
];

function askedKind(question: string): RegExp | undefined {
  return KINDS.find(([asked]) => asked.test(question))?.[1];
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** How many different terms a text shares with a set: for choosing tools and members of an enumeration. */
export function overlap(terms: ReadonlySet<string>, text: string): number {
  const other = new Set(termsOf(text));
  let shared = 0;
  for (const term of terms) if (other.has(term) || hasForm(term, other)) shared += 1;
  return shared;
}
