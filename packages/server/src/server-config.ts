import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { z } from 'zod';

/** Beside `fieldkit.config.ts`; every field may be left out. */
export const SERVER_CONFIG_FILE = 'server.json';

const positive = z.number().int().min(1);

export const keyLimitsSchema = z.strictObject({
  /** Requests of any kind, in a bucket that refills evenly. */
  requestsPerMinute: positive.optional(),
  /** Answers at a time. */
  concurrent: positive.optional(),
  /** Answers per UTC day. */
  answersPerDay: positive.optional(),
  /** Model tokens, in and out, per UTC day. Checked before an answer, so that the last one may go over. */
  tokensPerDay: positive.optional(),
});
export type KeyLimits = Readonly<z.infer<typeof keyLimitsSchema>>;

const oidcSchema = z.strictObject({
  /** `iss` of the tokens; its `/.well-known/openid-configuration` is read unless `jwksUrl` is given. */
  issuer: z.url(),
  audience: z.string().min(1),
  jwksUrl: z.url().optional(),
  /** Asymmetric ones only. */
  algorithms: z
    .array(z.enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']))
    .min(1)
    .default(['RS256', 'PS256', 'ES256', 'EdDSA']),
  /** Claim of the tenant. Without it, and when a token has none, `tenant` counts. */
  tenantClaim: z.string().min(1).optional(),
  /** Tenant of tokens without the claim. Left out: such tokens are refused when `tenantClaim` is set, else the project's tenant. */
  tenant: z.string().min(1).optional(),
  /** Claim with a list of group names (or one name). */
  groupsClaim: z.string().min(1).default('groups'),
  /** Members of one of these groups are operators. */
  operatorGroups: z.array(z.string()).default([]),
  limits: keyLimitsSchema.prefault({}),
});

export const serverConfigSchema = z.strictObject({
  /** Where people reach the server; citation links begin with it. Default: the address of the request. */
  publicUrl: z.url().optional(),
  /** Host names under which the server may be called, without ports. Default: any; without keys only those of this machine. */
  allowedHosts: z.array(z.string().min(1)).default([]),
  /** Origins of web pages that may call from a browser, `*` for any. Default: only pages that the server itself delivers. */
  corsOrigins: z.array(z.string().min(1)).default([]),
  oidc: oidcSchema.optional(),
  limits: z
    .strictObject({
      /** Answers under way at a time, at most; fewer are taken while the process is busy. */
      concurrent: positive.default(1_000),
      /** Answers that may wait for a place. */
      queue: z.number().int().min(0).default(16),
      /** Longest wait for a place, in ms. */
      queueMs: positive.default(15),
      /** Lag of the event loop, in ms, from which fewer answers are taken at a time. */
      lagMs: positive.default(40),
      /** Of a key without limits of its own. */
      perKey: keyLimitsSchema.prefault({ requestsPerMinute: 6_000, concurrent: 200 }),
      /** Longest request body. */
      bodyBytes: positive.default(1_000_000),
      /** Bytes that may wait for one slow client. */
      bufferBytes: positive.default(262_144),
      /** A client that reads nothing for this long while its buffer is full is dropped. */
      stallSeconds: positive.default(30),
    })
    .prefault({}),
  /** How often a waiting stream is kept alive. */
  pingSeconds: z.number().positive().default(15),
  /** How long answers under way may go on after SIGTERM. */
  drainSeconds: z.number().min(0).default(25),
  /** How long an answer is kept for its idempotency key. */
  idempotencyHours: z.number().positive().default(24),
  traces: z
    .strictObject({
      /** An OTLP/HTTP collector, up to `/v1/traces`. */
      otlp: z.url(),
      /** Whether questions, prompts and answers go along. */
      content: z.boolean().default(false),
      serviceName: z.string().min(1).default('fieldkit'),
    })
    .optional(),
  /** `silent` to `debug`; one line of JSON per request at `info`. */
  logLevel: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  /** Tools that change something are offered at /mcp too. */
  mcpWriteTools: z.boolean().default(false),
});
/** As written in `server.json`: defaults may be left out. */
export type ServerConfigInput = z.input<typeof serverConfigSchema>;
/** With every default filled in. */
export type ServerConfig = Readonly<z.output<typeof serverConfigSchema>>;

/** @throws {FieldkitError} `INVALID_CONFIG` that names the field. */
export function parseServerConfig(value: unknown, where = SERVER_CONFIG_FILE): ServerConfig {
  const result = serverConfigSchema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = (issue?.path ?? []).map(String).join('.');
  throw new FieldkitError('INVALID_CONFIG', `${where}: ${path === '' ? '' : `${path}: `}${issue?.message}`, {
    cause: result.error,
  });
}

/** The project's `server.json`, or the defaults when it has none. @throws {FieldkitError} `INVALID_CONFIG`. */
export function loadServerConfig(root: string): ServerConfig {
  const path = join(root, SERVER_CONFIG_FILE);
  if (!existsSync(path)) return parseServerConfig({});
  try {
    return parseServerConfig(JSON.parse(readFileSync(path, 'utf8')), path);
  } catch (error) {
    if (error instanceof FieldkitError) throw error;
    throw new FieldkitError('INVALID_CONFIG', `${path} is not valid JSON`, { cause: error });
  }
}
