import { readFileSync } from 'node:fs';
import { memoize } from '@fieldkit/core';

/**
 * Which words mean something alike: vectors of about 12,000 English word stems and 22,000 Chinese words in one space, so that "fault", "broken" and 故障 lie
 * close together. Made by `bench/answers/words`; where they come from and their licence stand in `data/README.md`. Read when first needed.
 */
interface Words {
  readonly dimensions: number;
  readonly english: number;
  /** Index terms: English stems, most frequent first, then Chinese words, most frequent first. */
  readonly terms: readonly string[];
  /** The most frequent English word of each stem. */
  readonly spelled: readonly string[];
  readonly places: ReadonlyMap<string, number>;
  /** One row of `dimensions` for each term. */
  readonly values: Int8Array;
  /** Places of the words most like each, `perWord` for each; `NONE` fills up. */
  readonly neighbours: Uint16Array;
  readonly perWord: number;
  /** One over the length of each row. */
  readonly scales: Float32Array;
}

const NONE = 0xffff;
let loaded: Words | undefined;

function words(): Words {
  loaded ??= readWords(new URL('../data/word-vectors.bin', import.meta.url));
  return loaded;
}

/** Four lines (facts as JSON, English words, their stems where these differ, Chinese words), then the neighbours of each word, then the rows. */
function readWords(url: URL): Words {
  const bytes = readFileSync(url);
  const lines: string[] = [];
  let at = 0;
  while (lines.length < 4) {
    const end = bytes.indexOf(10, at);
    lines.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  // the file is made with the program
  const facts: { dimensions: number; english: number; neighbours: number[] } = JSON.parse(lines[0] ?? '{}');
  const { dimensions, english } = facts;
  const perWord = facts.neighbours.reduce((sum, count) => sum + count, 0);
  const spelled = (lines[1] ?? '').split(' ');
  const stems = (lines[2] ?? '').split(' ').map((stem, index) => (stem === '' ? (spelled[index] ?? '') : stem));
  const terms = [...stems, ...(lines[3] ?? '').split(' ')];
  const neighbours = new Uint16Array(terms.length * perWord);
  for (let index = 0; index < neighbours.length; index += 1) neighbours[index] = bytes.readUInt16LE(at + index * 2);
  const values = new Int8Array(bytes.buffer, bytes.byteOffset + at + neighbours.length * 2, terms.length * dimensions);
  const scales = new Float32Array(terms.length);
  for (let term = 0; term < terms.length; term += 1) {
    let square = 0;
    for (let place = term * dimensions; place < (term + 1) * dimensions; place += 1)
      square += (values[place] ?? 0) ** 2;
    scales[term] = 1 / Math.sqrt(square || 1);
  }
  return {
    dimensions,
    english,
    terms,
    spelled,
    places: new Map(terms.map((term, place) => [term, place])),
    neighbours,
    perWord,
    values,
    scales,
  };
}

/** A direction of length one; nothing for a word that is not known. */
export type Meaning = Float32Array;

const HAN = /^\p{Script=Han}+$/u;
/** Words looked up are kept; a store of this size is emptied and filled again. */
const MOST_KEPT = 50_000;
const meanings = new Map<string, Meaning | undefined>();

/** What an index term means. A Chinese word that is not known means what its known parts mean together. */
export function meaningOf(term: string): Meaning | undefined {
  if (meanings.has(term)) return meanings.get(term);
  if (meanings.size >= MOST_KEPT) meanings.clear();
  const meaning = lookUp(term);
  meanings.set(term, meaning);
  return meaning;
}

function lookUp(term: string): Meaning | undefined {
  const place = words().places.get(term);
  if (place !== undefined) return rowOf(place);
  if (!HAN.test(term) || term.length < 2) return undefined;
  return sumOf(partsOf(term).map((part) => ({ meaning: meaningOf(part), weight: part.length })));
}

function rowOf(place: number): Meaning {
  const { dimensions, values, scales } = words();
  const row = new Float32Array(dimensions);
  const scale = scales[place] ?? 0;
  for (let index = 0; index < dimensions; index += 1) row[index] = (values[place * dimensions + index] ?? 0) * scale;
  return row;
}

/** The longest known beginning, and so on. */
function partsOf(term: string): string[] {
  const { places } = words();
  const parts: string[] = [];
  let rest = term;
  while (rest !== '') {
    let length = Math.min(4, rest.length - (rest === term ? 1 : 0));
    while (length > 1 && !places.has(rest.slice(0, length))) length -= 1;
    parts.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return parts;
}

/** The direction of several meanings together; nothing when none is known. */
export function sumOf(
  parts: Iterable<{ readonly meaning: Meaning | undefined; readonly weight: number }>,
): Meaning | undefined {
  let sum: Meaning | undefined;
  for (const { meaning, weight } of parts) {
    if (meaning === undefined) continue;
    sum ??= new Float32Array(meaning.length);
    for (let index = 0; index < sum.length; index += 1) sum[index] = (sum[index] ?? 0) + weight * (meaning[index] ?? 0);
  }
  if (sum === undefined) return undefined;
  let square = 0;
  for (const value of sum) square += value * value;
  if (square === 0) return undefined;
  const scale = 1 / Math.sqrt(square);
  return sum.map((value) => value * scale);
}

/** Cosine, -1 to 1. */
export function likeness(a: Meaning, b: Meaning): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] as number) * (b[index] as number);
  return sum;
}

/** How seldom a word is in general, 0 (the most frequent words) to 1 (unknown). */
export function rarityOf(term: string): number {
  const { places, english } = words();
  const place = places.get(term);
  if (place === undefined) return 1;
  const rank = place < english ? place : place - english;
  return Math.min(1, Math.log(1 + rank / 50) / Math.log(1 + 10_000 / 50));
}

export interface Neighbour {
  /** As people write it. */
  readonly word: string;
  /** Its index term. */
  readonly term: string;
  /** Cosine. */
  readonly alike: number;
}

/** Other words of the same language that mean something alike, the most alike first. */
export const neighboursOf = memoize(2_000, (term): readonly Neighbour[] => nearTo(term, true));

/** Words of the other language that mean something alike, the most alike first. */
export const translationsOf = memoize(500, (term): readonly Neighbour[] => nearTo(term, false));

function nearTo(term: string, sameLanguage: boolean): readonly Neighbour[] {
  const { places, terms, spelled, english, neighbours, perWord } = words();
  const place = places.get(term);
  if (place === undefined)
    return HAN.test(term) && term.length > 1
      ? partsOf(term)
          .filter((part) => part.length > 1)
          .flatMap((part) => nearTo(part, sameLanguage))
      : [];
  const own = rowOf(place);
  return Array.from(neighbours.subarray(place * perWord, (place + 1) * perWord))
    .filter((other) => other !== NONE && (other < english === place < english) === sameLanguage)
    .map((other) => ({
      word: (other < english ? spelled[other] : terms[other]) ?? '',
      term: terms[other] ?? '',
      alike: likeness(own, rowOf(other)),
    }));
}
