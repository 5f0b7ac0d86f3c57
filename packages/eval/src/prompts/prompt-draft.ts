import type { JsonSchema } from '@fieldkit/core';

/** A prompt with its settings, as it goes to a model: what lint looks at and rewriting changes. */
export interface PromptDraft {
  readonly messages: readonly {
    readonly role: 'system' | 'developer' | 'user' | 'assistant';
    readonly content: string;
  }[];
  /** Default: not said, so the model's own. */
  readonly thinking?: boolean;
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  /** How JSON is asked for by parameter. */
  readonly output?: 'json-object' | { readonly schema: JsonSchema };
  readonly tools?: readonly { readonly name: string; readonly description: string }[];
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string };
  /** Placeholders whose values are retrieved or come from users: data, not instructions. Default `contexts`, `documents`, `evidence`. */
  readonly dataPlaceholders?: readonly string[];
}

/** All texts of a draft, one after the other. */
export function textOf({ messages }: Pick<PromptDraft, 'messages'>): string {
  return messages.map(({ content }) => content).join('\n');
}
