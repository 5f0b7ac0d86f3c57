import type { ChatMessage, ChatRequest } from '@fieldkit/core';
import type { JsonObject } from '../json.ts';

/** Messages as every OpenAI-compatible endpoint reads them: plain strings, never content parts. */
export function wireMessages(
  messages: readonly ChatMessage[],
  options: { readonly reasoning?: boolean } = {},
): JsonObject[] {
  return messages.map((message) => {
    switch (message.role) {
      case 'tool':
        return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
      case 'assistant': {
        const calls = message.toolCalls ?? [];
        return {
          role: 'assistant',
          content: message.content,
          ...(options.reasoning === true && message.reasoning !== undefined && message.reasoning !== ''
            ? { reasoning_content: message.reasoning }
            : {}),
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map(({ id, name, arguments: text }) => ({
                  id,
                  type: 'function',
                  function: { name, arguments: text === '' ? '{}' : text },
                })),
              }),
        };
      }
      default:
        return { role: message.role, content: message.content };
    }
  });
}

/** `tools`, `tool_choice` and the sampling fields that all endpoints name alike. Absent fields stay absent. */
export function commonFields(request: ChatRequest): Record<string, unknown> {
  const { tools = [], toolChoice, temperature, seed } = request;
  return {
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, inputSchema }) => ({
            type: 'function',
            function: { name, description, parameters: inputSchema },
          })),
          tool_choice:
            toolChoice === undefined || typeof toolChoice === 'string'
              ? (toolChoice ?? 'auto')
              : { type: 'function', function: { name: toolChoice.name } },
        }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** `response_format` for a JSON schema, in OpenAI's shape (`strict` inside). */
export function schemaFormat(output: NonNullable<ChatRequest['output']>): JsonObject {
  return { type: 'json_schema', json_schema: { name: output.name, schema: output.schema, strict: true } };
}

/** Messages that ask for a schema in words, for models that only know plain JSON mode; it says "JSON", which that mode demands. */
export function withSchemaInWords(
  messages: readonly ChatMessage[],
  output: NonNullable<ChatRequest['output']>,
): ChatMessage[] {
  const words = `Answer with one JSON object that fits this JSON Schema and nothing else:\n${JSON.stringify(output.schema)}`;
  const first = messages[0];
  return first?.role === 'system'
    ? [{ role: 'system', content: `${first.content}\n\n${words}` }, ...messages.slice(1)]
    : [{ role: 'system', content: words }, ...messages];
}
