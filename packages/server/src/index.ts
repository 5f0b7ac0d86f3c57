export {
  type AuditEvent,
  type AuditLog,
  type AuditRecord,
  type AuditVerdict,
  auditPath,
  openAuditLog,
  readAuditLog,
  verifyAuditLog,
} from './audit/audit-log.ts';
export { KEY_FILE, type NewKeyOptions, newKey, readKeys, revokeKey, type StoredKey } from './auth/key-file.ts';
export type { Principal } from './auth/principal.ts';
export { type CreateServerOptions, createServer, type Server } from './create-server.ts';
export type { Listening, ListenOptions } from './listen.ts';
export type { Route } from './route.ts';
export {
  type KeyLimits,
  loadServerConfig,
  parseServerConfig,
  SERVER_CONFIG_FILE,
  type ServerConfig,
  type ServerConfigInput,
} from './server-config.ts';
export type { RouteRequest } from './services.ts';
export { answerForServer, type ParentChannel } from './workers/answer-for-server.ts';
export { type AskPool, type AskPoolOptions, createAskPool } from './workers/ask-pool.ts';
export type { FromWorker, Told, ToWorker } from './workers/messages.ts';
