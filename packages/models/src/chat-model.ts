import {
  type CallOptions,
  type ChatCompletion,
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
  type Clock,
  type FieldkitError,
  type RetryOptions,
  retry,
} from '@fieldkit/core';
import { type AnswerContext, readChatAnswer } from './chat-answer.ts';
import { costOf } from './cost.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import type { Transport } from './transport.ts';

export interface ChatDefaults {
  /** 0 to 2. Default: the endpoint's. */
  readonly temperature?: number;
  /** Default false. */
  readonly thinking?: boolean;
}

export interface ChatDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly retry: RetryOptions;
  readonly clock: Clock;
}

/** A chat model that also has an unstreamed way, so that a failure in the middle of an answer can be tried again unseen. */
export interface EndpointChatModel extends ChatModel {
  complete(request: ChatRequest, options?: CallOptions): Promise<ChatCompletion>;
}

export function createChatModel(
  model: string,
  defaults: ChatDefaults,
  dependencies: ChatDependencies,
): EndpointChatModel {
  const { transport, profile, facts, clock } = dependencies;

  /** One try: the request on the wire, the answer as events. */
  async function* once(
    request: ChatRequest,
    stream: boolean,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChatEvent> {
    const { body, findings } = profile.chatBody(request, model, facts);
    for (const finding of findings) yield { type: 'finding', finding };
    const call = { signal, model };
    const chunks = stream
      ? transport.postStream(
          '/chat/completions',
          { ...body, stream: true, stream_options: { include_usage: true } },
          call,
        )
      : one(() => transport.postJson('/chat/completions', body, call));
    const context: AnswerContext = { model, host: transport.host, request };
    for await (const event of readChatAnswer(chunks, context)) {
      if (event.type !== 'finish') yield event;
      else {
        const cost = costOf(event.usage, facts?.prices);
        yield cost === undefined ? event : { ...event, cost };
      }
    }
  }

  const withDefaults = (request: ChatRequest): ChatRequest => ({ ...defaults, ...request });

  return {
    name: model,
    async *chat(request, { signal } = {}) {
      const full = withDefaults(request);
      const retries: ChatEvent[] = [];
      // Tried again only until the first event: what a reader has seen cannot be taken back.
      const start = async () => {
        const events = once(full, true, signal);
        const head: ChatEvent[] = [];
        for (;;) {
          const next = await events.next();
          if (next.done === true) return { head, events };
          head.push(next.value);
          if (next.value.type !== 'finding') return { head, events };
        }
      };
      const { head, events } = await retry(
        start,
        retryOptions(dependencies, signal, clock, (event) => retries.push(event)),
      );
      try {
        yield* retries;
        yield* head;
        yield* events;
      } finally {
        await events.return(undefined);
      }
    },
    async complete(request, { signal } = {}) {
      const full = withDefaults(request);
      const retries: ChatEvent[] = [];
      const attempt = () => collect(once(full, full.thinking === true, signal));
      const completion = await retry(
        attempt,
        retryOptions(dependencies, signal, clock, (event) => retries.push(event)),
      );
      const findings = retries.flatMap((event) => (event.type === 'finding' ? [event.finding] : []));
      return { ...completion, findings: [...findings, ...completion.findings] };
    },
  };
}

function retryOptions(
  { retry: options }: ChatDependencies,
  signal: AbortSignal | undefined,
  clock: Clock,
  record: (event: ChatEvent) => void,
): RetryOptions {
  return {
    clock,
    ...options,
    ...(signal === undefined ? {} : { signal }),
    onRetry(error, attempt, delayMs) {
      options.onRetry?.(error, attempt, delayMs);
      record({ type: 'finding', finding: retryFinding(error, attempt, delayMs) });
    },
  };
}

function retryFinding(error: FieldkitError, attempt: number, delayMs: number) {
  return {
    severity: 'info' as const,
    code: 'model-retried',
    message: `try ${attempt} failed with ${error.code}, the next came ${Math.round(delayMs)} ms later`,
  };
}

async function* one(get: () => Promise<unknown>): AsyncGenerator<unknown> {
  yield await get();
}

async function collect(events: AsyncIterable<ChatEvent>): Promise<ChatCompletion> {
  const parts = { text: '', reasoning: '' };
  const toolCalls: ChatCompletion['toolCalls'][number][] = [];
  const findings: ChatCompletion['findings'][number][] = [];
  let end: Extract<ChatEvent, { type: 'finish' }> | undefined;
  for await (const event of events) {
    if (event.type === 'text-delta') parts.text += event.text;
    else if (event.type === 'reasoning-delta') parts.reasoning += event.text;
    else if (event.type === 'tool-call') toolCalls.push(event.call);
    else if (event.type === 'finding') findings.push(event.finding);
    else end = event;
  }
  if (end === undefined) throw new Error('an answer always ends with finish'); // readChatAnswer promises it
  const { type: _, ...finish } = end;
  return { ...parts, toolCalls, findings, ...finish };
}
