import { FieldkitError } from '@fieldkit/core';

export interface FusionOptions {
  /** `minmax`: weighted mean of scores scaled to 0..1 in each list. `rrf`: reciprocal ranks. */
  readonly method: 'minmax' | 'rrf';
  /** Share of the dense list, 0 to 1; the lexical list has the rest. Default 0.5. */
  readonly denseWeight?: number;
  /** `rrf` only: damping of the first ranks, from 1. Default 60 (Cormack, Clarke and Büttcher, SIGIR 2009). */
  readonly k?: number;
}

export interface ScoredId {
  readonly id: string;
  readonly score: number;
}

export interface FusedId {
  readonly id: string;
  readonly score: number;
  readonly ranks: { readonly dense?: number; readonly lexical?: number };
  readonly scores: { readonly dense?: number; readonly lexical?: number };
}

/**
 * Merges two rankings, each best first, into one; ties are broken by id, so runs are repeatable. An item that is missing from a list
 * counts as that list's worst (`minmax`) or not at all (`rrf`). With one empty list the other keeps its order and, scaled, its scores.
 */
export function fuseRankings(
  dense: readonly ScoredId[],
  lexical: readonly ScoredId[],
  options: FusionOptions = { method: 'minmax' },
): FusedId[] {
  const { method, denseWeight = 0.5, k = 60 } = options;
  if (!(denseWeight >= 0 && denseWeight <= 1 && k >= 1)) {
    throw new FieldkitError('INVALID_OPTION', `need 0 <= denseWeight <= 1 and k >= 1, not ${denseWeight} and ${k}`);
  }
  const parts = method === 'minmax' ? minMaxParts : (list: readonly ScoredId[]) => reciprocalParts(list, k);
  const denseParts = parts(dense);
  const lexicalParts = parts(lexical);
  const denseAt = positions(dense);
  const lexicalAt = positions(lexical);
  const ids = new Set([...denseAt.keys(), ...lexicalAt.keys()]);
  const fused = Array.from(ids, (id): FusedId => {
    const d = denseAt.get(id);
    const l = lexicalAt.get(id);
    const score =
      denseWeight * (d === undefined ? 0 : (denseParts[d] ?? 0)) +
      (1 - denseWeight) * (l === undefined ? 0 : (lexicalParts[l] ?? 0));
    return {
      id,
      score,
      ranks: { ...(d === undefined ? {} : { dense: d + 1 }), ...(l === undefined ? {} : { lexical: l + 1 }) },
      scores: {
        ...(d === undefined ? {} : { dense: dense[d]?.score ?? 0 }),
        ...(l === undefined ? {} : { lexical: lexical[l]?.score ?? 0 }),
      },
    };
  });
  return fused.sort(byScore);
}

/** Highest score first, equal scores by id. */
export function byScore(a: ScoredId, b: ScoredId): number {
  return b.score - a.score || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function positions(list: readonly ScoredId[]): Map<string, number> {
  return new Map(list.map(({ id }, index) => [id, index]));
}

function minMaxParts(list: readonly ScoredId[]): number[] {
  const scores = list.map(({ score }) => score);
  const low = Math.min(...scores);
  const span = Math.max(...scores) - low;
  return scores.map((score) => (span === 0 ? 1 : (score - low) / span));
}

function reciprocalParts(list: readonly ScoredId[], k: number): number[] {
  return list.map((_, index) => 1 / (k + index + 1));
}
