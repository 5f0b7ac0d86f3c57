import { FieldkitError } from '@fieldkit/core';
import { parseFaults } from './faults.ts';
import { type Latency, parseDistribution } from './latency.ts';
import type { RateLimits } from './rate-limits.ts';
import { readScript } from './script.ts';
import { createStandin, type Standin } from './standin.ts';

/** The stand-in's options as they are written on a command line. */
export interface StandinArguments {
  /** Path of a JSON script. */
  readonly script?: string | undefined;
  /** `first=lognormal:300,0.4;between=20`, or one distribution for the first token. */
  readonly latency?: string | undefined;
  /** `error-500@0.1,cut-mid-stream@0.05:chat`. */
  readonly faults?: string | undefined;
  /** `rpm=600,tpm=60000`. */
  readonly limits?: string | undefined;
  readonly seed?: string | undefined;
  /** Further model names, separated by commas. */
  readonly models?: string | undefined;
}

/** @throws {FieldkitError} `INVALID_OPTION` saying how the option is written. */
export function standinFromArguments({ script, latency, faults, limits, seed, models }: StandinArguments): Standin {
  const seeded = seed === undefined ? undefined : Number(seed);
  if (seeded !== undefined && !Number.isInteger(seeded))
    throw new FieldkitError('INVALID_OPTION', `--seed is a whole number, not ${seed}`);
  return createStandin({
    ...(script === undefined ? {} : { script: readScript(script) }),
    ...(latency === undefined ? {} : { latency: parseLatency(latency) }),
    ...(faults === undefined ? {} : { faults: parseFaults(faults) }),
    ...(limits === undefined ? {} : { limits: parseLimits(limits) }),
    ...(seeded === undefined ? {} : { seed: seeded }),
    ...(models === undefined ? {} : { models: models.split(',').map((name) => name.trim()) }),
  });
}

function parseLatency(text: string): Latency {
  const parts = Object.fromEntries(
    text.split(';').map((part) => {
      const [, name = 'first', value = part] = /^\s*(first|between)\s*=(.*)$/.exec(part) ?? [];
      return [name, parseDistribution(value)];
    }),
  );
  return {
    ...(parts.first === undefined ? {} : { firstToken: parts.first }),
    ...(parts.between === undefined ? {} : { betweenTokens: parts.between }),
  };
}

function parseLimits(text: string): RateLimits {
  const limits: { requestsPerMinute?: number; tokensPerMinute?: number } = {};
  for (const part of text.split(',')) {
    const [, name, value] = /^\s*(rpm|tpm)\s*=\s*([\d_]+)\s*$/.exec(part) ?? [];
    if (value === undefined)
      throw new FieldkitError('INVALID_OPTION', `limits are written rpm=600,tpm=60000, not ${JSON.stringify(text)}`);
    const number = Number(value.replaceAll('_', ''));
    if (name === 'rpm') limits.requestsPerMinute = number;
    else limits.tokensPerMinute = number;
  }
  return limits;
}
