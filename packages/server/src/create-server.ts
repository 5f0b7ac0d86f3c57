import { join } from 'node:path';
import type { Project } from '@fieldkit/project';
import { Hono } from 'hono';
import type { DestinationStream } from 'pino';
import { auditPath, openAuditLog } from './audit/audit-log.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { KEY_FILE } from './auth/key-file.ts';
import { createKeyRing } from './auth/key-ring.ts';
import { createTokenCheck } from './auth/oidc.ts';
import { createConsoleFiles } from './console-files.ts';
import { createEarlyRefusal } from './http/early-refusal.ts';
import { guardRequest, preflight, SECURITY_HEADERS } from './http/guards.ts';
import { failureResponse, notFound, wireFailure } from './http/http-failure.ts';
import { createGate } from './limits/gate.ts';
import { createLoadMeter } from './limits/load-meter.ts';
import { createRateLimiter } from './limits/rate-limiter.ts';
import { type Listening, type ListenOptions, listen } from './listen.ts';
import { createMcpRoute } from './mcp/mcp-route.ts';
import { createLog } from './observe/logger.ts';
import { createServerMetrics } from './observe/server-metrics.ts';
import { createTraces } from './observe/traces.ts';
import type { Route } from './route.ts';
import { createRoutes } from './routes.ts';
import { createServeRoute } from './serve-route.ts';
import { parseServerConfig, type ServerConfigInput } from './server-config.ts';
import type { Services } from './services.ts';
import { openServerStore } from './store/server-store.ts';
import type { AskPool } from './workers/ask-pool.ts';

export interface CreateServerOptions {
  /** Default: `{}`; `loadServerConfig` reads the project's `server.json`. */
  readonly config?: ServerConfigInput;
  /** Default: `keys.json` of the project. */
  readonly keys?: string;
  /** Groups of whoever asks while there are no keys. Default none. */
  readonly localGroups?: readonly string[];
  /** A built console to deliver. */
  readonly console?: string;
  /** Who answers questions. Default: this process. */
  readonly answers?: Pick<AskPool, 'ask' | 'lagMs'>;
  /** Checks of the project for `/api/doctor`. */
  readonly doctor?: () => Promise<unknown>;
  readonly version?: string;
  /** Where log lines go. Default: standard output. */
  readonly logTo?: { write(line: string): void };
  readonly now?: () => Date;
}

/** A project over HTTP. */
export interface Server {
  /** Answers one request; no port is needed. */
  fetch(request: Request): Promise<Response>;
  /** True while nobody has to show a key: then it listens on this machine only. */
  readonly keyless: boolean;
  readonly routes: readonly Route[];
  /** @throws {FieldkitError} `INVALID_OPTION` for a keyless server on an address that others reach, `SERVICE_START_FAILED` when the port is taken. */
  listen(options?: ListenOptions): Promise<Listening>;
  /**
   * Refuses new requests, lets answers under way finish for `drainSeconds`, cancels what is left and closes everything but the project. May be
   * called twice.
   */
  close(): Promise<void>;
}

/** @throws {FieldkitError} `INVALID_CONFIG` for a wrong configuration or key file; what opening the stores throws. */
export function createServer(project: Project, options: CreateServerOptions = {}): Server {
  const { now = () => new Date(), version = '0.1.0', localGroups = [], doctor, logTo, answers } = options;
  const config = parseServerConfig(options.config ?? {});
  const { root, work } = project.paths;
  const log = createLog(config.logLevel, logTo as DestinationStream | undefined); // pino's own interface: write(line)
  const audit = openAuditLog(auditPath(root), now);
  const store = openServerStore(work);
  const { concurrent, queue, queueMs, lagMs, perKey } = config.limits;
  const load = createLoadMeter({
    most: concurrent,
    lagMs,
    active: () => gate.active,
    ...(answers === undefined ? {} : { elsewhereMs: answers.lagMs }),
  });
  const gate = createGate({ concurrent: () => load.limit, queue, queueMs });
  const metrics = createServerMetrics({ gate, load });
  const traces =
    config.traces === undefined ? undefined : createTraces({ config: config.traces, agent: project.config.name });
  const ask = answers?.ask ?? project.ask;
  const services: Services = { project, ask, config, gate, store, audit, metrics, traces, log, now, doctor, version };

  const keys = createKeyRing({
    path: options.keys ?? join(root, KEY_FILE),
    limits: perKey,
    now: () => now().getTime(),
    onError: (error) =>
      log.error({ reason: String(error) }, 'the keys cannot be read; those known before stay in force'),
  });
  const projectTenant = project.config.knowledge.tenant;
  const tokens =
    config.oidc === undefined ? undefined : createTokenCheck({ oidc: config.oidc, projectTenant, limits: perKey });
  const keyless = () => tokens === undefined && !keys.used;
  const refusals = createRateLimiter();
  const authenticate = createAuthenticate({
    keys,
    ...(tokens === undefined ? {} : { tokens }),
    ...(tokens === undefined
      ? {
          local: {
            id: 'local',
            caller: project.caller({ subject: 'local', groups: localGroups }),
            role: 'operator' as const,
            limits: {},
          },
        }
      : {}),
    onRefused: (reason) => {
      metrics.count('fieldkit_refused_total', { code: `auth_${reason}` });
      // Somebody who tries keys cannot fill the disk: at most 60 a minute are kept.
      if (refusals.take('auth', 60) === 0) audit.append({ action: 'auth-refused', outcome: reason });
    },
  });

  let draining = false;
  const stopping = new AbortController();
  const mcp = createMcpRoute(services);
  const routes = createRoutes(services, { mcp, stopping: () => draining });
  const guard = () => ({ keyless: keyless(), allowedHosts: config.allowedHosts, corsOrigins: config.corsOrigins });
  const serve = createServeRoute({
    services,
    authenticate,
    rates: createRateLimiter(),
    guard,
    stopping: stopping.signal,
    draining: () => draining,
  });

  const app = new Hono();
  for (const route of routes) {
    app.on(route.method, route.path, ({ req }) => serve(route, req.raw, req.param()));
  }
  const pages = options.console === undefined ? fallbackPages : createConsoleFiles(options.console);
  app.all('*', ({ req }) => outsideRoutes(req.raw));

  const outsideRoutes = (request: Request): Response => {
    try {
      const cors = guardRequest(request, guard());
      if (request.method === 'OPTIONS') return preflight(request, cors);
      const page = request.method === 'GET' && !/^\/(v1|api|mcp|agui)(\/|$)/.test(new URL(request.url).pathname);
      const response = page ? pages(request) : failureResponse(notFound('there is nothing at this address').wire);
      for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.headers.set(name, value);
      return response;
    } catch (error) {
      return failureResponse(wireFailure(error));
    }
  };

  const refuse = createEarlyRefusal(services);
  const fetch = async (request: Request): Promise<Response> => app.fetch(request);
  const listening = new Set<Listening>();
  let closed: Promise<void> | undefined;
  const close = async () => {
    draining = true;
    if (listening.size > 0) log.info({ active: gate.active }, 'stopping');
    gate.close();
    for (const one of listening) one.stopAccepting();
    const until = performance.now() + config.drainSeconds * 1000;
    while (gate.active > 0 && performance.now() < until) await pause(20);
    stopping.abort(new DOMException('the server is stopping', 'AbortError'));
    const end = performance.now() + 5_000; // runs that were cancelled write their end
    while (gate.active > 0 && performance.now() < end) await pause(20);
    await Promise.all([...listening].map((one) => one.close()));
    await mcp.close();
    await traces
      ?.close()
      .catch((error: unknown) => log.warn({ reason: String(error) }, 'the last traces were not sent'));
    load.close();
    audit.append({ action: 'server-stop' });
    audit.close();
    store.close();
  };

  return {
    fetch,
    get keyless() {
      return keyless();
    },
    routes,
    async listen(listenOptions = {}) {
      const one = await listen(fetch, { ...listenOptions, keyless: keyless(), refuse });
      listening.add(one);
      audit.append({ action: 'server-start', details: { port: one.port, keyless: keyless() } });
      return one;
    },
    close() {
      closed ??= close();
      return closed;
    },
  };
}

/** Without a console, a citation's link leads to the file itself, at its page. */
function fallbackPages(request: Request): Response {
  const { pathname, searchParams } = new URL(request.url);
  const [, id] = /^\/documents\/([0-9a-f]{1,64})$/.exec(pathname) ?? [];
  if (id !== undefined) {
    const page = Number(searchParams.get('page') ?? 0);
    const location = `/api/documents/${id}/file${page > 0 ? `#page=${page}` : ''}`;
    return new Response(null, { status: 302, headers: { location } });
  }
  if (pathname !== '/') throw notFound('there is nothing at this address');
  return Response.json({ name: 'fieldkit', openapi: '/openapi.json', chat: '/v1/chat/completions', mcp: '/mcp' });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
