import { readFileSync } from 'node:fs';
import { FieldkitError } from '@fieldkit/core';
import { z } from 'zod';

const replySchema = z.strictObject({
  /** Regular expression for the last user message; a reply with one can be given any number of times. Without: once, in order. */
  match: z.string().optional(),
  text: z.string().optional(),
  toolCalls: z.array(z.strictObject({ name: z.string(), arguments: z.record(z.string(), z.unknown()) })).optional(),
  /** Recorded chunks of a stream, sent as they are. */
  chunks: z.array(z.unknown()).optional(),
  error: z.strictObject({ status: z.number().int(), code: z.string(), message: z.string() }).optional(),
});

const scriptSchema = z.strictObject({
  replies: z.array(replySchema),
  /** When no reply is left: quote evidence as usual, or fail. */
  otherwise: z.enum(['extractive', 'error']).default('extractive'),
});

/** What the stand-in says instead of quoting: for tests and rehearsals. */
export type Script = z.input<typeof scriptSchema>;
export type ScriptReply = z.infer<typeof replySchema>;

/** @throws {FieldkitError} `INVALID_OPTION` naming what does not fit. */
export function parseScript(value: unknown, where = 'script'): z.infer<typeof scriptSchema> {
  const parsed = scriptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FieldkitError(
    'INVALID_OPTION',
    `${where}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is no script'}`,
  );
}

export function readScript(path: string): z.infer<typeof scriptSchema> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `cannot read the script ${path}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
  return parseScript(value, path);
}

/** The reply that is due for a question, `exhausted` when the script is over and nothing else may be said, or undefined. */
export function createPrompter(
  script: Script | undefined,
): (question: string) => ScriptReply | 'exhausted' | undefined {
  if (script === undefined) return () => undefined;
  const { replies, otherwise } = parseScript(script);
  const waiting = replies.filter(({ match }) => match === undefined);
  const matching = replies.flatMap((reply) =>
    reply.match === undefined ? [] : [{ reply, pattern: new RegExp(reply.match, 'iu') }],
  );
  return (question) =>
    matching.find(({ pattern }) => pattern.test(question))?.reply ??
    waiting.shift() ??
    (otherwise === 'error' ? 'exhausted' : undefined);
}
