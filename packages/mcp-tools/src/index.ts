export { z } from 'zod'; // for tools of a project, which has no dependencies of its own
export { serveConformanceFixture } from './conformance/serve-conformance.ts';
export { defineTool, type Refusal, refuse, type ToolDeclaration } from './define-tool.ts';
export { draftFromCurl } from './drafts/draft-from-curl.ts';
export { draftFromPostman } from './drafts/draft-from-postman.ts';
export type { Draft } from './drafts/draft-openapi.ts';
export { createGuardedFetch, type GuardedFetchOptions, isPublicAddress } from './guarded-fetch.ts';
export type { HttpAuth, SignableRequest } from './http-auth.ts';
export { compileSchema, type SchemaCheck } from './json-schema.ts';
export { type ApiKey, hashApiKey } from './mcp/api-keys.ts';
export {
  type ConnectedTools,
  type ConnectToolsOptions,
  connectTools,
  type ToolEntry,
} from './mcp/connect-tools.ts';
export type { AnswerQuestion, ServerAnswer, ServerQuestion } from './mcp/connection.ts';
export { createToolHttpHandler, type ToolHttpHandler, type ToolHttpHandlerOptions } from './mcp/http-handler.ts';
export type { Listening, ListenOptions } from './mcp/node-http.ts';
export type { ToolPin, ToolPins } from './mcp/pins.ts';
export {
  type HttpServer,
  pinServer,
  type RemoteEntry,
  type RemoteToolOptions,
  type StdioServer,
} from './mcp/remote-source.ts';
export { type ServeToolsOverHttpOptions, serveToolsOverHttp } from './mcp/serve-http.ts';
export { type ServeToolsOverStdioOptions, type StdioToolServer, serveToolsOverStdio } from './mcp/serve-stdio.ts';
export { createToolSseHandler, type ToolSseHandlerOptions } from './mcp/sse-handler.ts';
export { type ApprovalRequest, applyPolicy, type ToolCallRecord, type ToolPolicy } from './policy/apply-policy.ts';
export { redact } from './policy/redact.ts';
export type { Column, Database, QueryOptions, SqlValue } from './sql/database.ts';
export { createMysqlDatabase, type MysqlDatabaseOptions } from './sql/mysql-database.ts';
export { createPostgresDatabase, type PostgresDatabaseOptions } from './sql/postgres-database.ts';
export { type SqlViewToolOptions, sqlViewTool } from './sql/sql-view-tool.ts';
export { createSqliteDatabase, type SqliteDatabaseOptions } from './sql/sqlite-database.ts';
export { type ApiAssessment, type AssessApiOptions, assessApi } from './standards/assess-api.ts';
export { toolSpecification, trialTable } from './standards/describe-tools.ts';
export { type BadInput, badInputs, goodInputs } from './standards/generate-input.ts';
export { lintTools } from './standards/lint-tools.ts';
export { TOOL_STANDARD } from './standards/tool-standard.ts';
export { type TriedTool, type TryToolsOptions, tryTools } from './standards/try-tools.ts';
export { type LookupRecordOptions, lookupRecord } from './tools/look-up-record.ts';
export { type OpenApiTools, type OpenApiToolsOptions, openApiTools } from './tools/openapi-tools.ts';
export { parseCsv, type TextTable, textTable } from './tools/parse-csv.ts';
export { type SearchKnowledgeOptions, searchKnowledge } from './tools/search-knowledge.ts';
export { type TableToolOptions, tableTool } from './tools/table-tool.ts';
