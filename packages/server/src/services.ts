import type { Project } from '@fieldkit/project';
import type { AuditLog } from './audit/audit-log.ts';
import type { Principal } from './auth/principal.ts';
import type { Gate } from './limits/gate.ts';
import type { Log } from './observe/logger.ts';
import type { Metrics } from './observe/metrics.ts';
import type { Traces } from './observe/traces.ts';
import type { ServerConfig } from './server-config.ts';
import type { ServerStore } from './store/server-store.ts';

/** What the routes work with; made once by `createServer`. */
export interface Services {
  readonly project: Project;
  /** Answers a question, here or in another process. */
  readonly ask: Project['ask'];
  readonly config: ServerConfig;
  readonly gate: Gate;
  readonly store: ServerStore;
  readonly audit: AuditLog;
  readonly metrics: Metrics;
  readonly traces: Traces | undefined;
  readonly log: Log;
  readonly now: () => Date;
  /** Checks of the project that the command line knows, for the console. */
  readonly doctor: (() => Promise<unknown>) | undefined;
  /** Version of the toolkit. */
  readonly version: string;
}

/** What every route is given of its request. */
export interface RouteRequest {
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal;
  /** Where links begin: the configured public address, or that of the request. */
  readonly base: string;
}
