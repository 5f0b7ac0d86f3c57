export { answer, delegate, gather, plan, react, reflect, route, understand } from '@fieldkit/agent/plan';
export { createAgentTarget, namedAgentTarget, promptFiles } from './agent-target.ts';
export { attributionFacts } from './attribution-facts.ts';
export { type ChosenRoute, chooseEndpoint, type EndpointChoice, proxyOf } from './choose-endpoint.ts';
export { type ProjectConfig, type ProjectConfigInput, projectConfigSchema } from './config-schema.ts';
export { cny, describeValue, env, resolveValue, secret, usd } from './config-values.ts';
export {
  customTool,
  defineProject,
  difyApp,
  httpTarget,
  lookupRecord,
  mcpServer,
  modelStudioApp,
  openApiTools,
  outputsFile,
  promptTarget,
  searchKnowledge,
  sqlView,
  tableFile,
} from './define-project.ts';
export { type DocumentStore, openDocumentStore, type StoredFile } from './document-store.ts';
export type { JudgeSpec, TargetSpec } from './evaluation-specs.ts';
export { CONFIG_FILE, findProject, type ProjectPaths, projectPaths } from './find-project.ts';
export { sessionsStore } from './forget-sessions.ts';
export type { IngestedFile } from './ingest-project.ts';
export { ACCESS_FILE, type KnowledgeFile, listKnowledgeFiles } from './list-knowledge-files.ts';
export { loadProjectConfig, parseProjectConfig } from './load-project-config.ts';

export { FACTS_FILE, readMeasuredFacts, writeMeasuredFacts } from './measured-facts.ts';
export { type ContextSummary, openContextCache, withoutContext } from './open-contexts.ts';
export { type OpenEndpoint, openEndpoint, projectFacts, RUNNING_STANDIN } from './open-endpoint.ts';
export { openIndex } from './open-index.ts';
export { openProject } from './open-project.ts';
export { findNamed, openJudges, openTargets, promptTargets, readPromptFile } from './open-targets.ts';
export { needsDevServer } from './open-tools.ts';
export { pinToolServer } from './pin-tool-server.ts';
export {
  type AskOptions,
  type IngestSummary,
  type OpenProjectOptions,
  type Project,
  type ProjectChange,
  visibleDocument,
} from './project.ts';
export type { Recording } from './recorded-endpoint.ts';
export { type ReplayItem, replayChange } from './replay-changes.ts';
export { type LabelledQuestions, labelQuestions } from './retrieval-questions.ts';
export { openRunStore, type RunStore, type RunSummary } from './run-store.ts';
export { openSpendingLedger } from './spending-ledger.ts';
export { type Service, type StartServiceOptions, startService } from './start-service.ts';
