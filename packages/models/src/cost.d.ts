import type { Cost, Usage } from '@fieldkit/core';
import type { Prices } from './model-facts.ts';
/**
 * What a call costs: the tier is chosen by its input length, cached input has its own price, reasoning is billed as output. Rounded up to a
 * whole millionth. Undefined without prices.
 */
export declare function costOf(
  usage: Usage,
  prices: Prices | undefined,
  options?: {
    readonly batch?: boolean;
  },
): Cost | undefined;
