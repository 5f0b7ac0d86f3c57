import { type ChatMessage, detectLanguage, type JsonSchema, sentenceSpans, toFieldkitError } from '@fieldkit/core';
import { z } from 'zod';
import { parseJson } from '../call-json.ts';
import { callModel, isOverBudget, type NodeContext } from '../call-model.ts';
import { shownText } from '../guards.ts';
import { plainSentence } from '../plain-sentences.ts';
import type { UnderstandSpec } from '../plan.ts';
import { renderPrompt } from '../prompts.ts';
import type { AgentState, StatePatch, Understanding } from '../state.ts';

/** A question longer than this is not plain, in UTF-16 code units. */
const PLAIN_LENGTH = 400;

/** Makes the question stand alone. Out of scope: sets a refusal. */
export async function runUnderstand(state: AgentState, context: NodeContext<UnderstandSpec>): Promise<StatePatch> {
  const { spec } = context;
  const needed = spec.when === 'always' || isModelNeeded(state, spec);
  const understanding = needed ? await askModel(state, context) : asAsked(state);
  if (understanding.inScope || spec.scope === undefined) return { understanding: { ...understanding, inScope: true } };
  const text = plainSentence('outOfScope', understanding.language);
  context.run.emit({ type: 'text-delta', text });
  return { understanding, outcome: { text, citations: [], status: 'refused' } };
}

function isModelNeeded({ question, history }: AgentState, spec: UnderstandSpec): boolean {
  if (history.length > 0 || spec.scope !== undefined || spec.intents !== undefined || spec.filters.length > 0)
    return true;
  const marks = question.match(/[?？]/g)?.length ?? 0;
  return marks > 1 || question.length > PLAIN_LENGTH || sentenceSpans(question).length > 2;
}

function asAsked({ question }: AgentState): Understanding {
  return { question, language: detectLanguage(question), inScope: true, subQuestions: [] };
}

const outputSchema = z.object({
  question: z.string().trim().min(1).max(4_000),
  language: z.string().regex(/^[a-zA-Z]{2,3}\b/),
  inScope: z.boolean().default(true),
  subQuestions: z.array(z.string().trim().min(1)).max(12).default([]),
  intent: z.string().optional(),
  filter: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
});

async function askModel(state: AgentState, context: NodeContext<UnderstandSpec>): Promise<Understanding> {
  const { run, spec, prompt } = context;
  const fallback = asAsked(state);
  const scope = spec.scope === undefined ? 'Always true.' : `It is meant for: ${spec.scope}`;
  const intents = Object.entries(spec.intents ?? {});
  const more =
    intents.length === 0 ? '' : `\n\nIntents: ${intents.map(([name, what]) => `${name} (${what})`).join('; ')}.`;
  const messages: ChatMessage[] = [
    { role: 'system', content: renderPrompt(prompt, { scope }) + more },
    ...state.history.flatMap(({ question, answer }): ChatMessage[] => [
      { role: 'user', content: question },
      { role: 'assistant', content: shownText(answer, run.plan.guards) }, // it says what documents said
    ]),
    { role: 'user', content: state.question },
  ];
  try {
    const { text } = await callModel(context, {
      messages,
      output: { name: 'understanding', schema: jsonSchema(spec) },
    });
    const parsed = outputSchema.safeParse(parseJson(text));
    if (parsed.success) {
      const { language, intent, filter, ...rest } = parsed.data;
      const known = Object.entries(filter ?? {}).filter(
        ([key, value]) => spec.filters.includes(key) && value.length > 0,
      );
      return {
        ...rest,
        // Letters tell the language better than a model that was told to write JSON; a model tells Latin languages apart.
        language:
          fallback.language === 'en' || fallback.language === 'und'
            ? language.slice(0, 2).toLowerCase()
            : fallback.language,
        subQuestions: rest.subQuestions.length > 1 ? rest.subQuestions : [],
        ...(intent === undefined || !intents.some(([name]) => name === intent) ? {} : { intent }),
        ...(known.length === 0 ? {} : { filter: Object.fromEntries(known) }),
      };
    }
    run.count('understandFallbacks');
    run.finding({
      severity: 'warning',
      code: 'understanding-invalid',
      message: `${context.name}: the model's output does not fit the schema (${parsed.error.issues[0]?.message ?? 'invalid'}); the question is taken as asked`,
      where: context.name,
      suggestion: 'choose a model with JSON schema output for this node',
    });
  } catch (thrown) {
    const error = toFieldkitError(thrown);
    if (run.signal.aborted && !isOverBudget(error, run)) throw error;
    if (['MODEL_UNAUTHORIZED', 'MODEL_FORBIDDEN', 'MODEL_ACCOUNT_UNPAID', 'INVALID_CONFIG'].includes(error.code))
      throw error;
    run.count('understandFallbacks');
    run.finding({
      severity: 'warning',
      code: 'understanding-failed',
      message: `${context.name}: ${error.message} (${error.code}); the question is taken as asked`,
      where: context.name,
    });
  }
  return fallback;
}

function jsonSchema(spec: UnderstandSpec): JsonSchema {
  const properties: Record<string, JsonSchema> = {
    question: { type: 'string', description: 'The last message as one standalone question, in its own language' },
    language: { type: 'string', description: 'Language of the last message, BCP 47, such as en or zh' },
    inScope: { type: 'boolean', default: true, description: 'Whether the agent is meant to answer it' },
    subQuestions: {
      type: 'array',
      items: { type: 'string' },
      default: [],
      description: 'Its parts, when it asks several things; otherwise empty',
    },
  };
  const names = Object.keys(spec.intents ?? {});
  if (names.length > 0) properties.intent = { type: 'string', enum: names, default: names[0] };
  if (spec.filters.length > 0) {
    const values = Object.fromEntries(spec.filters.map((key) => [key, { type: 'array', items: { type: 'string' } }]));
    properties.filter = {
      type: 'object',
      properties: values,
      default: {},
      description: 'Only when the question itself restricts the search',
    };
  }
  const required = Object.keys(properties).filter((name) => name !== 'filter');
  return { type: 'object', properties, required, additionalProperties: false };
}
