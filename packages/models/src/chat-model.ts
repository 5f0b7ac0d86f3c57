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
import type { EndpointProfile } from './profiles/profile.ts';
import { createPushQueue, type PushQueue } from './push-queue.ts';
import { estimateInputTokens } from './read-usage.ts';
import { completionEvents, fitOutput, fitToolCalls, hasBrokenArguments } from './repair-answer.ts';
import { booked, type SpendingGuard } from './spending-guard.ts';
import type { StreamCall, Transport } from './transport.ts';

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

  /** One try whose events are told as they come. */
  function streamed(
    request: ChatRequest,
    signal: AbortSignal | undefined,
    permit: Permit,
    tell: (event: ChatEvent) => void,
    room?: () => Promise<void> | undefined,
  ): StreamCall {
    const { body, context } = prepare(request, permit);
    const streaming = { ...body, stream: true, stream_options: { include_usage: true } };
    const reader = createAnswerReader(context, tell);
    return transport.postStream(
      '/chat/completions',
      streaming,
      { signal, model },
      room === undefined ? reader : { ...reader, room },
    );
  }

  /** One try as a whole; thinking is always streamed, as some models demand it. */
  async function once(request: ChatRequest, signal: AbortSignal | undefined, permit: Permit): Promise<ChatCompletion> {
    if (request.thinking === true) {
      const events: ChatEvent[] = [];
      await streamed(request, signal, permit, (event) => events.push(event)).over;
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

  /** An answer whose events are pushed as they come. */
  function inPieces(request: ChatRequest, signal: AbortSignal | undefined): PushQueue<ChatEvent> {
    let call: StreamCall | undefined;
    let produced: Promise<void> | undefined;
    const queue = createPushQueue<ChatEvent>({
      onStart() {
        produced = produce().then(
          () => queue.end(),
          (error) => queue.end({ error }),
        );
      },
      onLeave() {
        call?.stop();
        return produced ?? Promise.resolve();
      },
    });
    const retries: Finding[] = [];
    /** From a tool call with broken arguments on, events are kept until it is put right. */
    const held: ChatEvent[] = [];
    let cost: ChatCompletion['cost'];

    /** One try until its first event: what a reader has seen cannot be taken back. */
    const begin = (permit: Permit) =>
      new Promise<Permit>((resolve, reject) => {
        if (queue.left()) throw new FieldkitError('CANCELLED', `nobody waits for the answer of ${model}`);
        const findings: ChatEvent[] = [];
        let begun = false;
        const tell = (event: ChatEvent) => {
          if (!begun && event.type === 'finding') {
            findings.push(event);
            return;
          }
          if (!begun) {
            begun = true;
            for (const finding of retries) queue.push({ type: 'finding', finding });
            for (const finding of findings) queue.push(finding);
            resolve(permit);
          }
          if (event.type === 'finish') cost = event.cost;
          if (held.length > 0 || (event.type === 'tool-call' && hasBrokenArguments(event.call))) held.push(event);
          else queue.push(event);
        };
        call = streamed(request, signal, permit, tell, queue.room);
        call.over.catch(reject);
      });

    async function produce(): Promise<void> {
      const { cost: expected, size } = estimate(request);
      const booking = expected === undefined ? undefined : spending?.reserve(expected, model);
      let permit: Permit | undefined;
      try {
        permit = await policy.run({ model, ...size, signal, onFinding: (finding) => retries.push(finding) }, begin);
        await call?.over;
        if (held.length === 0) return;
        const fitted = await fitToolCalls(completionOf(held), request, (again) => whole(again, signal));
        for (const event of completionEvents(fitted)) queue.push(event);
      } finally {
        permit?.done();
        booking?.settle(cost);
      }
    }
    return queue;
  }

  /** JSON is of no use in pieces, and may have to be asked for again. */
  async function* atOnce(request: ChatRequest, options: CallOptions): AsyncGenerator<ChatEvent> {
    yield* completionEvents(await complete(request, options));
  }

  return {
    name: model,
    complete,
    expectedCost: (request) => estimate(request).cost,
    chat(request, options = {}) {
      if (request.output !== undefined) return atOnce(request, options);
      return inPieces(withDefaults(request), options.signal);
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
