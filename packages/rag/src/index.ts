export {
  createRetriever,
  type RagRetrieveOptions,
  type RagRetriever,
  type RetrievalSettings,
  type RetrievalStep,
  type RetrieverParts,
} from './create-retriever.ts';
export {
  type BeirEvaluation,
  type EvaluateBeirOptions,
  evaluateBeir,
  evaluateRankings,
  formatTrecRun,
} from './evaluation/evaluate-beir.ts';
export { type FusedId, type FusionOptions, fuseRankings, type ScoredId } from './fuse-rankings.ts';
export type {
  Index,
  IndexDeletion,
  IndexedDocument,
  IndexFilter,
  IndexHit,
  IndexQuery,
  IndexRow,
  IndexStamp,
  IndexStats,
  StoredRow,
} from './index-contract.ts';
export { embeddingText, indexRow } from './index-row.ts';
export { indexStamp } from './index-stamp.ts';
export { createLanceIndex, type LanceIndexOptions } from './indexes/lance-index.ts';
export { createQdrantIndex, type QdrantIndex, type QdrantIndexOptions } from './indexes/qdrant-index.ts';
export type { QdrantCollectionOptions } from './indexes/qdrant-requests.ts';
export { removeNearDuplicates } from './near-duplicates.ts';
export { preferNewest, type VersionOptions } from './prefer-newest.ts';
export {
  type SyncDocument,
  type SyncIndexOptions,
  type SyncProgress,
  type SyncResult,
  syncIndex,
} from './sync-index.ts';
