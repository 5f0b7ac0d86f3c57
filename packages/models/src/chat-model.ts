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
import { readChatAnswer } from './chat-answer.ts';
import { costOf } from './cost.ts';
import type { ModelFacts } from './model-facts.ts';
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

  /** One try: the request on the wire, the answer as events. */
  function once(
    request: ChatRequest,
    stream: boolean,
    signal: AbortSignal | undefined,
    permit: Permit,
  ): AsyncGenerator<Iterable<ChatEvent>> {
    const { body, findings } = profile.chatBody(request, model, facts);
    const call = { signal, model };
    const chunks = stream
      ? transport.postStream(
          '/chat/completions',
          { ...body, stream: true, stream_options: { include_usage: true } },
          call,
        )
      : one(() => transport.postJson('/chat/completions', body, call));
    return readChatAnswer(chunks, {
      model,
      host: transport.host,
      request,
      findings,
      onUsage(usage) {
        permit.done(usage.inputTokens + usage.outputTokens);
        return costOf(usage, facts?.prices);
      },
    });
  }

  const withDefaults = (request: ChatRequest): ChatRequest => ({ ...defaults, ...request });

  /** What a call will probably take and cost. */
  function estimate(request: ChatRequest) {
    const inputTokens = estimateInputTokens(request);
    const outputTokens = request.maxOutputTokens ?? USUAL_OUTPUT_TOKENS;
    const cost = costOf({ inputTokens, outputTokens, calls: 1 }, facts?.prices);
    return { cost, size: { inputTokens, mostOutputTokens: request.maxOutputTokens } };
  }

  /** The whole answer, tried again as a whole; thinking is always streamed, as some models demand it. */
  async function whole(request: ChatRequest, signal: AbortSignal | undefined): Promise<ChatCompletion> {
    const { cost, size } = estimate(request);
    const retries: Finding[] = [];
    return booked(spending, cost, model, async () => {
      const completion = await policy.run(
        { model, ...size, signal, onFinding: (finding) => retries.push(finding) },
        (permit) => collect(once(request, request.thinking === true, signal, permit)),
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

  return {
    name: model,
    complete,
    async *chat(request, { signal } = {}) {
      // JSON is of no use in pieces, and may have to be asked for again.
      if (request.output !== undefined) {
        yield* completionEvents(await complete(request, signal === undefined ? {} : { signal }));
        return;
      }
      const full = withDefaults(request);
      const { cost: expected, size } = estimate(full);
      const booking = expected === undefined ? undefined : spending?.reserve(expected, model);
      const retries: Finding[] = [];
      // Tried again only until the first event: what a reader has seen cannot be taken back.
      const start = async (permit: Permit) => {
        const lists = once(full, true, signal, permit);
        const head: ChatEvent[] = [];
        for (let next = await lists.next(); next.done !== true; next = await lists.next()) {
          const list = next.value[Symbol.iterator]();
          for (let event = list.next(); event.done !== true; event = list.next()) {
            head.push(event.value);
            if (event.value.type !== 'finding') return { head, begun: list, lists, permit };
          }
        }
        throw new FieldkitError('INTERNAL', 'an answer ended without its finish event');
      };
      let cost: ChatCompletion['cost'];
      try {
        const { head, begun, lists, permit } = await policy.run(
          { model, ...size, signal, onFinding: (finding) => retries.push(finding) },
          start,
        );
        try {
          for (const finding of retries) yield { type: 'finding', finding };
          // From a tool call with broken arguments on, events are kept until it is put right.
          const held: ChatEvent[] = [];
          for await (const list of continued(head, begun, lists)) {
            for (const event of list) {
              if (event.type === 'finish') cost = event.cost;
              if (held.length === 0 && (event.type !== 'tool-call' || !hasBrokenArguments(event.call))) {
                yield event;
                continue;
              }
              held.push(event);
              if (event.type !== 'finish') continue;
              const completion = completionOf(held);
              yield* completionEvents(await fitToolCalls(completion, full, (again) => whole(again, signal)));
            }
          }
        } finally {
          permit.done();
          await lists.return(undefined);
        }
      } finally {
        booking?.settle(cost);
      }
    },
  };
}

/** A list that was begun, and what comes after it. */
async function* continued(
  head: readonly ChatEvent[],
  begun: Iterator<ChatEvent>,
  lists: AsyncIterable<Iterable<ChatEvent>>,
): AsyncGenerator<Iterable<ChatEvent>> {
  yield head;
  yield { [Symbol.iterator]: () => begun };
  yield* lists;
}

async function* one(get: () => Promise<unknown>): AsyncGenerator<readonly unknown[]> {
  yield [await get()];
}

async function collect(lists: AsyncIterable<Iterable<ChatEvent>>): Promise<ChatCompletion> {
  const events: ChatEvent[] = [];
  for await (const list of lists) for (const event of list) events.push(event);
  return completionOf(events);
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
