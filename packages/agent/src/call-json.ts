import { type JsonSchema, toFieldkitError } from '@fieldkit/core';
import type { z } from 'zod';
import { callModel, isOverBudget, type ModelChoice, type NodeContext } from './call-model.ts';
import type { NodeSpec } from './plan.ts';

export interface JsonRequest<T extends z.ZodType> {
  readonly system: string;
  readonly user: string;
  readonly name: string;
  readonly schema: JsonSchema;
  readonly parse: T;
}

/** Codes of failures that another try of the whole run would meet again. */
const HOPELESS = ['MODEL_UNAUTHORIZED', 'MODEL_FORBIDDEN', 'MODEL_ACCOUNT_UNPAID', 'INVALID_CONFIG'];

/**
 * One JSON-schema call of a node that can go on without its result: undefined, with a finding, when the model fails or writes something
 * else.
 *
 * @throws what ends the run anyway: a cancellation, a wrong key, a wrong configuration.
 */
export async function callJson<T extends z.ZodType>(
  context: NodeContext<ModelChoice & NodeSpec>,
  { system, user, name, schema, parse }: JsonRequest<T>,
): Promise<z.output<T> | undefined> {
  const { run } = context;
  let problem: string;
  try {
    const messages = [
      { role: 'system' as const, content: system },
      { role: 'user' as const, content: user },
    ];
    const { text } = await callModel(context, { messages, output: { name, schema } });
    const parsed = parse.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    problem = `the model's output does not fit the schema (${parsed.error.issues[0]?.message ?? 'invalid'})`;
  } catch (thrown) {
    const error = toFieldkitError(thrown);
    if ((run.signal.aborted && !isOverBudget(error, run)) || HOPELESS.includes(error.code)) throw error;
    problem = `${error.message} (${error.code})`;
  }
  run.count(`${context.spec.kind}Fallbacks`);
  run.finding({
    severity: 'warning',
    code: `${context.spec.kind}-fallback`,
    message: `${context.name}: ${problem}; it goes on without`,
    where: context.name,
  });
  return undefined;
}

/** JSON of a model's text, a code fence around it allowed; undefined when it is none. */
export function parseJson(text: string): unknown {
  const body = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(body.trim());
  } catch {
    return undefined;
  }
}
