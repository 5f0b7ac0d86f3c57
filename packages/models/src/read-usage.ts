import { type ChatRequest, estimateTokens, type Usage } from '@fieldkit/core';
import { countAt, isObject, objectAt } from './json.ts';

/** Usage of a chat answer as the wire says it, or undefined when it says none. Cache reads are inside the input, reasoning inside the output. */
export function readUsage(body: unknown): Usage | undefined {
  if (!isObject(body) || !isObject(body.usage)) return undefined;
  const usage = body.usage;
  const inputTokens = countAt(usage, 'prompt_tokens');
  if (inputTokens === undefined) return undefined;
  const reasoningTokens = countAt(objectAt(usage, 'completion_tokens_details'), 'reasoning_tokens');
  const cachedTokens = countAt(objectAt(usage, 'prompt_tokens_details'), 'cached_tokens');
  return {
    inputTokens,
    outputTokens: countAt(usage, 'completion_tokens') ?? 0,
    calls: 1,
    ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
    ...(cachedTokens === undefined ? {} : { cachedTokens: Math.min(cachedTokens, inputTokens) }),
  };
}

/** Of a picture of a page: vision models cut it into patches of 28 or 32 pixels, and take it smaller when it has more than about this many. */
const IMAGE_TOKENS = 2500;

/** Tokens that a request will probably take on its way in. */
export function estimateInputTokens({ messages, tools, output }: ChatRequest): number {
  let sum = 0;
  for (const message of messages) {
    sum += 4 + estimateTokens(message.content);
    if (message.role === 'user') sum += (message.images ?? []).length * IMAGE_TOKENS;
    if (message.role === 'assistant') {
      for (const call of message.toolCalls ?? []) sum += estimateTokens(call.name + call.arguments);
    }
  }
  if (tools !== undefined && tools.length > 0) sum += estimateTokens(JSON.stringify(tools));
  if (output !== undefined) sum += estimateTokens(JSON.stringify(output.schema));
  return sum;
}
