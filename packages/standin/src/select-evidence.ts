import type { EvidenceItem } from '@fieldkit/core';
import { type EvidenceUnit, evidenceUnits } from './evidence-units.ts';
import { synonymsOf } from './thesaurus.ts';
import { identifiersOf, isEverydayTerm, type QuestionTerm, questionTerms, termsOf } from './words.ts';

// The constants were set on public question sets about other subjects (XQuAD in English and Chinese, CMRC 2018), with the passage that
// answers present and taken away.

/** What a term counts where it stands: in the sentence, there in a near form ("install", "installation"), as a synonym, in what it stands under, beside it. */
const MATCH = { own: 1, form: 0.8, synonym: 0.6, about: 0.6, near: 0.4 };
/** The header and the caption are part of what a table row says. */
const ABOUT_ROW = 0.8;
/** What a Chinese word counts whose characters stand there, but not as this word: 丢失 and 遗失. */
const CHARACTERS = 0.3;
/** Weight of a Chinese word of one character. */
const SINGLE_CHARACTER = 0.5;
/** Evidence answers the question when its best item and its best sentence cover, on average, this part of the question's weight. */
const ENOUGH = 0.28;
/** A further sentence must add this part of the first one's score. */
const WORTH_ADDING = 0.3;
/** What a sentence that follows the first must still count for terms that are covered already. */
const REPEATED = 0.4;
/** A sentence of the kind that was asked for (a duration, an amount, a date) counts this much more, as a part of the whole. */
const KIND_BONUS = 0.2;
/** What the rest of its item covers counts this much for a sentence, and this part of that for a second sentence of the same item. */
const ITEM_SHARE = 0.3;
const SAME_ITEM = 0.7;
/** Later items were thought less relevant by whoever ordered them: each step costs this part of the whole. */
const ORDER_COST = 0.01;

export interface Selection {
  readonly units: readonly EvidenceUnit[];
  /** Part of the question's weight that the best item and the best sentence cover on average, 0 to 1. */
  readonly coverage: number;
}

/** How well each term of the question is matched by each sentence, and what the terms weigh. */
interface Matches {
  readonly weights: readonly number[];
  /** By term, then by unit, 0 to 1. */
  readonly matches: readonly (readonly number[])[];
  readonly total: number;
}

/** The one to `limit` sentences that best cover a question; none when the evidence does not answer it. */
export function selectEvidence(
  question: string,
  items: readonly EvidenceItem[],
  limit = 3,
  enough = ENOUGH,
): Selection {
  const units = evidenceUnits(items);
  const found = matchTerms(questionTerms(question), units);
  if (found.total === 0 || units.length === 0 || !identifiersOccur(question, units)) return { units: [], coverage: 0 };
  const coverages = new Map(items.map((item) => [item, itemCoverage(item, units, found)]));
  const bestSentence = Math.max(...units.map((_, unit) => weigh(found.weights, found.matches, unit) / found.total));
  const coverage = (Math.max(...coverages.values()) + bestSentence) / 2;
  if (coverage < enough) return { units: [], coverage };
  return { units: pickUnits(question, items, units, found, coverages, limit), coverage };
}

/** Greedy: the best sentence, then the one that adds most, until nothing is worth adding. */
function pickUnits(
  question: string,
  items: readonly EvidenceItem[],
  units: readonly EvidenceUnit[],
  { weights, matches, total }: Matches,
  coverages: ReadonlyMap<EvidenceItem, number>,
  limit: number,
): EvidenceUnit[] {
  const kind = askedKind(question);
  const order = new Map(items.map((item, index) => [item, index]));
  let remaining = [...weights];
  const chosen: EvidenceUnit[] = [];
  let first = 0;
  while (chosen.length < limit) {
    let best: { unit: EvidenceUnit; index: number; score: number } | undefined;
    for (const [index, unit] of units.entries()) {
      if (chosen.some(({ text }) => text === unit.text)) continue;
      let score = weigh(remaining, matches, index);
      if (score > 0) {
        const again = chosen.some(({ item }) => item === unit.item) ? SAME_ITEM : 1;
        score += total * ITEM_SHARE * (coverages.get(unit.item) ?? 0) * again;
        if (kind?.test(unit.text) === true) score += total * KIND_BONUS;
      }
      score -= total * ORDER_COST * (order.get(unit.item) ?? 0);
      if (best === undefined || score > best.score) best = { unit, index, score };
    }
    if (best === undefined || best.score <= 0 || (chosen.length > 0 && best.score < first * WORTH_ADDING)) break;
    const { unit, index, score } = best;
    if (chosen.length === 0) first = score;
    chosen.push(unit);
    remaining = remaining.map((weight, term) => weight * (1 - (matches[term]?.[index] ?? 0) * (1 - REPEATED)));
  }
  return chosen;
}

function weigh(weights: readonly number[], matches: Matches['matches'], unit: number): number {
  return sum(weights.map((weight, term) => weight * (matches[term]?.[unit] ?? 0)));
}

/**
 * The weight of each term: its inverse document frequency over the sentences given (Robertson and Spärck Jones, as in BM25). Terms with a
 * digit count half more. A term that occurs nowhere weighs as if it stood in one sentence, an everyday word half of that.
 */
function matchTerms(terms: readonly QuestionTerm[], units: readonly EvidenceUnit[]): Matches {
  const matches = terms.map((term) => units.map((unit) => matchOf(term, unit)));
  const weights = terms.map(({ text, han }, index) => {
    const found = (matches[index] ?? []).filter((match) => match >= MATCH.about).length;
    const frequency = Math.max(1, found);
    const idf = Math.log(1 + (units.length - frequency + 0.5) / (frequency + 0.5));
    const rarity = found === 0 && isEverydayTerm(text) ? 0.5 : 1;
    const length = han && text.length === 1 ? SINGLE_CHARACTER : 1;
    return Math.max(idf, 0.2) * rarity * length * (/\d/.test(text) ? 1.5 : 1);
  });
  return { weights, matches, total: sum(weights) };
}

function matchOf({ text, han }: QuestionTerm, unit: EvidenceUnit): number {
  const about = unit.isRow ? ABOUT_ROW : MATCH.about;
  if (han) {
    const own = hanMatch(text, unit.plain);
    if (own === MATCH.own) return own;
    return Math.max(own, hanMatch(text, unit.plainAbout) * about, hanMatch(text, unit.plainNear) * MATCH.near);
  }
  if (unit.terms.has(text)) return MATCH.own;
  if (hasForm(text, unit.terms)) return MATCH.form;
  if (hasSynonym(text, unit.terms)) return MATCH.synonym;
  if (unit.aboutTerms.has(text) || hasForm(text, unit.aboutTerms)) return about;
  return unit.nearTerms.has(text) ? MATCH.near : 0;
}

/** A Chinese word in a text: as it is, as a synonym, by its pairs of characters, by its characters. */
function hanMatch(word: string, text: string): number {
  if (text.includes(word)) return MATCH.own;
  for (const other of synonymsOf(word)) if (text.includes(other)) return MATCH.synonym;
  const characters = Array.from(word);
  if (characters.length < 2) return 0;
  const pairs = characters.slice(1).map((character, index) => `${characters[index]}${character}`);
  const byPairs = pairs.length < 2 ? 0 : pairs.filter((pair) => text.includes(pair)).length / pairs.length;
  const byCharacters = characters.filter((character) => text.includes(character)).length / characters.length;
  return Math.max(byPairs * MATCH.form, byCharacters * CHARACTERS);
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

/** Part of the question's weight that the sentences of one item cover together. */
function itemCoverage(
  item: EvidenceItem,
  units: readonly EvidenceUnit[],
  { weights, matches, total }: Matches,
): number {
  const covered = weights.map((weight, term) => {
    const best = units.reduce(
      (most, unit, index) => (unit.item === item ? Math.max(most, matches[term]?.[index] ?? 0) : most),
      0,
    );
    return weight * best;
  });
  return sum(covered) / total;
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
