import { z } from 'zod';
import { FieldkitError } from './error.ts';

/** Money in millionths of a currency unit, so that sums stay exact. */
export const costSchema = z.object({ microUnits: z.number().int(), currency: z.string().length(3) });
export type Cost = Readonly<z.infer<typeof costSchema>>;

/** Tokens of one call or the sum of several. */
export const usageSchema = z.object({
  inputTokens: z.number().int().min(0),
  /** Reasoning included. */
  outputTokens: z.number().int().min(0),
  reasoningTokens: z.number().int().min(0).optional(),
  /** Part of `inputTokens` that was read from a cache. */
  cachedTokens: z.number().int().min(0).optional(),
  /** Calls summed up here. */
  calls: z.number().int().min(0),
});
export type Usage = Readonly<z.infer<typeof usageSchema>>;

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, calls: 0 };

export function addUsage(a: Usage, b: Usage): Usage {
  const sum = (x: number | undefined, y: number | undefined) =>
    x === undefined && y === undefined ? undefined : (x ?? 0) + (y ?? 0);
  const reasoningTokens = sum(a.reasoningTokens, b.reasoningTokens);
  const cachedTokens = sum(a.cachedTokens, b.cachedTokens);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    calls: a.calls + b.calls,
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...(cachedTokens === undefined ? {} : { cachedTokens }),
  };
}

/**
 * The sum of two costs, either of which may be absent.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when they are in different currencies.
 */
export function addCost(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.currency !== b.currency) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `costs in ${a.currency} and ${b.currency} cannot be added; give prices in one currency`,
    );
  }
  return { currency: a.currency, microUnits: a.microUnits + b.microUnits };
}
