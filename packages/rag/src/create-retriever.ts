import {
  type AnalyzeTextOptions,
  analyzerStamp,
  analyzeText,
  type Embedder,
  FieldkitError,
  type Passage,
  type Reranker,
  type RetrievalStep,
  type Retriever,
} from '@fieldkit/core';
import { defaultFusion } from './dense-weight.ts';
import { hasParent, type TextOf, toParents } from './expand-parents.ts';
import type { FusionOptions } from './fuse-rankings.ts';
import type { Index, IndexHit, IndexStamp } from './index-contract.ts';
import { embeddingText } from './index-row.ts';
import { removeNearDuplicates } from './near-duplicates.ts';
import { preferNewest, type VersionOptions } from './prefer-newest.ts';
import { createStepLog } from './retrieval-steps.ts';

export interface RetrievalSettings {
  /** Passages returned at most. Default 8. */
  readonly limit?: number;
  /** Lists to use. Default `hybrid` with a semantic embedder and an index that has vectors, else `lexical`. */
  readonly mode?: 'lexical' | 'dense' | 'hybrid';
  /** Candidates that are looked at before the list is cut. Default the larger of 50 and four times `limit`. */
  readonly depth?: number;
  /** Default `minmax`, the dense list's share as measured when the index was built (`measureDenseWeight`), 0.3 when it was not. */
  readonly fusion?: FusionOptions;
  /** Candidates handed to the reranker. Default 30. */
  readonly rerankDepth?: number;
  /** Passages of one document at most. Default no cap. */
  readonly perDocument?: number;
  /**
   * Below these a passage is nothing relevant and is left out: `lexical` BM25, `dense` cosine -1 to 1, `rerank` 0 to 1. With two
   * lists it is enough to reach one of the floors that are set. Default none.
   */
  readonly floor?: { readonly lexical?: number; readonly dense?: number; readonly rerank?: number };
  /** Estimated tokens of all passages together. Default no bound. */
  readonly tokens?: number;
  /** Chunks before and after each passage that are added behind the passages. Default 0. */
  readonly neighbours?: number;
  /** Share of common five-word runs from which two passages are the same, 0 to 1; 1 turns it off. Default 0.8. */
  readonly sameFrom?: number;
  /** How versions of one document are told apart; false keeps all. */
  readonly versions?: VersionOptions | false;
}

export interface RetrieverParts {
  readonly index: Index;
  /** Must be the one the index was built with. One that is not `semantic` is not used. */
  readonly embedder?: Embedder;
  readonly reranker?: Reranker;
  readonly analyzer?: AnalyzeTextOptions;
  /**
   * Text of a stored document between two offsets. With it a small chunk that names its parent (`metadata.parent`, `"start-end"`) is found
   * by its own words and returned as the whole parent.
   */
  readonly textOf?: TextOf;
  readonly defaults?: RetrievalSettings;
}

/**
 * Finds passages by words, and by meaning when a semantic embedder is given.
 *
 * @throws {FieldkitError} `INDEX_NOT_FOUND`, `INDEX_MISMATCH`, `INVALID_OPTION`, and what the index, embedder and reranker throw.
 */
export function createRetriever(parts: RetrieverParts): Retriever {
  const { index, reranker, analyzer, textOf, defaults = {} } = parts;
  const embedder = parts.embedder?.semantic === true ? parts.embedder : undefined;
  const words = analyzerStamp(analyzer);

  return async (query, caller, options = {}) => {
    const { filter, signal, onStep } = options;
    const {
      limit: usual = 8,
      rerankDepth = 30,
      perDocument,
      floor = {},
      tokens,
      neighbours = 0,
      sameFrom = 0.8,
    } = defaults;
    const { limit = usual } = options;
    requirePositive({ limit, rerankDepth, perDocument, tokens });
    const { depth = Math.max(50, limit * 4), versions = {} } = defaults;
    const steps = createStepLog(onStep);
    const stamp = await index.stamp();
    const mode = chooseMode(defaults.mode, stamp, embedder, words);

    const fusion = mode === 'hybrid' ? (defaults.fusion ?? (await defaultFusion(index))) : undefined;
    const indexFilter = { access: caller, ...(filter === undefined ? {} : { metadata: filter }) };
    const vector = mode === 'lexical' ? undefined : await embedQuery(embedder, query, signal);
    if (vector !== undefined) steps.done('embed', [], [], { model: embedder?.model, dimensions: embedder?.dimensions });
    const terms = mode === 'dense' ? undefined : analyzeText(query, analyzer);
    const floored = floor.lexical !== undefined || floor.dense !== undefined;
    const hits = await index.query({
      ...(vector === undefined ? {} : { dense: { vector } }),
      ...(terms === undefined ? {} : { lexical: { terms } }),
      filter: indexFilter,
      limit: mode === 'hybrid' ? depth * 2 : depth, // both lists whole
      depth,
      ...(fusion === undefined ? {} : { fusion }),
      lists: floored || onStep !== undefined,
      ...(signal === undefined ? {} : { signal }),
    });
    let passages = hits.slice(0, depth).map(toPassage);
    steps.searched(hits, passages, { mode, depth, terms, fusion });

    const step = (name: RetrievalStep['name'], next: Passage[], details: RetrievalStep['details'] = {}) => {
      steps.done(name, passages, next, details);
      passages = next;
    };
    if (floored) {
      const kept = new Set(hits.filter((hit) => reaches(hit, floor)).map(({ chunk }) => chunk.id));
      const reached = passages.filter(({ id }) => kept.has(id));
      step('floor', reached, floor);
    }
    if (versions !== false) step('versions', preferNewest(passages, versions));
    if (sameFrom < 1) step('duplicates', removeNearDuplicates(passages, sameFrom), { sameFrom });
    if (reranker !== undefined && passages.length > 0) {
      const reranked = await rerank(reranker, query, passages.slice(0, rerankDepth), signal);
      const kept = floor.rerank === undefined ? reranked : reranked.filter(({ score }) => score >= (floor.rerank ?? 0));
      const details = { model: reranker.model, depth: rerankDepth };
      step('rerank', kept, floor.rerank === undefined ? details : { ...details, floor: floor.rerank });
    }
    if (textOf !== undefined && passages.some(hasParent)) step('parents', await toParents(passages, textOf));
    if (perDocument !== undefined) step('cap', capPerDocument(passages, perDocument), { perDocument });
    if (passages.length > limit) step('limit', passages.slice(0, limit), { limit });
    if (neighbours > 0) {
      const found = await Promise.all(
        passages.map(({ documentId, index: at }) =>
          index.neighbours(documentId, at - neighbours, at + neighbours, indexFilter),
        ),
      );
      step('neighbours', addNeighbours(passages, found), { neighbours });
    }
    if (tokens !== undefined) step('tokens', withinTokens(passages, tokens), { tokens });
    return passages;
  };
}

function chooseMode(
  wanted: RetrievalSettings['mode'],
  stamp: IndexStamp | undefined,
  embedder: Embedder | undefined,
  words: string,
): 'lexical' | 'dense' | 'hybrid' {
  if (stamp === undefined) {
    throw new FieldkitError('INDEX_NOT_FOUND', 'there is no index yet: run `fieldkit ingest`');
  }
  const { embedding } = stamp;
  const mode = wanted ?? (embedder !== undefined && embedding !== undefined ? 'hybrid' : 'lexical');
  if (mode !== 'dense' && stamp.analyzer !== words) {
    throw new FieldkitError(
      'INDEX_MISMATCH',
      'the index was built with another text analysis (options, or the ICU version of Node): run `fieldkit index rebuild`',
    );
  }
  if (mode === 'lexical') return mode;
  if (embedder === undefined) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `retrieval mode "${mode}" needs a semantic embedding model: configure endpoint.models.embedding or use "lexical"`,
    );
  }
  if (embedding?.model !== embedder.model || embedding.dimensions !== embedder.dimensions) {
    throw new FieldkitError(
      'INDEX_MISMATCH',
      `the index holds ${embedding === undefined ? 'no embeddings' : `embeddings of ${embedding.model} (${embedding.dimensions})`}, ` +
        `the question would be embedded with ${embedder.model} (${embedder.dimensions}): run \`fieldkit index rebuild\` or \`fieldkit ingest --rebuild\``,
    );
  }
  return mode;
}

async function embedQuery(embedder: Embedder | undefined, query: string, signal: AbortSignal | undefined) {
  const [vector] =
    (await embedder?.embed([query], { use: 'query', ...(signal === undefined ? {} : { signal }) })) ?? [];
  if (vector === undefined || vector.length !== embedder?.dimensions) {
    throw new FieldkitError(
      'EMBEDDING_INVALID',
      `${embedder?.model ?? 'the embedder'} gave no valid vector for the query`,
    );
  }
  return vector;
}

function toPassage({ chunk, score, ranks }: IndexHit): Passage {
  return { ...chunk, score, ranks };
}

function reaches({ scores }: IndexHit, floor: NonNullable<RetrievalSettings['floor']>): boolean {
  return (['dense', 'lexical'] as const).some((list) => {
    const [score, low] = [scores[list], floor[list]];
    return score !== undefined && low !== undefined && score >= low;
  });
}

async function rerank(reranker: Reranker, query: string, passages: Passage[], signal: AbortSignal | undefined) {
  const order = await reranker.rerank(query, passages.map(embeddingText), signal === undefined ? {} : { signal });
  return order.flatMap(({ index, score }, rank): Passage[] => {
    const passage = passages[index];
    return passage === undefined ? [] : [{ ...passage, score, ranks: { ...passage.ranks, rerank: rank + 1 } }];
  });
}

function capPerDocument(passages: readonly Passage[], most: number): Passage[] {
  const counts = new Map<string, number>();
  return passages.filter(({ documentId }) => {
    const count = (counts.get(documentId) ?? 0) + 1;
    counts.set(documentId, count);
    return count <= most;
  });
}

/** Neighbours come behind all passages, in the order of the passages they belong to, with the lowest score. */
function addNeighbours(passages: readonly Passage[], found: readonly (readonly Omit<Passage, 'score' | 'ranks'>[])[]) {
  const seen = new Set(passages.map(({ id }) => id));
  const score = Math.min(...passages.map((passage) => passage.score));
  const added = found.flat().filter(({ id }) => !seen.has(id) && seen.add(id));
  return [...passages, ...added.map((chunk): Passage => ({ ...chunk, score, ranks: {} }))];
}

/** The best passages that fit together; one that does not fit is passed over, later shorter ones may. */
function withinTokens(passages: readonly Passage[], most: number): Passage[] {
  let left = most;
  return passages.filter((passage) => {
    if (passage.tokens > left) return false;
    left -= passage.tokens;
    return true;
  });
}

function requirePositive(values: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new FieldkitError('INVALID_OPTION', `${name} must be a whole number from 1, not ${value}`);
    }
  }
}
