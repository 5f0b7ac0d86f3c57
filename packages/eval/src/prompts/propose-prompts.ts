import { type ChatModel, complete } from '@fieldkit/core';
import { z } from 'zod';
import { causes } from '../attribution/causes.ts';
import { jsonOf } from '../scorers/json-output.ts';
import type { PromptUnderTest } from '../targets/prompt-target.ts';
import type { OptimisePromptOptions } from './optimise-prompt.ts';

const proposalSchema = z.object({
  prompts: z.array(z.object({ reason: z.string(), system: z.string(), user: z.string() })),
});

/** Candidates from a model that is shown the prompt, the clusters of failures, and what each cause means. An answer that is not JSON gives none. */
export function createProposer(
  model: ChatModel,
  { signal }: { readonly signal?: AbortSignal } = {},
): OptimisePromptOptions['propose'] {
  return async ({ prompt, clusters, count, round }) => {
    const failures = clusters.map(({ cause, items, examples }) => ({
      cause,
      meaning: causes[cause].says,
      items,
      examples: examples.map(({ question, evidence }) => ({ question, evidence })),
    }));
    const { text } = await complete(
      model,
      {
        messages: [
          {
            role: 'system',
            content: [
              'You improve prompts for a language model. You are given a prompt and what went wrong with it, grouped by cause.',
              `Write up to ${count} different new versions, each aimed at the most frequent causes. Keep every {{placeholder}} exactly, keep the language of the prompt, and do not mention the examples: they stand for many others.`,
              'Answer in JSON: {"prompts":[{"reason":"...","system":"...","user":"..."}]}.',
            ].join('\n'),
          },
          {
            role: 'user',
            content: JSON.stringify({ prompt: { system: prompt.system ?? '', user: prompt.user }, failures }),
          },
        ],
        output: {
          name: 'prompts',
          schema: {
            type: 'object',
            properties: {
              prompts: {
                type: 'array',
                items: {
                  type: 'object',
                  properties: { reason: { type: 'string' }, system: { type: 'string' }, user: { type: 'string' } },
                  required: ['reason', 'system', 'user'],
                  additionalProperties: false,
                },
              },
            },
            required: ['prompts'],
            additionalProperties: false,
          },
        },
        thinking: false,
      },
      signal === undefined ? {} : { signal },
    );
    const parsed = proposalSchema.safeParse(jsonOf(text)?.value);
    if (!parsed.success) return [];
    return parsed.data.prompts.map(({ system, user }, index): PromptUnderTest => {
      const { system: _before, ...rest } = prompt;
      return { ...rest, name: `${prompt.name}+${round}.${index + 1}`, user, ...(system === '' ? {} : { system }) };
    });
  };
}
