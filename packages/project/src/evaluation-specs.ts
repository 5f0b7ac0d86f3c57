import { z } from 'zod';
import { environmentValueSchema, projectPathSchema, textSchema, valueSchema } from './config-values.ts';
import { settingsSchema } from './tool-specs.ts';

/** What `fieldkit eval` may ask besides the project's own agent, and who judges: one schema per kind of target. */

const targetName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'must be letters, digits, dots, - and _');

/** Where in a JSON answer something stands: `output.text`, `docs[*].content`, `items[0].id`. */
const answerPath = textSchema;

const ownWords = {
  /** An answer that contains one of these is `insufficient`: the system's own words for "not in the documents". */
  insufficientWhen: z.array(textSchema).default([]),
};

const promptTargetSpecSchema = z.strictObject({
  kind: z.literal('prompt'),
  name: targetName,
  /** Prompt files; with several models it is every prompt on every model. */
  prompts: z.array(projectPathSchema).min(1),
  /** `chat`, `fast`, or models of the endpoint. */
  models: z.array(textSchema).min(1).default(['chat']),
  /** Whether the models think first. Default: as the prompt file says, else no. */
  thinking: z.boolean().exactOptional(),
});

const httpTargetSpecSchema = z.strictObject({
  kind: z.literal('http'),
  name: targetName,
  url: valueSchema,
  headers: settingsSchema.default({}),
  /** The request's JSON; strings may hold `{{question}}`, `{{session}}`, `{{subject}}` or a variable of the case. */
  body: z.unknown(),
  answer: answerPath,
  contexts: answerPath.exactOptional(),
  toolCalls: z
    .strictObject({ at: answerPath, name: answerPath.exactOptional(), arguments: answerPath.exactOptional() })
    .exactOptional(),
  /** Where the conversation's id is, to ask a follow-up in it. */
  session: answerPath.exactOptional(),
  usage: z.strictObject({ inputTokens: answerPath, outputTokens: answerPath }).exactOptional(),
  ...ownWords,
});

const difyTargetSpecSchema = z.strictObject({
  kind: z.literal('dify'),
  name: targetName,
  /** Up to `/v1`. */
  baseUrl: valueSchema,
  apiKey: environmentValueSchema,
  ...ownWords,
});

const modelStudioTargetSpecSchema = z.strictObject({
  kind: z.literal('model-studio'),
  name: targetName,
  /** `https://dashscope.aliyuncs.com` or the region's. */
  host: valueSchema,
  appId: valueSchema,
  apiKey: environmentValueSchema,
  ...ownWords,
});

const outputsTargetSpecSchema = z.strictObject({
  kind: z.literal('outputs'),
  name: targetName,
  /** JSON Lines of `id`, `answer` and, when known, `status`, `contexts`, `toolCalls`. */
  file: projectPathSchema,
});

export const targetSpecSchema = z.discriminatedUnion('kind', [
  promptTargetSpecSchema,
  httpTargetSpecSchema,
  difyTargetSpecSchema,
  modelStudioTargetSpecSchema,
  outputsTargetSpecSchema,
]);
export type TargetSpec = z.output<typeof targetSpecSchema>;
export type TargetSpecOf<Kind extends TargetSpec['kind']> = Extract<TargetSpec, { kind: Kind }>;

const judgeSpecSchema = z.strictObject({
  /** Names its score. */
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'must be lower-case letters, digits and hyphens'),
  /** The question that the judge decides: "Is the answer correct?" */
  criterion: textSchema,
  /** What the judge may say, each with its value (0 to 1) and meaning. Default: pass and fail. */
  levels: z
    .array(z.strictObject({ verdict: textSchema, value: z.number().min(0).max(1), meaning: textSchema }))
    .min(2)
    .exactOptional(),
  /** One or several: `chat`, `fast`, or models of the endpoint. Best one that is not under test. */
  models: z.array(textSchema).min(1).default(['chat']),
  repeats: z.number().int().min(1).max(10).default(1),
  sees: z
    .array(z.enum(['references', 'evidence']))
    .min(1)
    .default(['references']),
});
export type JudgeSpec = z.output<typeof judgeSpecSchema>;

export const evaluationSchema = z.strictObject({
  targets: z.array(targetSpecSchema).default([]),
  judges: z.array(judgeSpecSchema).default([]),
});
