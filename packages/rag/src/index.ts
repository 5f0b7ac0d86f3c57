export { createContextCache } from './context-cache.ts';
export { type CopyIndexOptions, copyIndex } from './copy-index.ts';
export {
  createRetriever,
  type RetrievalSettings,
  type RetrieverParts,
} from './create-retriever.ts';
export { type DenseWeight, measureDenseWeight, readDenseWeight } from './dense-weight.ts';
export {
  type BeirEvaluation,
  type EvaluateBeirOptions,
  evaluateBeir,
  evaluateRankings,
  formatTrecRun,
} from './evaluation/evaluate-beir.ts';
export {
  diffEvaluations,
  type EvaluateRetrieverOptions,
  type EvaluationDifference,
  evaluateRetriever,
  type QuestionChange,
  type QuestionResult,
  type RetrievalEvaluation,
  type RetrievalQuestion,
  retrievalQuestionSchema,
  summarizeResults,
} from './evaluation/evaluate-retriever.ts';
export { type MetricName, metricNames, type RankingQuality } from './evaluation/retrieval-metrics.ts';
export { bootstrapInterval, comparePaired, type Interval, type PairedComparison } from './evaluation/statistics.ts';
export {
  type CandidateCost,
  type CandidateResult,
  candidateSettings,
  type DepthResult,
  type RetrievalCandidate,
  type SpentTokens,
  type TuneRetrievalOptions,
  type TuningReport,
  tuneRetrieval,
} from './evaluation/tune-retrieval.ts';
export {
  type QuestionFault,
  type WriteQuestionsOptions,
  type WrittenQuestion,
  type WrittenQuestions,
  writeQuestions,
} from './evaluation/write-questions.ts';
export type { TextOf } from './expand-parents.ts';
export { type DocumentStore, type ForgetDocumentOptions, type ForgetProof, forgetDocument } from './forget-document.ts';
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
export {
  type ContextCache,
  contextsVersion,
  type WriteContextsOptions,
  type WrittenContexts,
  writeContexts,
} from './write-contexts.ts';
