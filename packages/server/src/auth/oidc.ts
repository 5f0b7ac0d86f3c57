import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { unavailable } from '../http/http-failure.ts';
import type { KeyLimits, ServerConfig } from '../server-config.ts';
import type { Principal } from './principal.ts';

/** Checks the tokens of one identity provider. */
export interface TokenCheck {
  /** Who a token speaks for; the reason when it does not count. @throws {HttpFailure} 503 when the provider's keys cannot be read. */
  verify(token: string): Promise<Principal | 'unknown' | 'expired'>;
}

export interface TokenCheckOptions {
  readonly oidc: NonNullable<ServerConfig['oidc']>;
  /** Of tokens when no tenant claim is configured. */
  readonly projectTenant: string;
  /** Of providers without limits of their own. */
  readonly limits: KeyLimits;
  readonly fetch?: typeof fetch;
}

const TIMEOUT_MS = 5_000;
const discoverySchema = z.looseObject({ issuer: z.string(), jwks_uri: z.url() });

export function createTokenCheck({ oidc, projectTenant, limits, fetch: load = fetch }: TokenCheckOptions): TokenCheck {
  const { issuer, audience, algorithms } = oidc;
  let keys: Promise<JWTVerifyGetKey> | undefined;
  const keySet = (): Promise<JWTVerifyGetKey> => {
    keys ??= findKeySet(oidc, load).catch((error: unknown) => {
      keys = undefined; // the next request asks again
      throw unavailable('the identity provider cannot be reached', 'identity_provider_unavailable', 5, error);
    });
    return keys;
  };
  return {
    async verify(token) {
      const keyOf = await keySet();
      try {
        const { payload } = await jwtVerify(token, keyOf, {
          issuer,
          audience,
          algorithms: [...algorithms],
          requiredClaims: ['exp', 'sub'],
          clockTolerance: 30,
        });
        return principalOf(payload, oidc, projectTenant, limits) ?? 'unknown';
      } catch (error) {
        if (error instanceof errors.JWTExpired) return 'expired';
        if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
          throw unavailable('the identity provider cannot be reached', 'identity_provider_unavailable', 5, error);
        }
        return 'unknown';
      }
    },
  };
}

async function findKeySet(oidc: TokenCheckOptions['oidc'], load: typeof fetch): Promise<JWTVerifyGetKey> {
  const url = oidc.jwksUrl ?? (await discover(oidc.issuer, load));
  return createRemoteJWKSet(new URL(url), { timeoutDuration: TIMEOUT_MS });
}

async function discover(issuer: string, load: typeof fetch): Promise<string> {
  const response = await load(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
  });
  const found = discoverySchema.parse(await response.json());
  if (found.issuer !== issuer) throw new Error(`the provider calls itself ${found.issuer}`);
  return found.jwks_uri;
}

/** Undefined when the token says nothing about a tenant that it must name. */
function principalOf(
  payload: JWTPayload,
  oidc: TokenCheckOptions['oidc'],
  projectTenant: string,
  limits: KeyLimits,
): Principal | undefined {
  const { sub } = payload;
  const tenant = tenantOf(payload, oidc, projectTenant);
  if (sub === undefined || sub === '' || tenant === undefined) return undefined;
  const groups = namesIn(payload[oidc.groupsClaim]);
  const role = groups.some((group) => oidc.operatorGroups.includes(group)) ? 'operator' : 'user';
  return {
    id: `sub:${sub}`,
    caller: { tenant, subject: `oidc:${sub}`, groups },
    role,
    limits: { ...limits, ...oidc.limits },
  };
}

function tenantOf(
  payload: JWTPayload,
  { tenantClaim, tenant }: TokenCheckOptions['oidc'],
  projectTenant: string,
): string | undefined {
  if (tenantClaim === undefined) return tenant ?? projectTenant;
  const named = payload[tenantClaim];
  return typeof named === 'string' && named !== '' ? named : tenant;
}

function namesIn(claim: unknown): string[] {
  const list = Array.isArray(claim) ? claim : [claim];
  return list.filter((name): name is string => typeof name === 'string' && name !== '');
}
