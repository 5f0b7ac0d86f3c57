import { FieldkitError } from '@fieldkit/core';

/** Milliseconds: a fixed number, or drawn anew each time. */
export type Distribution =
  | number
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  /** Values below 0 count as 0. */
  | { readonly kind: 'normal'; readonly mean: number; readonly deviation: number }
  | { readonly kind: 'lognormal'; readonly median: number; readonly sigma: number }
  | { readonly kind: 'exponential'; readonly mean: number };

export interface Latency {
  /** Until the answer begins. Default 0. */
  readonly firstToken?: Distribution;
  /** Between two pieces of a stream. Default 0. */
  readonly betweenTokens?: Distribution;
}

/** What was drawn for one request, so that a measurement can be held against it. */
export interface DrawnLatency {
  /** Of the request, from 1 in order of arrival. */
  readonly number: number;
  readonly path: string;
  readonly firstTokenMs: number;
  readonly betweenTokensMs: number[];
}

export function draw(distribution: Distribution | undefined, random: () => number): number {
  if (distribution === undefined) return 0;
  if (typeof distribution === 'number') return distribution;
  switch (distribution.kind) {
    case 'uniform':
      return distribution.min + random() * (distribution.max - distribution.min);
    case 'normal':
      return Math.max(0, distribution.mean + distribution.deviation * gaussian(random));
    case 'lognormal':
      return distribution.median * Math.exp(distribution.sigma * gaussian(random));
    case 'exponential':
      return -distribution.mean * Math.log(1 - random());
  }
}

/** Standard normal (Box and Muller 1958). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * Reads `120`, `uniform:100,300`, `normal:200,40`, `lognormal:200,0.5` or `exponential:80`.
 *
 * @throws {FieldkitError} `INVALID_OPTION`.
 */
export function parseDistribution(text: string): Distribution {
  const [, kind, first = '', second = ''] = /^(?:(\w+):)?([\d.]+)(?:,([\d.]+))?$/.exec(text.trim()) ?? [];
  const [a, b] = [Number(first), Number(second)];
  if (kind === undefined && first !== '' && second === '') return a;
  if (kind === 'uniform' && second !== '' && b >= a) return { kind, min: a, max: b };
  if (kind === 'normal' && second !== '') return { kind, mean: a, deviation: b };
  if (kind === 'lognormal' && second !== '') return { kind, median: a, sigma: b };
  if (kind === 'exponential' && second === '') return { kind, mean: a };
  throw new FieldkitError(
    'INVALID_OPTION',
    `a latency is written like 120, uniform:100,300, normal:200,40, lognormal:200,0.5 or exponential:80, not ${JSON.stringify(text)}`,
  );
}
