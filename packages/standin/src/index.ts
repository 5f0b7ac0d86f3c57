export { type FaultKind, type FaultRule, faultKinds } from './faults.ts';
export type { Distribution, DrawnLatency, Latency } from './latency.ts';
export type { RateLimits } from './rate-limits.ts';
export type { Script } from './script.ts';
export { createStandin, type RunningStandin, STANDIN_MODELS, type Standin, type StandinOptions } from './standin.ts';
export { type StandinArguments, standinFromArguments } from './standin-arguments.ts';

/** The script of the stand-in's process, for `node`; it lies beside this file in source and in `dist`. */
export const standinEntry: URL = new URL(
  import.meta.url.endsWith('.ts') ? './standin-process.ts' : './standin-process.js',
  import.meta.url,
);
