import type { ChatImage, ChatMessage, ChatRequest, Finding } from '@fieldkit/core';
import type { JsonObject } from '../json.ts';
import type { ModelFacts } from '../model-facts.ts';

/** Messages as every OpenAI-compatible endpoint reads them: plain strings; content parts only where a message shows pictures. */
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
      case 'user':
        return { role: 'user', content: userContent(message.content, message.images ?? []) };
      default:
        return { role: message.role, content: message.content };
    }
  });
}

/** Whether a call of a tool is demanded of a model that cannot be made to call one. */
function mustRelax({ tools = [], toolChoice }: ChatRequest, facts: ModelFacts | undefined): boolean {
  const forced = tools.length > 0 && (toolChoice === 'required' || typeof toolChoice === 'object');
  return forced && facts?.forcedTools === false;
}

/** What the facts of a model change in a request, said to whoever asked. */
export function commonFindings(request: ChatRequest, model: string, facts: ModelFacts | undefined): Finding[] {
  if (!mustRelax(request, facts)) return [];
  return [
    {
      severity: 'warning',
      code: 'tool-choice-relaxed',
      message: `${model} cannot be forced to call a tool; the choice is left to it`,
    },
  ];
}

function userContent(text: string, images: readonly ChatImage[]): string | JsonObject[] {
  if (images.length === 0) return text;
  return [
    ...images.map(({ mediaType, base64 }) => ({
      type: 'image_url',
      image_url: { url: `data:${mediaType};base64,${base64}` },
    })),
    { type: 'text', text },
  ];
}

/** `tools`, `tool_choice` and the sampling fields that all endpoints name alike. Absent fields stay absent. */
export function commonFields(request: ChatRequest, facts: ModelFacts | undefined): Record<string, unknown> {
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
            toolChoice === undefined || mustRelax(request, facts)
              ? 'auto'
              : typeof toolChoice === 'string'
                ? toolChoice
                : { type: 'function', function: { name: toolChoice.name } },
        }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(seed === undefined ? {} : { seed }),
  };
}

/** The bound of the answer, under the name that the model knows. */
export function limitField(
  { maxOutputTokens }: ChatRequest,
  facts: ModelFacts | undefined,
  usual: NonNullable<ModelFacts['outputLimit']>,
): JsonObject {
  return maxOutputTokens === undefined ? {} : { [facts?.outputLimit ?? usual]: maxOutputTokens };
}

/** Structured output by the best mode that the model has: a schema, else JSON with the schema in words, else words alone. */
export function outputFields(
  { messages, output }: ChatRequest,
  facts: ModelFacts | undefined,
): { readonly messages: readonly ChatMessage[]; readonly format: JsonObject } {
  if (output === undefined) return { messages, format: {} };
  const modes = facts?.jsonModes ?? ['schema'];
  if (modes.includes('schema')) return { messages, format: { response_format: schemaFormat(output) } };
  return {
    messages: withSchemaInWords(messages, output),
    format: modes.includes('object') ? { response_format: { type: 'json_object' } } : {},
  };
}

/** `response_format` for a JSON schema, in OpenAI's shape (`strict` inside). */
function schemaFormat(output: NonNullable<ChatRequest['output']>): JsonObject {
  return { type: 'json_schema', json_schema: { name: output.name, schema: output.schema, strict: true } };
}

/** Messages that ask for a schema in words, for models that only know plain JSON mode; it says "JSON", which that mode demands. */
function withSchemaInWords(
  messages: readonly ChatMessage[],
  output: NonNullable<ChatRequest['output']>,
): ChatMessage[] {
  const words = `Answer with one JSON object that fits this JSON Schema and nothing else:\n${JSON.stringify(output.schema)}`;
  const first = messages[0];
  return first?.role === 'system'
    ? [{ role: 'system', content: `${first.content}\n\n${words}` }, ...messages.slice(1)]
    : [{ role: 'system', content: words }, ...messages];
}
