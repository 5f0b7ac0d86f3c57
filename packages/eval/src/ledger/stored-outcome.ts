import { answerSchema, costSchema, errorCodes, FieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import type { Outcome } from '../target.ts';

/** An outcome as it is stored: everything but the trace. */
const storedOutcomeSchema = z.object({
  answer: answerSchema,
  durationMs: z.number().min(0),
  error: z
    .object({
      code: z.enum(errorCodes as [string, ...string[]]), // a literal table that is never empty
      message: z.string(),
      retryable: z.boolean(),
    })
    .optional(),
  contexts: z.array(z.string()).optional(),
  toolCalls: z
    .array(
      z.object({
        name: z.string(),
        arguments: z.record(z.string(), z.unknown()),
        isError: z.boolean().optional(),
        result: z.string().optional(),
      }),
    )
    .optional(),
  finish: z.enum(['stop', 'length', 'tool-calls', 'content-filter']).optional(),
  reasoning: z.string().optional(),
  cost: costSchema.optional(),
});

export function packOutcome({ run: _run, ...outcome }: Outcome): string {
  return JSON.stringify({ ...outcome, durationMs: Math.round(outcome.durationMs * 100) / 100 });
}

/** @throws {FieldkitError} `STORE_DAMAGED` when the text is no stored outcome. */
export function unpackOutcome(text: string, where: string): Outcome {
  try {
    // The schema's optional fields may be absent but are never undefined after JSON.
    return storedOutcomeSchema.parse(JSON.parse(text)) as Outcome;
  } catch (error) {
    throw new FieldkitError('STORE_DAMAGED', `${where}: a stored outcome cannot be read`, { cause: error });
  }
}
