import { createHash } from 'node:crypto';
import { analyzeText, counted, detectLanguage, type Finding, nearestName, sha256 } from '@fieldkit/core';
import { canonicalJson } from '../ledger/identity.ts';
import { smallestDetectableEffect } from '../statistics/detectable-effect.ts';
import { type Case, caseKinds } from './case.ts';

export interface CasesInspection {
  readonly items: number;
  /** SHA-256 over the cases in order, labels included. */
  readonly hash: string;
  readonly byKind: Readonly<Record<string, number>>;
  readonly bySplit: Readonly<Record<string, number>>;
  readonly byLanguage: Readonly<Record<string, number>>;
  readonly withReferences: number;
  readonly withGold: number;
  readonly withTools: number;
  /** Smallest difference of two targets that this set can show, at 20 % discordance. */
  readonly detectable: number | null;
  readonly findings: readonly Finding[];
}

/** Signatures of MinHash per question; pairs are candidates when a band of four is equal. */
const HASHES = 16;
const BAND = 4;
/** Questions made from one template fall into one bucket; comparing each with the first fifty shows it. */
const LARGEST_BUCKET = 50;

/**
 * Size, hash, slices and leakage of a set. A question that stands, word for word or nearly, in two splits leaks; within a split it is a
 * repetition. Near means that at least 80 % of the words are shared (Jaccard), found by MinHash with bands (Broder 1997): memory per question
 * is its signature and its words.
 */
export async function inspectCases(cases: Iterable<Case> | AsyncIterable<Case>): Promise<CasesInspection> {
  const hash = createHash('sha256');
  const counts = {
    byKind: {} as Record<string, number>,
    bySplit: {} as Record<string, number>,
    byLanguage: {} as Record<string, number>,
  };
  const facts = { withReferences: 0, withGold: 0, withTools: 0 };
  const findings: Finding[] = [];
  const bands = new Map<string, { id: string; split: string; words: ReadonlySet<string> }[]>();
  const leaked = new Map<string, string[]>();
  const repeated: string[] = [];
  let items = 0;
  for await (const item of cases) {
    items += 1;
    hash.update(canonicalJson(item));
    count(counts.byKind, item.kind);
    count(counts.bySplit, item.split);
    count(counts.byLanguage, item.language ?? detectLanguage(item.question));
    if (item.references.length > 0) facts.withReferences += 1;
    if (item.gold.length > 0) facts.withGold += 1;
    if (item.tools.length > 0) facts.withTools += 1;
    if (
      item.expect === 'answered' &&
      item.references.length === 0 &&
      item.gold.length === 0 &&
      item.tools.length === 0
    ) {
      findings.push({
        severity: 'warning',
        code: 'no-label',
        message: `${item.id}: nothing says what is right`,
        where: item.id,
        suggestion: 'give a reference answer or a gold place',
      });
    }
    const words = new Set(analyzeText([...item.history, item.question].join(' ')));
    for (const other of nearest(bands, words, item)) {
      if (other.split === item.split) repeated.push(`${other.id} and ${item.id}`);
      else {
        const splits = [other.split, item.split].sort().join(' and ');
        leaked.set(splits, [...(leaked.get(splits) ?? []), `${other.id} and ${item.id}`]);
      }
    }
  }
  for (const [splits, pairs] of leaked) {
    findings.push({
      severity: 'error',
      code: 'split-leak',
      message: `${counted(pairs.length, 'question')} both in ${splits}: ${pairs.slice(0, 3).join('; ')}`,
      suggestion: 'keep each question, and its rewordings, in one split',
    });
  }
  if (repeated.length > 0) {
    findings.push({
      severity: 'warning',
      code: 'repeated-question',
      message: `${repeated.length} pairs of questions are nearly equal: ${repeated.slice(0, 3).join('; ')}`,
      suggestion: 'remove the repetitions: they count twice',
    });
  }
  for (const kind of Object.keys(counts.byKind)) {
    const near = caseKinds.some((known) => known === kind) ? undefined : nearestName(kind, caseKinds);
    if (near !== undefined)
      findings.push({
        severity: 'warning',
        code: 'unknown-kind',
        message: `kind "${kind}" is not "${near}"`,
        suggestion: `write "${near}" if it is meant`,
      });
  }
  return {
    items,
    hash: hash.digest('hex'),
    ...counts,
    ...facts,
    detectable: items === 0 ? null : smallestDetectableEffect(items),
    findings,
  };
}

function count(into: Record<string, number>, key: string): void {
  into[key] = (into[key] ?? 0) + 1;
}

function nearest(
  bands: Map<string, { id: string; split: string; words: ReadonlySet<string> }[]>,
  words: ReadonlySet<string>,
  { id, split }: Case,
) {
  const entry = { id, split, words };
  const found = new Set<typeof entry>();
  if (words.size === 0) return found;
  const signature = minHash(words);
  for (let band = 0; band < HASHES / BAND; band += 1) {
    const key = `${band}:${signature.slice(band * BAND, (band + 1) * BAND).join()}`;
    const bucket = bands.get(key) ?? [];
    for (const other of bucket) {
      const shared = words.intersection(other.words).size;
      if (shared / (words.size + other.words.size - shared) >= 0.8) found.add(other);
    }
    if (bucket.length < LARGEST_BUCKET) bucket.push(entry);
    bands.set(key, bucket);
  }
  return found;
}

function minHash(words: ReadonlySet<string>): number[] {
  const least = new Array<number>(HASHES).fill(0xffffffff);
  for (const word of words) {
    const base = Number.parseInt(sha256(word).slice(0, 8), 16);
    for (let index = 0; index < HASHES; index += 1) {
      // Odd multipliers permute the 32-bit integers.
      const value = Math.imul(base ^ (index * 0x9e3779b1), 0x85ebca6b + 2 * index) >>> 0;
      if (value < (least[index] ?? 0)) least[index] = value;
    }
  }
  return least;
}
