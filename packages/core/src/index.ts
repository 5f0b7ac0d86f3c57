export { type AnalyzeTextOptions, analyzerStamp, analyzeText } from './analyze-text.ts';
export { type Answer, answerSchema, type Citation, type CitationSource, citationSchema } from './answer.ts';
export { type Budget, type BudgetLimits, createBudget, type Spending } from './budget.ts';
export { type Caller, callerKey, callerSchema, DEFAULT_TENANT, maySee } from './caller.ts';
export {
  type CallOptions,
  type ChatCompletion,
  type ChatEvent,
  type ChatImage,
  type ChatMessage,
  type ChatModel,
  type ChatRequest,
  complete,
  type Embedder,
  type FinishReason,
  type JsonSchema,
  type Reranker,
  sumUsage,
  type ToolCall,
  type ToolDefinition,
} from './chat-model.ts';
export {
  type Chunk,
  chunkSchema,
  type Passage,
  passageSchema,
  type RetrievalFilter,
  retrievalFilterSchema,
} from './chunk.ts';
export { type CircuitBreaker, type CircuitBreakerOptions, createCircuitBreaker } from './circuit-breaker.ts';
export { type Clock, systemClock } from './clock.ts';
export { counted } from './counted.ts';
export {
  BLOCK_SEPARATOR,
  type Block,
  type BlockSpan,
  blockSchema,
  blockSpans,
  type Cell,
  columnsAt,
  type Document,
  documentSchema,
  headingsAt,
  joinBlocks,
  type LocatedSpan,
  type Metadata,
  metadataSchema,
  type Place,
  parseDocument,
  placeSchema,
  placesOf,
  type Table,
  tableSchema,
} from './document.ts';
export {
  type ErrorCode,
  errorCodes,
  errorRecord,
  FieldkitError,
  type FieldkitErrorOptions,
  isFieldkitError,
  toFieldkitError,
} from './error.ts';
export {
  type CitationMark,
  citationMarks,
  type EvidenceItem,
  formatCitationMark,
  formatEvidence,
  INSUFFICIENT_MARK,
  parseEvidence,
  schemaProperties,
} from './evidence.ts';
export { type Finding, findingSchema } from './finding.ts';
export { chunkIds, documentId, newRunId, normalizeUri, sha256 } from './ids.ts';
export { dropInvisible } from './invisible.ts';
export { detectLanguage } from './language.ts';
export { createLimiter, type Limiter, type LimiterOptions, type Permit } from './limiter.ts';
export { type MapConcurrentOptions, mapConcurrent } from './map-concurrent.ts';
export { memoize, memoizeText } from './memoize.ts';
export { nearestName } from './nearest.ts';
export { numbersIn, numbersMissingFrom } from './numbers.ts';
export {
  type FindPersonalDataOptions,
  findPersonalData,
  type PersonalDataKind,
  type PersonalDataMatch,
  personalDataKinds,
} from './personal-data/find-personal-data.ts';
export { createRedactor, type Redactor, redactDeep } from './personal-data/redact.ts';
export { findQuote, foldText } from './quote.ts';
export type { RetrievalItem, RetrievalStep, RetrieveOptions, Retriever } from './retriever.ts';
export { type RetryOptions, retry } from './retry.ts';
export { type Run, runSchema, type Step, stepSchema, waitsForPerson } from './run.ts';
export { sentenceSpans, type TextSpan } from './sentences.ts';
export { CELL_SEPARATOR, type PlacedCell, placeCells, tableText } from './table-cells.ts';
export { estimateTokens } from './tokens.ts';
export {
  type PassagesOutput,
  passagesOutputSchema,
  recordLines,
  type Tool,
  type ToolContext,
  type ToolProgress,
  type ToolResult,
  type ToolStep,
} from './tool.ts';
export { addCost, addUsage, type Cost, costSchema, NO_USAGE, type Usage, usageSchema } from './usage.ts';
export { createWriteBatch, type WriteBatch } from './write-batch.ts';
