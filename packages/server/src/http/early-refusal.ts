import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { EarlyRefusal } from '../listen.ts';
import type { Services } from '../services.ts';
import { SECURITY_HEADERS } from './guards.ts';
import { failureBody, unavailable } from './http-failure.ts';

/** Where answers are asked for. */
const ANSWERING = new Set(['/v1/chat/completions', '/agui']);

/**
 * Refuses what would be refused anyhow, before a header or a byte of the body is looked at: a server with too much to do has no time for
 * it. Counted, not logged. A page in a browser is served as always, because it could not read this answer.
 */
export function createEarlyRefusal({ gate, metrics }: Pick<Services, 'gate' | 'metrics'>) {
  const { wire } = unavailable('the server is busy; try again', 'server_busy', 1);
  const body = JSON.stringify(failureBody(wire));
  const headers = {
    ...SECURITY_HEADERS,
    ...wire.headers,
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
  return ({ method, url = '', headers: { origin } }: IncomingMessage): EarlyRefusal | undefined => {
    if (!gate.full || method !== 'POST' || origin !== undefined || !ANSWERING.has(url)) return undefined;
    metrics.count('fieldkit_refused_total', { code: wire.code });
    metrics.count('fieldkit_http_requests_total', { route: url, method, status: String(wire.status) });
    return { status: wire.status, headers: { ...headers, 'x-request-id': randomUUID() }, body };
  };
}
