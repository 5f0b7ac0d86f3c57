import { HttpFailure } from './http-failure.ts';

const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Headers of every response. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'SAMEORIGIN',
};

export interface GuardOptions {
  /** Nobody has to show a key: whoever reaches the port may ask. Then only names of this machine are served, and no foreign web page. */
  readonly keyless: boolean;
  /** Host names (no ports) under which the server may be called. Empty: any, unless `keyless`. */
  readonly allowedHosts: readonly string[];
  /** Origins of web pages that may call from a browser; `*` for any. */
  readonly corsOrigins: readonly string[];
}

/**
 * Refuses what could come from a foreign web page: a Host that is not ours (DNS rebinding) and an Origin that is not allowed.
 *
 * @returns the headers that let an allowed page read the response.
 * @throws {HttpFailure} 403 or 421.
 */
export function guardRequest(request: Request, options: GuardOptions): Record<string, string> {
  const { keyless, allowedHosts, corsOrigins } = options;
  const host = hostName(request.headers.get('host') ?? new URL(request.url).host);
  const hostKnown = allowedHosts.includes(host) || (keyless ? LOCAL_NAMES.has(host) : allowedHosts.length === 0);
  if (!hostKnown) {
    throw new HttpFailure({
      status: 421,
      type: 'invalid_request_error',
      code: 'unknown_host',
      message: 'this server is not called by that host name',
    });
  }
  const origin = request.headers.get('origin');
  if (origin === null) return {};
  const own = originHost(origin);
  const same = own !== undefined && own === (request.headers.get('host') ?? new URL(request.url).host);
  const local = keyless && own !== undefined && LOCAL_NAMES.has(hostName(own));
  if (!same && !local && !corsOrigins.includes(origin) && !(corsOrigins.includes('*') && !keyless)) {
    throw new HttpFailure({
      status: 403,
      type: 'permission_error',
      code: 'origin_not_allowed',
      message: 'web pages of that origin may not call this server; add it to corsOrigins in server.json',
    });
  }
  return {
    'access-control-allow-origin': origin,
    vary: 'Origin',
    'access-control-expose-headers': 'x-request-id, x-run-id, x-fieldkit-ignored, retry-after, idempotency-replayed',
  };
}

/** The answer to a browser's question whether it may call. */
export function preflight(request: Request, cors: Readonly<Record<string, string>>): Response {
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      'access-control-allow-methods': 'GET, POST, DELETE, OPTIONS',
      'access-control-allow-headers': request.headers.get('access-control-request-headers') ?? '*',
      'access-control-max-age': '600',
    },
  });
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
