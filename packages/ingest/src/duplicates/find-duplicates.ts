import type { Document, Finding } from '@fieldkit/core';
import { type DocumentIdentity, identityOf } from './document-identity.ts';
import { shinglesOf } from './shingles.ts';
import { type SimilarPair, similarPairs } from './similar-documents.ts';
import { findStatements, type Statement } from './supersession.ts';
import { compareMarks } from './version-marks.ts';

/** Documents with one text. */
export interface DuplicateGroup {
  /** Sorted by uri; at least two. */
  readonly documentIds: readonly string[];
  /** `bytes`: the same file. `text`: other bytes, the same words. */
  readonly same: 'bytes' | 'text';
}

/** Two documents that share most of their wording and are no versions of each other. */
export interface NearDuplicate {
  readonly documentIds: readonly [string, string];
  /** Jaccard of 5-term shingles, 0 to 1. */
  readonly similarity: number;
  /** Part of the shorter document that stands in the longer one, 0 to 1. */
  readonly containment: number;
  /** Lines of only one of the two, at most three each: where they disagree. */
  readonly differences: readonly [readonly string[], readonly string[]];
}

/** `newer` takes the place of `older`. */
export interface VersionLink {
  readonly older: string;
  /** Absent when a document only reports that `older` is out of force. */
  readonly newer?: string;
  /** `stated`: a sentence says so. `version`: their version marks order them. `date`: only their dates do. */
  readonly basis: 'stated' | 'version' | 'date';
  /** The sentence, or the two marks or dates that were compared. */
  readonly reason: string;
  /** Where the sentence stands. */
  readonly evidence?: { readonly documentId: string; readonly start: number; readonly end: number };
  /** Jaccard of 5-term shingles, 0 to 1. */
  readonly similarity: number;
}

export interface DuplicateReport {
  readonly duplicates: readonly DuplicateGroup[];
  readonly nearDuplicates: readonly NearDuplicate[];
  readonly versions: readonly VersionLink[];
  /** Documents of one name whose order nothing tells. */
  readonly unordered: readonly (readonly [string, string])[];
  readonly findings: readonly Finding[];
}

export interface FindDuplicatesOptions {
  /** Least similarity of near duplicates, 0 to 1. Default 0.5. */
  readonly minSimilarity?: number;
  /** Least part of the shorter document, 0 to 1; counts when it has at least 50 shingles. Default 0.9. */
  readonly minContainment?: number;
}

/** A name alone makes no version of two documents that share no wording. */
const MIN_VERSION_SIMILARITY = 0.05;

/**
 * Exact duplicates, near duplicates and versions of the same document among the documents of each tenant. Which version is the newer
 * one is told by what the documents state, then by version marks in names, metadata and heads, then by dates.
 */
export function findDuplicates(documents: readonly Document[], options: FindDuplicatesOptions = {}): DuplicateReport {
  const sorted = [...documents].sort((left, right) => (left.uri < right.uri ? -1 : 1));
  const duplicates = exactDuplicates(sorted);
  const copies = new Set(duplicates.flatMap(({ documentIds }) => documentIds.slice(1)));
  // One of each group of equal texts stands for all.
  const originals = sorted.filter(({ id }) => !copies.has(id));
  const identities = originals.map(identityOf);
  const pairs = similarPairs(originals.map(({ text }) => shinglesOf(text))).filter(
    ({ left, right }) => originals[left]?.tenant === originals[right]?.tenant,
  );
  const { versions, unordered } = findVersions(identities, pairs);
  const linked = new Set([
    ...versions.map(({ older, newer }) => pairKey(older, newer ?? '')),
    ...unordered.map(([left, right]) => pairKey(left, right)),
  ]);
  const near = nearDuplicates(originals, pairs, options).filter(
    ({ documentIds: [a, b] }) => !linked.has(pairKey(a, b)),
  );
  const report = { duplicates, nearDuplicates: near, versions, unordered };
  return { ...report, findings: findingsOf(report, sorted) };
}

function exactDuplicates(documents: readonly Document[]): DuplicateGroup[] {
  const groups = new Map<string, Document[]>();
  for (const document of documents) {
    const folded = document.text.normalize('NFKC').replace(/\s+/g, '');
    // Pictures without text are equal only when their bytes are.
    const key = `${document.tenant}\n${folded === '' ? document.contentHash : folded}`;
    groups.set(key, [...(groups.get(key) ?? []), document]);
  }
  return [...groups.values()]
    .filter((group) => group.length > 1)
    .map((group) => ({
      documentIds: group.map(({ id }) => id),
      same: new Set(group.map(({ contentHash }) => contentHash)).size === 1 ? 'bytes' : 'text',
    }));
}

function nearDuplicates(
  documents: readonly Document[],
  pairs: readonly SimilarPair[],
  { minSimilarity = 0.5, minContainment = 0.9 }: FindDuplicatesOptions,
): NearDuplicate[] {
  return pairs.flatMap(({ left, right, similarity, containment }) => {
    const [a, b] = [documents[left], documents[right]];
    if (a === undefined || b === undefined) return [];
    const held = containment >= minContainment && Math.min(a.text.length, b.text.length) >= 200;
    if (similarity < minSimilarity && !held) return [];
    return [{ documentIds: [a.id, b.id] as const, similarity, containment, differences: differencesOf(a, b) }];
  });
}

function differencesOf(left: Document, right: Document): readonly [readonly string[], readonly string[]] {
  const linesOf = ({ text }: Document) =>
    text
      .split(/\n+|(?<=[。！？；])/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  const fold = (line: string) => line.normalize('NFKC').replace(/\s+/g, '');
  const only = (own: readonly string[], other: readonly string[]) => {
    const known = new Set(other.map(fold));
    return own
      .filter((line) => !known.has(fold(line)))
      .slice(0, 3)
      .map((line) => (line.length > 160 ? `${line.slice(0, 159)}…` : line));
  };
  const [a, b] = [linesOf(left), linesOf(right)];
  return [only(a, b), only(b, a)];
}

function findVersions(
  identities: readonly DocumentIdentity[],
  pairs: readonly SimilarPair[],
): { versions: VersionLink[]; unordered: [string, string][] } {
  const similarity = new Map(pairs.map((pair) => [`${pair.left}:${pair.right}`, pair]));
  const similar = (i: number, j: number) => similarity.get(i < j ? `${i}:${j}` : `${j}:${i}`);
  const idOf = (index: number) => identities[index]?.document.id ?? '';
  const stated = findStatements(identities);
  const versions: VersionLink[] = stated.map((statement) => statedLink(statement, idOf, similar));
  const known = new Set(versions.map(({ older, newer }) => pairKey(older, newer ?? '')));
  const unordered: [string, string][] = [];

  const families = new Map<string, number[]>();
  identities.forEach(({ names, document }, index) => {
    for (const { key } of names) {
      const family = `${document.tenant}\n${document.language}\n${key}`;
      families.set(family, [...(families.get(family) ?? []), index]);
    }
  });
  for (const family of families.values()) {
    const chain: { older: number; newer: number; basis: 'version' | 'date'; reason: string }[] = [];
    for (const [position, i] of family.entries()) {
      for (const j of family.slice(position + 1)) {
        const [left, right] = [identities[i], identities[j]];
        if (left === undefined || right === undefined || known.has(pairKey(idOf(i), idOf(j)))) continue;
        const order = orderOf(left, right);
        // A shared letterhead is a name, too: versions share wording, unless name and mark say it outright.
        const close =
          (similar(i, j)?.similarity ?? 0) >= MIN_VERSION_SIMILARITY || (similar(i, j)?.containment ?? 0) >= 0.3;
        const outright = (compareMarks(left.marks, right.marks, ['version', 'revision', 'edition', 'year']) ?? 0) !== 0;
        if (!close && !(outright && nameOfFile(left) === nameOfFile(right))) continue;
        if (order === undefined) {
          if ((similar(i, j)?.similarity ?? 0) >= 0.3) unordered.push([idOf(i), idOf(j)]);
          continue;
        }
        known.add(pairKey(idOf(i), idOf(j)));
        const [older, newer] = order.leftIsOlder ? [i, j] : [j, i];
        chain.push({ older, newer, basis: order.basis, reason: order.reason });
      }
    }
    // Of A < B < C keep A < B and B < C.
    const direct = chain.filter(
      ({ older, newer }) =>
        !chain.some(
          (step) => step.older === older && chain.some((next) => next.older === step.newer && next.newer === newer),
        ),
    );
    versions.push(
      ...direct.map(({ older, newer, basis, reason }) => ({
        older: idOf(older),
        newer: idOf(newer),
        basis,
        reason,
        similarity: similar(older, newer)?.similarity ?? 0,
      })),
    );
  }
  return { versions, unordered };
}

function nameOfFile({ names }: DocumentIdentity): string {
  return names[0]?.key ?? '';
}

function statedLink(
  { by, older, newer, quote, start, end }: Statement,
  idOf: (index: number) => string,
  similar: (i: number, j: number) => SimilarPair | undefined,
): VersionLink {
  return {
    older: idOf(older),
    ...(newer === undefined ? {} : { newer: idOf(newer) }),
    basis: 'stated',
    reason: quote.replace(/\s+/g, ' '),
    ...(start === undefined || end === undefined ? {} : { evidence: { documentId: idOf(by), start, end } }),
    similarity: newer === undefined ? 0 : (similar(older, newer)?.similarity ?? 0),
  };
}

function orderOf(
  left: DocumentIdentity,
  right: DocumentIdentity,
): { leftIsOlder: boolean; basis: 'version' | 'date'; reason: string } | undefined {
  const byMark = compareMarks(left.marks, right.marks);
  const words = ({ marks, draft }: DocumentIdentity) =>
    [...marks.map(({ text }) => text), ...(draft ? ['draft'] : [])].join(', ');
  if (byMark !== undefined && byMark !== 0) {
    const [older, newer] = byMark < 0 ? [left, right] : [right, left];
    return { leftIsOlder: byMark < 0, basis: 'version', reason: `${words(older)} < ${words(newer)}` };
  }
  if (left.draft !== right.draft)
    return { leftIsOlder: left.draft, basis: 'version', reason: 'one calls itself a draft' };
  const [a, b] = [left.date, right.date];
  if (a === undefined || b === undefined || a.startsWith(b) || b.startsWith(a)) return undefined;
  return { leftIsOlder: a < b, basis: 'date', reason: [a, b].sort().join(' < ') };
}

function pairKey(left: string, right: string): string {
  return left < right ? `${left} ${right}` : `${right} ${left}`;
}

function findingsOf(
  { duplicates, nearDuplicates, versions, unordered }: Omit<DuplicateReport, 'findings'>,
  documents: readonly Document[],
): Finding[] {
  const uris = new Map(documents.map(({ id, uri }) => [id, uri]));
  const uri = (id: string) => uris.get(id) ?? id;
  const percent = (part: number) => `${Math.floor(part * 100)} %`;
  return [
    ...duplicates.map(({ documentIds: [kept = '', ...copies], same }) => ({
      severity: 'warning' as const,
      code: 'duplicate-document',
      message: `${copies.map(uri).join(', ')} ${copies.length === 1 ? 'has' : 'have'} the same ${same} as ${uri(kept)}`,
      where: uri(copies[0] ?? kept),
      suggestion: 'Keep one: copies take places in the results and change at different times.',
    })),
    ...versions.map(({ older, newer, basis, reason }) => ({
      severity: 'warning' as const,
      code: 'superseded-document',
      message: `${uri(older)} is ${newer === undefined ? 'out of force' : `superseded by ${uri(newer)}`} (${basis}: ${reason})`,
      where: uri(older),
      suggestion: 'Take it out of the knowledge folder, or give it metadata that says until when it holds.',
    })),
    ...unordered.map(([left, right]) => ({
      severity: 'warning' as const,
      code: 'version-order-unknown',
      message: `${uri(left)} and ${uri(right)} are versions of one document, and nothing says which is newer`,
      where: uri(left),
      suggestion: 'Remove the older one, or write version or date into the documents.',
    })),
    ...nearDuplicates.map(({ documentIds: [left, right], similarity, containment }) => ({
      severity: 'warning' as const,
      code: 'near-duplicate',
      message: `${uri(left)} and ${uri(right)} share ${percent(similarity)} of their wording (${percent(containment)} of the shorter one)`,
      where: uri(left),
      suggestion: 'If both are in force, say in title or metadata whom each is for; otherwise remove one.',
    })),
  ];
}
