import { analyzeText, type EvidenceItem, memoize } from '@fieldkit/core';
import { askedKind } from './asked-kind.ts';
import type { EvidenceUnit, Said } from './evidence-units.ts';
import { quantitiesIn, rangeFit } from './number-ranges.ts';
import { likeness, type Meaning, meaningOf, rarityOf, sumOf } from './word-vectors.ts';
import { contentWords, identifiersOf } from './words.ts';

/** What is measured of a sentence for a question; all but the order from 0 (nothing) to 1. A share is one of the question's weight. */
export interface Features {
  /** Share of the words that stand in the sentence itself. */
  ownExact: number;
  /** Share of the others, by how much a word of the sentence is like them. */
  ownAlike: number;
  /** The same for what the sentence stands under, as far as it adds something. */
  aboutExact: number;
  aboutAlike: number;
  /** What the sentences beside it add. */
  beside: number;
  /** Share that the whole passage covers. */
  item: number;
  /** Likeness of all words together: with the sentence, with the passage, with the passage's best sentence. */
  meaning: number;
  itemMeaning: number;
  itemBestMeaning: number;
  /** The question asks for a kind of thing (a number, a date) and the sentence has one, or has none. */
  kindFound: number;
  kindMissing: number;
  /** The question names the document. */
  named: number;
  /** A number of the question lies in a range of the sentence that counts the same, or in none of its ranges. */
  rangeFits: number;
  rangeMisses: number;
  /** Place of the passage among the passages, in twenties. */
  order: number;
  /** Share of the sentence that has to do with the question. */
  focus: number;
}

export interface MeasuredUnit {
  readonly unit: EvidenceUnit;
  readonly features: Features;
}

export interface Measured {
  readonly units: readonly MeasuredUnit[];
  /** Share of the question's weight of each term. */
  readonly weights: readonly number[];
}

/** Below this likeness two words have nothing to do with each other. */
const UNLIKE = 0.3;
/** Of words that are not the same. */
const MOST_ALIKE = 0.95;
const HAN = /^\p{Script=Han}+$/u;

/** Index terms of the words of a question that carry meaning, each once. */
export function questionTerms(question: string): string[] {
  return [...new Set(contentWords(question).flatMap((word) => analyzeText(word)))];
}

interface Match {
  /** By term of the question: 1 where it stands, less where a word like it does. */
  readonly alike: Float64Array;
  readonly exact: Float64Array;
}

/** `units`: of `evidenceUnits`. */
export function measureEvidence(question: string, units: readonly EvidenceUnit[]): Measured {
  const terms = questionTerms(question);
  const weights = weigh(terms, units);
  const meanings = terms.map(meaningOf);
  const whole = sumOf(meanings.map((meaning, term) => ({ meaning, weight: weights[term] ?? 0 })));
  const compare = comparer(terms, meanings);
  const kind = askedKind(question);
  const asked = quantitiesIn(question);
  const isNamed = namedIn(question);
  const order = new Map([...new Set(units.map(({ item }) => item))].map((item, index) => [item, index]));
  const likeQuestion = (meaning: Meaning | undefined) =>
    whole === undefined || meaning === undefined ? 0 : likeness(whole, meaning);
  const share = (values: Float64Array): number => {
    let sum = 0;
    for (let term = 0; term < weights.length; term += 1) sum += (values[term] ?? 0) * (weights[term] ?? 0);
    return sum;
  };
  const perItem = measureItems(units, terms.length, compare, likeQuestion);
  return {
    weights,
    units: units.map((unit) => {
      const own = compare.match(unit.said);
      const about = compare.match(unit.about);
      const beside = unit.beside.map(compare.match);
      const item = perItem.get(unit.item);
      const fit = asked.length === 0 ? 0 : rangeFit(asked, unit.ranges);
      const features: Features = {
        ownExact: share(own.exact),
        ownAlike: 0,
        aboutExact: 0,
        aboutAlike: 0,
        beside: 0,
        item: item === undefined ? 0 : share(item.alike),
        meaning: likeQuestion(unit.said.meaning),
        itemMeaning: likeQuestion(unit.wholeItem),
        itemBestMeaning: item?.bestMeaning ?? 0,
        kindFound: kind?.test(unit.text) === true ? 1 : 0,
        kindMissing: kind?.test(unit.text) === false ? 1 : 0,
        named: isNamed(unit.name) ? 1 : 0,
        rangeFits: fit === 1 ? 1 : 0,
        rangeMisses: fit === -1 ? 1 : 0,
        order: (order.get(unit.item) ?? 0) / 20,
        focus: compare.focus(unit.said),
      };
      for (let term = 0; term < weights.length; term += 1) {
        if (own.exact[term] === 1) continue;
        const weight = weights[term] ?? 0;
        const o = own.alike[term] ?? 0;
        const a = about.alike[term] ?? 0;
        features.ownAlike += weight * o;
        features.aboutExact += weight * (about.exact[term] ?? 0);
        if (about.exact[term] !== 1) features.aboutAlike += weight * Math.max(0, a - o);
        let b = 0;
        for (const { alike } of beside) b = Math.max(b, alike[term] ?? 0);
        features.beside += weight * Math.max(0, b - Math.max(o, a));
      }
      return { unit, features };
    }),
  };
}

/** Whether a document is called in the question by a code, by all words of its name, or in Chinese by the name itself. */
function namedIn(question: string): (name: EvidenceUnit['name']) => boolean {
  const terms = new Set(analyzeText(question));
  const plain = question.normalize('NFKC').toLowerCase();
  const identifiers = identifiersOf(question);
  return (name) =>
    name.identifiers.some((one) => identifiers.includes(one)) ||
    (name.terms.length > 1 && name.terms.every((term) => terms.has(term))) ||
    name.runs.some((run) => plain.includes(run));
}

/** Words compared with one word are kept. */
const likenessesOf = memoize(500, () => new Map<string, number>());

/** 0 for words that have nothing to do with each other. */
function alikeness(a: Meaning | undefined, b: Meaning | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return Math.min(MOST_ALIKE, Math.max(0, (likeness(a, b) - UNLIKE) / (1 - UNLIKE)));
}

/** Compares words with the words of the question, each different word once. */
function comparer(terms: readonly string[], meanings: readonly (Meaning | undefined)[]) {
  const known = terms.map(likenessesOf);
  const columns = new Map<string, { readonly values: Float64Array; readonly most: number }>();
  const column = (word: string) => {
    let made = columns.get(word);
    if (made !== undefined) return made;
    const values = new Float64Array(terms.length);
    let most = 0;
    for (let term = 0; term < values.length; term += 1) {
      const likenesses = known[term];
      let value = likenesses?.get(word);
      if (value === undefined) {
        value = terms[term] === word ? 1 : alikeness(meanings[term], meaningOf(word));
        likenesses?.set(word, value);
      }
      values[term] = value;
      if (value > most) most = value;
    }
    made = { values, most };
    columns.set(word, made);
    return made;
  };
  const matched = new Map<Said, Match>();
  const match = (said: Said): Match => {
    const known = matched.get(said);
    if (known !== undefined) return known;
    const alike = new Float64Array(terms.length);
    const exact = new Float64Array(terms.length);
    for (const word of said.terms) {
      const { values, most } = column(word);
      if (most === 0) continue;
      for (let term = 0; term < values.length; term += 1) {
        const value = values[term] ?? 0;
        if (value > (alike[term] ?? 0)) alike[term] = value;
        if (value === 1) exact[term] = 1;
      }
    }
    for (const [term, text] of terms.entries()) {
      if (exact[term] === 1 || !HAN.test(text) || !said.plain.includes(text)) continue;
      alike[term] = text.length > 1 ? 1 : Math.max(0.5, alike[term] ?? 0);
      exact[term] = text.length > 1 ? 1 : 0.5;
    }
    const made = { alike, exact };
    matched.set(said, made);
    return made;
  };
  const focus = ({ terms: words, rarities, rarity }: Said): number => {
    let covered = 0;
    let index = 0;
    for (const word of words) {
      covered += (rarities[index] ?? 0) * column(word).most;
      index += 1;
    }
    return rarity === 0 ? 0 : covered / rarity;
  };
  return { match, focus };
}

function measureItems(
  units: readonly EvidenceUnit[],
  terms: number,
  { match }: ReturnType<typeof comparer>,
  meaningWith: (meaning: Meaning | undefined) => number,
) {
  const perItem = new Map<EvidenceItem, { readonly alike: Float64Array; bestMeaning: number }>();
  for (const { item, said, about } of units) {
    const whole = perItem.get(item) ?? { alike: new Float64Array(terms), bestMeaning: 0 };
    for (const { alike } of [match(said), match(about)]) {
      for (let term = 0; term < terms; term += 1)
        whole.alike[term] = Math.max(whole.alike[term] ?? 0, alike[term] ?? 0);
    }
    whole.bestMeaning = Math.max(whole.bestMeaning, meaningWith(said.meaning));
    perItem.set(item, whole);
  }
  return perItem;
}

/** A rare word says more: in general, and among these sentences; one with a digit half more. Shares of the whole. */
function weigh(terms: readonly string[], units: readonly EvidenceUnit[]): number[] {
  const weights = terms.map((term) => {
    const found = units.filter(({ said, about }) => said.terms.has(term) || about.terms.has(term)).length;
    const local = Math.log(1 + (units.length - found + 0.5) / (found + 0.5)) / Math.log(2 + units.length * 2);
    return (0.15 + rarityOf(term)) * (0.3 + local) * (/\d/.test(term) ? 1.5 : 1);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0) || 1;
  return weights.map((weight) => weight / total);
}
