import { HttpFailure } from '../http/http-failure.ts';
import type { KeyRing } from './key-ring.ts';
import type { TokenCheck } from './oidc.ts';
import type { Principal } from './principal.ts';

export interface AuthenticateOptions {
  readonly keys: KeyRing;
  readonly tokens?: TokenCheck;
  /** Who asks without a key; only for a server that listens on this machine alone. Not used once a key was made. */
  readonly local?: Principal;
  /** Told why somebody was not let in. */
  readonly onRefused?: (reason: 'missing' | 'malformed' | 'unknown' | 'expired' | 'revoked') => void;
}

/** Finds out who a request comes from. @throws {HttpFailure} 401. */
export type Authenticate = (authorization: string | null) => Promise<Principal>;

const TOKEN = /^Bearer +([\x21-\x7e]{1,8192})$/i;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const MESSAGES = {
  missing: 'a bearer key is needed: Authorization: Bearer KEY',
  malformed: 'the Authorization header is not of the form: Bearer KEY',
  unknown: 'the key is not valid',
  expired: 'the key has expired',
  revoked: 'the key was revoked',
} as const;

export function createAuthenticate({ keys, tokens, local, onRefused }: AuthenticateOptions): Authenticate {
  const refuse = (reason: keyof typeof MESSAGES): HttpFailure => {
    onRefused?.(reason);
    return new HttpFailure({
      status: 401,
      type: 'authentication_error',
      code: reason === 'missing' ? 'missing_api_key' : `${reason === 'malformed' ? 'invalid' : reason}_api_key`,
      message: MESSAGES[reason],
      headers: { 'www-authenticate': 'Bearer realm="fieldkit"' },
    });
  };
  return async (authorization) => {
    // Without any key, a client that must send one (most SDKs do) may send what it likes.
    if (local !== undefined && !keys.used) return local;
    if (authorization === null) throw refuse('missing');
    const [, token] = TOKEN.exec(authorization) ?? [];
    if (token === undefined) throw refuse('malformed');
    const found = tokens !== undefined && JWT.test(token) ? await tokens.verify(token) : keys.find(token);
    if (typeof found === 'string') throw refuse(found);
    return found;
  };
}
