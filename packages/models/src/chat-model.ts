import {
  type CallOptions,
  type ChatCompletion,
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
  FieldkitError,
  type Finding,
  type Permit,
} from '@fieldkit/core';
import type { CallPolicy } from './call-policy.ts';
import { type AnswerContext, createAnswerReader, readWholeAnswer } from './chat-answer.ts';
import { costOf } from './cost.ts';
import type { ModelFacts } from './model-facts.ts';
import { oneByOne } from './one-by-one.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import { estimateInputTokens } from './read-usage.ts';
import { completionEvents, fitOutput, fitToolCalls, hasBrokenArguments } from './repair-answer.ts';
import { booked, type SpendingGuard } from './spending-guard.ts';
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
  readonly policy: CallPolicy;
  readonly spending: SpendingGuard | undefined;
}

/** A chat model that also has an unstreamed way, so that a failure in the middle of an answer can be tried again unseen. */
export interface EndpointChatModel extends ChatModel {
  complete(request: ChatRequest, options?: CallOptions): Promise<ChatCompletion>;
}

/** Output tokens assumed for a call that sets no bound, when it is booked against a limit on money. */
export const USUAL_OUTPUT_TOKENS = 500;

export function createChatModel(
  model: string,
  defaults: ChatDefaults,
  dependencies: ChatDependencies,
): EndpointChatModel {
  const { transport, profile, facts, policy, spending } = dependencies;

  /** One try: the request for the wire, and how its answer is to be read. */
  function prepare(request: ChatRequest, permit: Permit) {
    const { body, findings } = profile.chatBody(request, model, facts);
    const context: AnswerContext = {
      model,
      host: transport.host,
      request,
      findings,
      onUsage(usage) {
        permit.done(usage.inputTokens + usage.outputTokens);
        return costOf(usage, facts?.prices);
      },
    };
    return { body, context };
  }

  /** One try whose events are told as they come, in steps. */
  function streamed(
    request: ChatRequest,
    signal: AbortSignal | undefined,
    permit: Permit,
    tell: (event: ChatEvent) => void,
  ): AsyncGenerator<void> {
    const { body, context } = prepare(request, permit);
    const streaming = { ...body, stream: true, stream_options: { include_usage: true } };
    return transport.postStream('/chat/completions', streaming, { signal, model }, createAnswerReader(context, tell));
  }

  /** One try as a whole; thinking is always streamed, as some models demand it. */
  async function once(request: ChatRequest, signal: AbortSignal | undefined, permit: Permit): Promise<ChatCompletion> {
    if (request.thinking === true) {
      const events: ChatEvent[] = [];
      const steps = streamed(request, signal, permit, (event) => events.push(event));
      while ((await steps.next()).done !== true);
      return completionOf(events);
    }
    const { body, context } = prepare(request, permit);
    return completionOf(
      readWholeAnswer(await transport.postJson('/chat/completions', body, { signal, model }), context),
    );
  }

  const withDefaults = (request: ChatRequest): ChatRequest => ({ ...defaults, ...request });

  /** What a call will probably take and cost. */
  function estimate(request: ChatRequest) {
    const inputTokens = estimateInputTokens(request);
    const outputTokens = request.maxOutputTokens ?? USUAL_OUTPUT_TOKENS;
    const cost = costOf({ inputTokens, outputTokens, calls: 1 }, facts?.prices);
    return { cost, size: { inputTokens, mostOutputTokens: request.maxOutputTokens } };
  }

  /** The whole answer, tried again as a whole. */
  async function whole(request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatCompletion> {
    const { cost, size } = estimate(request);
    const retries: Finding[] = [];
    return booked(spending, cost, model, async () => {
      const completion = await policy.run(
        { model, ...size, signal, onFinding: (finding) => retries.push(finding) },
        (permit) => once(request, signal, permit),
      );
      const findings = retries.length === 0 ? completion.findings : [...retries, ...completion.findings];
      return { result: { ...completion, findings }, cost: completion.cost };
    });
  }

  async function complete(request: ChatRequest, { signal }: CallOptions = {}): Promise<ChatCompletion> {
    const full = withDefaults(request);
    const askAgain = (again: ChatRequest) => whole(again, signal);
    const completion = await whole(full, signal);
    if (full.output !== undefined) return fitOutput(completion, full, askAgain);
    return completion.toolCalls.length === 0 ? completion : fitToolCalls(completion, full, askAgain);
  }

  /** Puts the events of an answer on the queue, in steps. */
  async function* answer(
    request: ChatRequest,
    signal: AbortSignal | undefined,
    queue: ChatEvent[],
  ): AsyncGenerator<void> {
    const { cost: expected, size } = estimate(request);
    const booking = expected === undefined ? undefined : spending?.reserve(expected, model);
    const retries: Finding[] = [];
    const spoken = () => queue.some(({ type }) => type !== 'finding');
    // Tried again only until the first event: what a reader has seen cannot be taken back.
    const start = async (permit: Permit) => {
      queue.length = 0;
      const steps = streamed(request, signal, permit, (event) => queue.push(event));
      try {
        while (!spoken()) await steps.next();
      } catch (error) {
        if (!spoken()) throw error;
        return { steps, permit, failure: { error } };
      }
      return { steps, permit };
    };
    let cost: ChatCompletion['cost'];
    try {
      const { steps, permit, failure } = await policy.run(
        { model, ...size, signal, onFinding: (finding) => retries.push(finding) },
        start,
      );
      try {
        queue.unshift(...retries.map((finding) => ({ type: 'finding', finding }) as const));
        if (failure !== undefined) throw failure.error;
        let end = queue.at(-1);
        while (end?.type !== 'finish') {
          yield;
          await steps.next();
          end = queue.at(-1);
        }
        cost = end.cost;
        // From a tool call with broken arguments on, events are kept until it is put right.
        const broken = queue.findIndex((event) => event.type === 'tool-call' && hasBrokenArguments(event.call));
        if (broken === -1) return;
        const held = completionOf(queue.splice(broken));
        yield;
        queue.push(...completionEvents(await fitToolCalls(held, request, (again) => whole(again, signal))));
      } finally {
        permit.done();
        await steps.return(undefined);
      }
    } finally {
      booking?.settle(cost);
    }
  }

  /** JSON is of no use in pieces, and may have to be asked for again. */
  async function* atOnce(request: ChatRequest, options: CallOptions): AsyncGenerator<ChatEvent> {
    yield* completionEvents(await complete(request, options));
  }

  return {
    name: model,
    complete,
    chat(request, options = {}) {
      if (request.output !== undefined) return atOnce(request, options);
      const queue: ChatEvent[] = [];
      return oneByOne(queue, answer(withDefaults(request), options.signal, queue));
    },
  };
}

/** The events of one answer as a whole. */
export function completionOf(events: Iterable<ChatEvent>): ChatCompletion {
  const parts = { text: '', reasoning: '' };
  const toolCalls: ChatCompletion['toolCalls'][number][] = [];
  const findings: Finding[] = [];
  let end: Extract<ChatEvent, { type: 'finish' }> | undefined;
  for (const event of events) {
    if (event.type === 'text-delta') parts.text += event.text;
    else if (event.type === 'reasoning-delta') parts.reasoning += event.text;
    else if (event.type === 'tool-call') toolCalls.push(event.call);
    else if (event.type === 'finding') findings.push(event.finding);
    else end = event;
  }
  if (end === undefined) throw new FieldkitError('INTERNAL', 'an answer ended without its finish event');
  const { type: _, ...finish } = end;
  return { ...parts, toolCalls, findings, ...finish };
}
