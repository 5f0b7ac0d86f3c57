import { randomUUID } from 'node:crypto';
import type { Authenticate } from './auth/authenticate.ts';
import type { Principal } from './auth/principal.ts';
import { type GuardOptions, guardRequest, SECURITY_HEADERS } from './http/guards.ts';
import { failureResponse, forbidden, HttpFailure, tooMany, unavailable, wireFailure } from './http/http-failure.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import type { Route } from './route.ts';
import type { Services } from './services.ts';

export interface ServeRouteOptions {
  readonly services: Services;
  readonly authenticate: Authenticate;
  readonly rates: RateLimiter;
  readonly guard: () => GuardOptions;
  readonly stopping: AbortSignal;
  readonly draining: () => boolean;
}

/** Does for every route what is the same for all: guards, who asks, limits, errors, headers, figures and the log line. */
export function createServeRoute(options: ServeRouteOptions) {
  const { services, authenticate, rates, guard, stopping, draining } = options;
  const { metrics, log, config } = services;

  const admit = async (route: Route, request: Request): Promise<Principal> => {
    const principal = await authenticate(request.headers.get('authorization'));
    const { requestsPerMinute } = principal.limits;
    const wait = requestsPerMinute === undefined ? 0 : rates.take(principal.id, requestsPerMinute);
    if (wait > 0) {
      throw tooMany(`this key may send ${requestsPerMinute} requests per minute`, 'rate_limit_exceeded', wait);
    }
    if (route.access === 'operator' && principal.role !== 'operator') {
      throw forbidden('this key has not the role operator');
    }
    return principal;
  };

  return async (route: Route, request: Request, params: Readonly<Record<string, string>>): Promise<Response> => {
    const started = performance.now();
    const requestId = requestIdOf(request);
    let cors: Record<string, string> = {};
    let principal: Principal | undefined;
    let response: Response;
    try {
      cors = guardRequest(request, guard());
      if (draining() && route.access !== 'open') {
        throw unavailable('the server is stopping; try again', 'server_stopping', 1);
      }
      principal = route.access === 'open' ? NOBODY : await admit(route, request);
      const url = new URL(request.url);
      response = await route.handle({
        request,
        params,
        query: url.searchParams,
        principal,
        requestId,
        signal: AbortSignal.any([request.signal, stopping]),
        base: (config.publicUrl ?? url.origin).replace(/\/+$/, ''),
      });
    } catch (error) {
      const wire = wireFailure(error);
      if (wire.status >= 500 && !(error instanceof HttpFailure)) {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        log.error({ requestId, route: route.path, code: wire.code, reason }, 'a request failed');
      }
      if (wire.status === 429 || wire.status === 503) metrics.count('fieldkit_refused_total', { code: wire.code });
      response = failureResponse(wire);
    }
    for (const [name, value] of Object.entries({ ...SECURITY_HEADERS, ...cors, 'x-request-id': requestId })) {
      response.headers.set(name, value);
    }
    if (draining()) response.headers.set('connection', 'close');
    const durationMs = performance.now() - started;
    const { status } = response;
    metrics.count('fieldkit_http_requests_total', { route: route.path, method: route.method, status: String(status) });
    metrics.observe('fieldkit_http_request_seconds', { route: route.path }, durationMs / 1000);
    if (route.tag !== 'health') {
      const who = principal === undefined ? {} : { principal: principal.id, tenant: principal.caller.tenant };
      const facts = { requestId, method: route.method, route: route.path, status, durationMs: Math.round(durationMs) };
      log.info({ ...facts, ...who }, 'request');
    }
    return response;
  };
}

const NOBODY: Principal = {
  id: 'nobody',
  caller: { tenant: 'nobody', subject: 'nobody', groups: [] },
  role: 'user',
  limits: {},
};

function requestIdOf(request: Request): string {
  const given = request.headers.get('x-request-id');
  return given !== null && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}
