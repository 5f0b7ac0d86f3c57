import type { ChatMessage, ChatRequest } from '@fieldkit/core';
import type { JsonObject } from '../json.ts';
/** Messages as every OpenAI-compatible endpoint reads them: plain strings, never content parts. */
export declare function wireMessages(
  messages: readonly ChatMessage[],
  options?: {
    readonly reasoning?: boolean;
  },
): JsonObject[];
/** `tools`, `tool_choice` and the sampling fields that all endpoints name alike. Absent fields stay absent. */
export declare function commonFields(request: ChatRequest): Record<string, unknown>;
/** `response_format` for a JSON schema, in OpenAI's shape (`strict` inside). */
export declare function schemaFormat(output: NonNullable<ChatRequest['output']>): JsonObject;
/** Messages that ask for a schema in words, for models that only know plain JSON mode; it says "JSON", which that mode demands. */
export declare function withSchemaInWords(
  messages: readonly ChatMessage[],
  output: NonNullable<ChatRequest['output']>,
): ChatMessage[];
