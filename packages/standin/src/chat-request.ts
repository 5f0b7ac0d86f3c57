import { z } from 'zod';
import type { OfferedTool } from './choose-tools.ts';
import type { WireMessage } from './conversation.ts';

const contentSchema = z
  .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().optional() })), z.null()])
  .optional()
  .transform((content) =>
    typeof content === 'string' ? content : (content ?? []).map(({ text = '' }) => text).join('\n'),
  );

/** Whether a message shows a picture, which the stand-in takes and cannot look at. */
export function showsPicture(json: unknown): boolean {
  const { messages } = json as { messages: readonly { content?: unknown }[] }; // parsed as a body before
  return messages.some(({ content }) => Array.isArray(content) && content.some((part) => part?.type === 'image_url'));
}

const messageSchema = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: contentSchema,
  tool_calls: z
    .array(z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) }))
    .nullish(),
});

/** The body of `/chat/completions`, as far as the stand-in reads it. */
export const chatRequestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  tools: z
    .array(
      z.looseObject({
        type: z.literal('function'),
        function: z.looseObject({
          name: z.string(),
          description: z.string().default(''),
          parameters: z.record(z.string(), z.unknown()).default({}),
        }),
      }),
    )
    .nullish(),
  tool_choice: z
    .union([z.enum(['auto', 'none', 'required']), z.looseObject({ function: z.looseObject({ name: z.string() }) })])
    .nullish(),
  response_format: z
    .looseObject({
      type: z.enum(['text', 'json_object', 'json_schema']),
      json_schema: z.looseObject({ schema: z.record(z.string(), z.unknown()).default({}) }).optional(),
    })
    .nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  enable_thinking: z.boolean().nullish(),
});
export type ChatBody = z.infer<typeof chatRequestSchema>;

export function messagesOf({ messages }: ChatBody): WireMessage[] {
  return messages.map(({ role, content, tool_calls }) => ({
    role,
    content,
    toolCalls: (tool_calls ?? []).map(({ id, function: call }) => ({ id, name: call.name, arguments: call.arguments })),
  }));
}

export function toolsOf({ tools }: ChatBody): OfferedTool[] {
  return (tools ?? []).map(({ function: { name, description, parameters } }) => ({ name, description, parameters }));
}
