import { z } from 'zod';

/** A value that comes from the environment when the project is opened. */
export const environmentValueSchema = z.strictObject({
  /** Names of variables, the first that is set and not empty counts. */
  $env: z.array(z.string().min(1)).min(1),
  /** Secrets are never printed, logged or stored. */
  secret: z.boolean(),
  /** Used when no variable is set. */
  fallback: z.string().optional(),
});
export type EnvironmentValue = Readonly<z.infer<typeof environmentValueSchema>>;

/** Names of headers, variables and settings whose values are credentials. */
export const CREDENTIAL_NAME = /auth|cookie|key|token(?!s)|secret|passw/i;

export const textSchema = z.string().min(1);
export const valueSchema = z.union([textSchema, environmentValueSchema]);
/** A path inside the project. */
export const projectPathSchema = textSchema.refine(
  (name) => !/^([/\\]|[A-Za-z]:)/.test(name),
  'must be a path relative to the project',
);
/** A TypeScript or JavaScript module inside the project. */
export const moduleSchema = projectPathSchema.refine((name) => /\.[cm]?[jt]s$/.test(name), 'must be a .ts or .js file');

/** A setting that is read from environment variable `name` (or the first set of several) when the project is opened. */
export function env(name: string | readonly string[], options: { readonly fallback?: string } = {}): EnvironmentValue {
  return { $env: typeof name === 'string' ? [name] : [...name], secret: false, ...options };
}

/** Like `env`, for keys and passwords: the value is never printed, logged or stored. */
export function secret(name: string | readonly string[]): EnvironmentValue {
  return { $env: typeof name === 'string' ? [name] : [...name], secret: true };
}

export const moneySchema = z.strictObject({ microUnits: z.number().int().min(0), currency: z.string().length(3) });

/** An amount in yuan. */
export function cny(amount: number): { microUnits: number; currency: string } {
  return { microUnits: Math.round(amount * 1_000_000), currency: 'CNY' };
}

/** An amount in US dollars. */
export function usd(amount: number): { microUnits: number; currency: string } {
  return { microUnits: Math.round(amount * 1_000_000), currency: 'USD' };
}

/** Reads a value from the environment; undefined when no variable is set and there is no fallback. */
export function resolveValue(
  value: string | EnvironmentValue | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  for (const name of value.$env) {
    const found = environment[name]?.trim();
    if (found !== undefined && found !== '') return found;
  }
  return value.fallback;
}

/** How a value is named to people: never its content when it is a secret. */
export function describeValue(value: string | EnvironmentValue | undefined): string {
  if (value === undefined) return 'not set';
  return typeof value === 'string' ? value : `$${value.$env.join(' or $')}`;
}
