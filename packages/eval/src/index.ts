export {
  type AttributionSummary,
  attributionFindings,
  type CauseCount,
  createAttributionCounter,
  type ReplayCount,
  type Suggestion,
} from './analysis/attribution-summary.ts';
export { type CompareOptions, type Comparison, compareTargets } from './analysis/compare-targets.ts';
export {
  type Criteria,
  checkGates,
  criteriaSchema,
  type GateReport,
  type GateResult,
  hashCriteria,
  parseCriteria,
} from './analysis/gates.ts';
export { createScoreMatrix, type ScoreMatrix } from './analysis/score-matrix.ts';
export {
  type AttributeOptions,
  type Attribution,
  attribute,
  criteriaWithJudges,
  defaultCriteria,
  missedCriteria,
} from './attribution/attribute.ts';
export { type Cause, causeOrder, causes } from './attribution/causes.ts';
export {
  type AttributionFacts,
  type DocumentFacts,
  type GoldProgress,
  goldProgress,
  type Stage,
  stages,
} from './attribution/gold-progress.ts';
export { type ToolFinding, toolFindings } from './attribution/tool-rules.ts';
export { type TracedCall, type TraceView, traceViewOf } from './attribution/trace-view.ts';
export {
  type Case,
  caseKinds,
  caseSchema,
  clusterOf,
  type ExpectedToolCall,
  expectedToolCallSchema,
  type GoldPlace,
  goldPlaceSchema,
} from './data/case.ts';
export { caseFromRun, type RunCorrection } from './data/case-from-run.ts';
export { type Disagreement, findDisagreements } from './data/disagreements.ts';
export { type CasesInspection, inspectCases } from './data/inspect-cases.ts';
export { parseCase } from './data/parse-case.ts';
export { type ReadCasesOptions, readCases } from './data/read-cases.ts';
export {
  casesFromList,
  casesFromTable,
  TABLE_COLUMNS,
  type TableCasesOptions,
  type TableRows,
  tableTemplate,
} from './data/table-cases.ts';
export {
  askTarget,
  type EvaluateOptions,
  type EvaluationEvent,
  evaluate,
  type Progress,
  scoreOutcome,
} from './evaluate.ts';
export { isInfrastructure } from './infrastructure.ts';
export { type AskJudgeOptions, askJudge, type Judgement } from './judge/ask-judge.ts';
export {
  type Calibration,
  calibrateJudge,
  type LabelledItem,
  type PairwiseQuality,
  pairwiseQuality,
} from './judge/judge-quality.ts';
export { LABEL_HEADER, labelSheet, readLabelSheet } from './judge/label-sheet.ts';
export { judgePair, type PairwiseOptions, type PairwiseVerdict, type Preference } from './judge/pairwise-judge.ts';
export { createRubricJudge, passFail, type RubricJudgeOptions, type RubricLevel } from './judge/rubric-judge.ts';
export type { BatchAsk, BatchClient } from './ledger/batch-client.ts';
export {
  type BatchEvaluationOptions,
  type BatchEvaluationProgress,
  evaluateByBatch,
} from './ledger/evaluate-by-batch.ts';
export {
  askIntoLedger,
  evaluateToLedger,
  type LedgerEvaluationOptions,
  type NamedTarget,
  type RescoreOptions,
  rescoreLedger,
  summarizeLedger,
  type TargetSummary,
} from './ledger/evaluate-to-ledger.ts';
export { canonicalJson } from './ledger/identity.ts';
export {
  type Ledger,
  type LedgerRow,
  type LedgerTarget,
  type OpenLedgerOptions,
  openLedger,
  type RowFilter,
  type RowKey,
} from './ledger/ledger.ts';
export { type LintOptions, lintPrompt, type Rewrite, rewriteForQwen } from './prompts/lint-prompt.ts';
export { type LintHit, type LintRule, lintRules } from './prompts/lint-rules.ts';
export {
  type FailureCluster,
  type OptimisationReport,
  type OptimisationRound,
  type OptimisePromptOptions,
  optimisePrompt,
  type TrialResult,
} from './prompts/optimise-prompt.ts';
export { parsePromptFile, promptFileText } from './prompts/parse-prompt-file.ts';
export type { PromptDraft } from './prompts/prompt-draft.ts';
export { createProposer } from './prompts/propose-prompts.ts';
export {
  type Change,
  type ReplayOptions,
  type ReplayReport,
  replayFailures,
  usualChanges,
} from './replay/counterfactual.ts';
export {
  type BuildReportOptions,
  buildReport,
  type EvaluationReport,
  type TargetReport,
  type WorstItem,
} from './report/build-report.ts';
export { reportHtml } from './report/report-html.ts';
export { comparisonSentence, reportMarkdown, verdict } from './report/report-markdown.ts';
export { csvLine, rowsCsv, rowsJunit } from './report/report-rows.ts';
export { type ReportTextOptions, reportText, wrap } from './report/report-text.ts';
export { textTable } from './report/text-table.ts';
export type { Score, ScoreContext, Scorer } from './scorer.ts';
export { proseOf } from './scorers/answer-text.ts';
export { createBundle } from './scorers/bundle.ts';
export { choice } from './scorers/choice.ts';
export { citationCoverage, citationPrecision, citationRecall } from './scorers/citation-quality.ts';
export { contains } from './scorers/contains.ts';
export { exactMatch } from './scorers/exact-match.ts';
export { finalAnswer } from './scorers/final-answer.ts';
export { forbidden } from './scorers/forbidden.ts';
export { createFormatScorer, type FormatRules } from './scorers/format-rules.ts';
export {
  createGoldPlaceScorer,
  type GoldPlaceOptions,
  goldPlace,
  goldPlaceFirst,
  goldQuote,
  matchPlace,
  type PlaceMatch,
} from './scorers/gold-place.ts';
export { type Claim, claimsOf, groundedness, unsupportedClaims } from './scorers/groundedness.ts';
export { integrity, integrityProblems } from './scorers/integrity.ts';
export { createJsonSchemaScorer, jsonFields } from './scorers/json-output.ts';
export { language } from './scorers/language.ts';
export { createCostScorer, createLatencyScorer } from './scorers/limits.ts';
export { createListScorer, type ListScorerOptions, listMatch, setMatch } from './scorers/list-match.ts';
export { createNumberScorer, type NumberScorerOptions, numberAnywhere, numberMatch } from './scorers/number-match.ts';
export { createPatternScorer, type PatternScorerOptions } from './scorers/pattern.ts';
export { type PersonalDatum, personalData, personalDataIn } from './scorers/personal-data.ts';
export { type Quantity, quantitiesIn } from './scorers/quantities.ts';
export { quotesVerbatim } from './scorers/quotes-verbatim.ts';
export { referenceOverlap, referenceRecall } from './scorers/reference-overlap.ts';
export { refusal } from './scorers/refusal.ts';
export { rougeL, rougeLScorer, rougeTokens } from './scorers/rouge-l.ts';
export {
  type CallMatch,
  createToolCallScorer,
  matchCalls,
  type ToolCallScorerOptions,
  toolCalls,
  toolCallsOf,
  toolCallsStrict,
} from './scorers/tool-calls.ts';
export { agentScorers, comparableScorers, metricBundles, promptScorers, scorers } from './scorers.ts';
export { type Agreement, agreement, balancedAccuracy } from './statistics/agreement.ts';
export { type BootstrapOptions, bootstrapMean } from './statistics/bootstrap.ts';
export { type DetectableEffectOptions, smallestDetectableEffect } from './statistics/detectable-effect.ts';
export { holmAdjust } from './statistics/holm.ts';
export { mcnemarExact } from './statistics/mcnemar.ts';
export { type MeanError, meanError } from './statistics/mean-error.ts';
export { normalCdf, normalQuantile } from './statistics/normal.ts';
export {
  type PairedDifference,
  type PairedDifferenceOptions,
  pairedDifference,
  signFlipTest,
} from './statistics/paired-difference.ts';
export { seededRandom } from './statistics/random.ts';
export { flipRate, passHatK } from './statistics/rounds.ts';
export { type Interval, wilsonInterval } from './statistics/wilson.ts';
export { type CaseResult, createSummary, type Estimate, type ScoreSummary, type Summary } from './summary.ts';
export { type Outcome, type Target, type ToolCallMade, textAnswer } from './target.ts';
export { type FileTarget, openFileTarget, outputLineSchema } from './targets/file-target.ts';
export { createHttpTarget, difyTarget, type HttpTargetOptions, modelStudioTarget } from './targets/http-target.ts';
export {
  createPromptTarget,
  type PromptTargetOptions,
  type PromptUnderTest,
  promptMatrix,
} from './targets/prompt-target.ts';
export { fillTemplate, placeholdersOf } from './targets/template.ts';
