import type { Answer, Citation, Usage } from '@fieldkit/core';
import type { UrlCitation } from './annotations.ts';

/** What is the same in every chunk of one answer. */
export interface CompletionIdentity {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly model: string;
}

export function completionIdentity(runId: string, model: string, at: Date): CompletionIdentity {
  return { id: `chatcmpl-${runId}`, created: Math.floor(at.getTime() / 1000), model };
}

export function wireUsage({ inputTokens, outputTokens, reasoningTokens, cachedTokens }: Usage) {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedTokens === undefined ? {} : { prompt_tokens_details: { cached_tokens: cachedTokens } }),
    ...(reasoningTokens === undefined ? {} : { completion_tokens_details: { reasoning_tokens: reasoningTokens } }),
  };
}

/** Ours: what the protocol has no field for. */
export function extension({ runId, status, language, citations }: Answer): {
  run_id: string;
  status: Answer['status'];
  language: string;
  citations: readonly Citation[];
} {
  return { run_id: runId, status, language, citations };
}

/** `length` when a bound ended an answer whose sentences so far were checked. */
export function finishReason({ status }: Answer): 'stop' | 'length' {
  return status === 'failed' ? 'length' : 'stop';
}

/** The whole answer at once. */
export function completionBody(
  identity: CompletionIdentity,
  answer: Answer,
  content: string,
  annotations: readonly UrlCitation[],
) {
  return {
    ...identity,
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null, annotations },
        logprobs: null,
        finish_reason: finishReason(answer),
      },
    ],
    usage: wireUsage(answer.usage),
    fieldkit: extension(answer),
  };
}

/** One chunk of a stream, as JSON. */
export function chunk(
  identity: CompletionIdentity,
  delta: Readonly<Record<string, unknown>>,
  finish: string | null = null,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    ...identity,
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...more,
  });
}

export function usageChunk(identity: CompletionIdentity, usage: Usage): string {
  return JSON.stringify({ ...identity, object: 'chat.completion.chunk', choices: [], usage: wireUsage(usage) });
}
