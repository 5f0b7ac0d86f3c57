import { type Clock, FieldkitError, systemClock, toFieldkitError } from '@fieldkit/core';

/** How a customer's system wants to know who calls. Secrets are given by the caller, who takes them from the environment. */
export type HttpAuth =
  | { readonly kind: 'none' }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** A key in a header (`X-Api-Key`) or in the query. */
  | { readonly kind: 'key'; readonly in: 'header' | 'query'; readonly name: string; readonly value: string }
  /** OAuth 2.0 client credentials (RFC 6749, 4.4): the token is fetched, kept until shortly before it ends, and fetched anew after a 401. */
  | {
      readonly kind: 'oauth';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
      readonly audience?: string;
    }
  /** A signing hook: returns the headers to add, given the whole request. */
  | {
      readonly kind: 'sign';
      readonly sign: (request: SignableRequest) => Promise<Record<string, string>> | Record<string, string>;
    };

export interface SignableRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

export interface HttpAuthorizer {
  /** Changes `url` and returns headers to add. */
  apply(
    request: SignableRequest & { readonly url: string },
    signal?: AbortSignal,
  ): Promise<{ url: string; headers: Record<string, string> }>;
  /** Forgets what it holds after a 401; true when a second try makes sense. */
  renew(): boolean;
  /** Values that must never reach a log. */
  readonly secrets: readonly string[];
}

/** Seconds before its end at which a token is fetched anew. */
const TOKEN_MARGIN_SECONDS = 30;

export function createAuthorizer(
  auth: HttpAuth,
  fetch: typeof globalThis.fetch,
  clock: Clock = systemClock,
): HttpAuthorizer {
  switch (auth.kind) {
    case 'none':
      return fixed({}, []);
    case 'bearer':
      return fixed({ authorization: `Bearer ${auth.token}` }, [auth.token]);
    case 'basic': {
      const pair = Buffer.from(`${auth.username}:${auth.password}`, 'utf8').toString('base64');
      return fixed({ authorization: `Basic ${pair}` }, [auth.password, pair]);
    }
    case 'key':
      if (auth.in === 'header') return fixed({ [auth.name.toLowerCase()]: auth.value }, [auth.value]);
      return {
        secrets: [auth.value],
        renew: () => false,
        apply: async ({ url }) => {
          const target = new URL(url);
          target.searchParams.set(auth.name, auth.value);
          return { url: target.href, headers: {} };
        },
      };
    case 'oauth':
      return clientCredentials(auth, fetch, clock);
    case 'sign':
      return {
        secrets: [],
        renew: () => false,
        apply: async (request) => ({ url: request.url, headers: await auth.sign(request) }),
      };
  }
}

function fixed(headers: Record<string, string>, secrets: readonly string[]): HttpAuthorizer {
  return { secrets, renew: () => false, apply: async ({ url }) => ({ url, headers }) };
}

function clientCredentials(
  auth: Extract<HttpAuth, { kind: 'oauth' }>,
  fetch: typeof globalThis.fetch,
  clock: Clock,
): HttpAuthorizer {
  let held: { token: string; until: number } | undefined;
  let pending: Promise<string> | undefined;
  const request = async (signal: AbortSignal | undefined): Promise<string> => {
    const body = new URLSearchParams({ grant_type: 'client_credentials' });
    if (auth.scope !== undefined) body.set('scope', auth.scope);
    if (auth.audience !== undefined) body.set('audience', auth.audience);
    const client = `${encodeURIComponent(auth.clientId)}:${encodeURIComponent(auth.clientSecret)}`;
    let response: Response;
    try {
      response = await fetch(auth.tokenUrl, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          authorization: `Basic ${Buffer.from(client, 'utf8').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: body.toString(),
        signal: signal ?? null,
      });
    } catch (error) {
      throw toFieldkitError(
        error,
        'TOOL_UNAVAILABLE',
        `cannot reach the token endpoint of ${new URL(auth.tokenUrl).host}`,
      );
    }
    const answer: unknown = await response.json().catch(() => undefined);
    const fields: { access_token?: unknown; expires_in?: unknown } =
      answer !== null && typeof answer === 'object' ? answer : {};
    if (!response.ok || typeof fields.access_token !== 'string' || fields.access_token === '') {
      throw new FieldkitError(
        response.status >= 500 ? 'TOOL_UNAVAILABLE' : 'TOOL_FORBIDDEN',
        `the token endpoint of ${new URL(auth.tokenUrl).host} gave no token (HTTP ${response.status}); check client id, secret and scope`,
        { details: { status: response.status } },
      );
    }
    const seconds = typeof fields.expires_in === 'number' ? fields.expires_in : 300;
    held = {
      token: fields.access_token,
      until: clock.monotonic() + Math.max(0, seconds - TOKEN_MARGIN_SECONDS) * 1000,
    };
    return fields.access_token;
  };
  return {
    secrets: [auth.clientSecret],
    renew() {
      const had = held !== undefined;
      held = undefined;
      return had;
    },
    async apply({ url }, signal) {
      if (held !== undefined && clock.monotonic() < held.until) {
        return { url, headers: { authorization: `Bearer ${held.token}` } };
      }
      // One request for all who wait; it is not bound to the signal of the first, who may give up.
      pending ??= request(AbortSignal.timeout(15_000)).finally(() => {
        pending = undefined;
      });
      const token = await pending;
      signal?.throwIfAborted();
      return { url, headers: { authorization: `Bearer ${token}` } };
    },
  };
}
