import type { Cost, Usage } from '@fieldkit/core';
import type { Prices } from './model-facts.ts';

/**
 * What a call costs: the tier is chosen by its input length, cached input has its own price, reasoning is billed as output. Rounded up to a
 * whole millionth. Undefined without prices.
 */
export function costOf(
  usage: Usage,
  prices: Prices | undefined,
  options: { readonly batch?: boolean } = {},
): Cost | undefined {
  if (prices === undefined) return undefined;
  const tier =
    prices.tiers.find((one) => one.upToInputTokens === undefined || usage.inputTokens <= one.upToInputTokens) ??
    prices.tiers.at(-1);
  if (tier === undefined) return undefined;
  const cached = options.batch === true ? 0 : (usage.cachedTokens ?? 0);
  // A price per million tokens is a number of millionths per token.
  const microUnits =
    (usage.inputTokens - cached) * tier.input +
    cached * (tier.cachedInput ?? tier.input) +
    usage.outputTokens * tier.output;
  const factor = options.batch === true ? (prices.batchFactor ?? 1) : 1;
  return { microUnits: Math.ceil(microUnits * factor - 1e-9), currency: prices.currency };
}
