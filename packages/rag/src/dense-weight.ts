import { type AnalyzeTextOptions, analyzeText, type Embedder, sentenceSpans } from '@fieldkit/core';
import { z } from 'zod';
import type { FusionOptions } from './fuse-rankings.ts';
import type { Index, IndexRow } from './index-contract.ts';

/** How well each list finds the chunk that a sentence was taken from, and what that makes of the dense list's share. */
const measuredSchema = z.object({
  probes: z.number(),
  /** Mean reciprocal rank within ten, 0 to 1. */
  dense: z.number(),
  lexical: z.number(),
  /** `dense / (dense + lexical)`: each list weighs as much as it can be relied on. */
  denseWeight: z.number(),
});
export type DenseWeight = Readonly<z.infer<typeof measuredSchema>>;

/** Share of the dense list while nothing was measured: too small to do harm where the model does not speak the language. */
const UNMEASURED_WEIGHT = 0.3;
export const DENSE_WEIGHT_NOTE = 'dense-weight';
const PROBES = 48;
const FEWEST_PROBES = 8;
const SHORTEST_PROBE = 12;
const EMBEDDED_AT_A_TIME = 16;

export interface ProbeSample {
  /** Offers written rows; those with the lowest content hashes are kept, so that the choice does not depend on their order. */
  offer(rows: readonly IndexRow[]): void;
  rows(): readonly IndexRow[];
}

export function createProbeSample(): ProbeSample {
  let kept: IndexRow[] = [];
  return {
    offer(rows) {
      const last = kept.length < PROBES ? '~' : (kept.at(-1)?.content ?? '~');
      const candidates = rows.filter((row) => row.content < last && probeOf(row) !== undefined);
      if (candidates.length === 0) return;
      const unique = new Map([...kept, ...candidates].map((row) => [row.content, row]));
      kept = [...unique.values()].sort((a, b) => (a.content < b.content ? -1 : 1)).slice(0, PROBES);
    },
    rows: () => kept,
  };
}

/** A sentence of the chunk, at most half of it: a whole chunk would find itself with any model. */
function probeOf({ chunk: { text }, content }: IndexRow): string | undefined {
  const sentences = sentenceSpans(text)
    .map(({ start, end }) => text.slice(start, end))
    .filter(({ length }) => length >= SHORTEST_PROBE && length <= text.length / 2);
  return sentences[Number.parseInt(content.slice(0, 6), 16) % Math.max(1, sentences.length)];
}

/**
 * Asks the index for each sampled chunk by one of its sentences, by meaning and by words, and notes the result in the index. A model
 * that does not speak the corpus's language finds few of them and gets a small share. Undefined when there are too few sentences.
 */
export async function measureDenseWeight(options: {
  readonly index: Index;
  readonly embedder: Embedder;
  readonly analyzer?: AnalyzeTextOptions;
  readonly sample: readonly IndexRow[];
  readonly signal?: AbortSignal;
}): Promise<DenseWeight | undefined> {
  const { index, embedder, analyzer, sample, signal } = options;
  const probes = sample.flatMap((row) => {
    const text = probeOf(row);
    return text === undefined ? [] : [{ row, text }];
  });
  if (probes.length < FEWEST_PROBES) return undefined;
  const sums = { dense: 0, lexical: 0 };
  for (let at = 0; at < probes.length; at += EMBEDDED_AT_A_TIME) {
    const part = probes.slice(at, at + EMBEDDED_AT_A_TIME);
    const texts = part.map(({ text }) => text);
    const vectors = await embedder.embed(texts, { use: 'query', ...(signal === undefined ? {} : { signal }) });
    for (const [i, { row, text }] of part.entries()) {
      signal?.throwIfAborted();
      const vector = vectors[i];
      if (vector === undefined) continue;
      const { tenant, groups } = row.chunk;
      const common = { filter: { access: { tenant, groups } }, limit: 10 };
      const byMeaning = await index.query({ ...common, dense: { vector } });
      const byWords = await index.query({ ...common, lexical: { terms: analyzeText(text, analyzer) } });
      const rankIn = (hits: typeof byWords) => hits.findIndex(({ chunk }) => chunk.text === row.chunk.text) + 1;
      sums.dense += reciprocal(rankIn(byMeaning));
      sums.lexical += reciprocal(rankIn(byWords));
    }
  }
  const [dense, lexical] = [sums.dense / probes.length, sums.lexical / probes.length];
  const denseWeight = dense + lexical === 0 ? UNMEASURED_WEIGHT : dense / (dense + lexical);
  const measured = { probes: probes.length, dense, lexical, denseWeight };
  await index.setNote(DENSE_WEIGHT_NOTE, JSON.stringify(measured));
  return measured;
}

function reciprocal(rank: number): number {
  return rank === 0 ? 0 : 1 / rank;
}

/** What was measured for this index, if anything. */
export async function readDenseWeight(index: Pick<Index, 'note'>): Promise<DenseWeight | undefined> {
  const note = await index.note(DENSE_WEIGHT_NOTE);
  return note === undefined ? undefined : measuredSchema.parse(JSON.parse(note));
}

/** Scores fused with the measured share of the dense list. */
export async function defaultFusion(index: Pick<Index, 'note'>): Promise<FusionOptions> {
  const measured = await readDenseWeight(index);
  return { method: 'minmax', denseWeight: measured?.denseWeight ?? UNMEASURED_WEIGHT };
}
