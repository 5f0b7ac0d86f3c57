import {
  type ChatCompletion,
  type ChatEvent,
  type ChatModel,
  type CircuitBreaker,
  type Clock,
  complete,
  createCircuitBreaker,
  type ErrorCode,
  type FieldkitError,
  type Finding,
  toFieldkitError,
} from '@fieldkit/core';

export interface Route {
  /** For findings: `qwen3.7-plus in Singapore`. */
  readonly name: string;
  readonly model: ChatModel;
}

export interface FailoverOptions {
  /** Failures in a row that open a route's circuit. Default 5. */
  readonly failures?: number;
  /** How long an open route is passed over before one call tries it again. Default 30,000 ms. */
  readonly cooldownMs?: number;
  readonly clock?: Clock;
}

export interface FailoverModel extends ChatModel {
  complete(...parameters: Parameters<NonNullable<ChatModel['complete']>>): Promise<ChatCompletion>;
  /** Each route's circuit, in order. */
  states(): { readonly name: string; readonly state: ReturnType<CircuitBreaker['state']> }[];
}

/** Failures that another route may not have. A refused content is one: inspection differs by region. */
const ANOTHER_MAY_ANSWER: ReadonlySet<ErrorCode> = new Set([
  'MODEL_UNREACHABLE',
  'MODEL_NOT_FOUND',
  'MODEL_RATE_LIMITED',
  'MODEL_QUOTA_EXHAUSTED',
  'MODEL_ACCOUNT_UNPAID',
  'MODEL_OVERLOADED',
  'MODEL_STREAM_BROKEN',
  'MODEL_INVALID_RESPONSE',
  'MODEL_CONTENT_REFUSED',
  'TIMED_OUT',
]);

/** Failures that say that a route is down, not that a request is bad. */
const ROUTE_IS_DOWN: ReadonlySet<ErrorCode> = new Set([
  'MODEL_UNREACHABLE',
  'MODEL_RATE_LIMITED',
  'MODEL_QUOTA_EXHAUSTED',
  'MODEL_ACCOUNT_UNPAID',
  'MODEL_OVERLOADED',
  'MODEL_STREAM_BROKEN',
  'MODEL_INVALID_RESPONSE',
  'TIMED_OUT',
]);

/**
 * One chat model out of several routes (endpoint, region, model), tried in order. Each route has a circuit breaker; a streamed answer changes
 * its route only before its first event. Every change is a finding of the answer.
 *
 * @throws {FieldkitError} the last route's error when none answers.
 */
export function createFailover(routes: readonly [Route, ...Route[]], options: FailoverOptions = {}): FailoverModel {
  const { failures = 5, cooldownMs = 30_000, clock } = options;
  const guarded = routes.map((route) => ({
    ...route,
    breaker: createCircuitBreaker({
      name: route.name,
      failures,
      cooldownMs,
      code: 'MODEL_UNREACHABLE',
      counts: (error) => ROUTE_IS_DOWN.has(toFieldkitError(error).code),
      ...(clock === undefined ? {} : { clock }),
    }),
  }));

  /** The first route whose `call` succeeds, with what was passed over on the way. */
  async function firstOf<T>(
    call: (model: ChatModel) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<{ result: T; findings: Finding[] }> {
    const findings: Finding[] = [];
    for (const [index, { name, model, breaker }] of guarded.entries()) {
      try {
        return { result: await breaker.run(() => call(model)), findings };
      } catch (thrown) {
        const error = toFieldkitError(thrown);
        const next = guarded[index + 1];
        if (next === undefined || signal?.aborted === true || !ANOTHER_MAY_ANSWER.has(error.code)) throw error;
        findings.push(switched(name, next.name, error));
      }
    }
    throw new Error('there is at least one route'); // by the parameter's type
  }

  return {
    name: routes[0].model.name,
    states: () => guarded.map(({ name, breaker }) => ({ name, state: breaker.state() })),
    expectedCost: (request) => routes[0].model.expectedCost?.(request),
    async complete(request, callOptions = {}) {
      const { result, findings } = await firstOf((model) => complete(model, request, callOptions), callOptions.signal);
      return { ...result, findings: [...findings, ...result.findings] };
    },
    async *chat(request, callOptions = {}) {
      const start = async (model: ChatModel) => {
        const events = model.chat(request, callOptions)[Symbol.asyncIterator]();
        const head: ChatEvent[] = [];
        for (;;) {
          const next = await events.next();
          if (next.done === true) return { head, events };
          head.push(next.value);
          if (next.value.type !== 'finding') return { head, events };
        }
      };
      const { result, findings } = await firstOf(start, callOptions.signal);
      try {
        for (const finding of findings) yield { type: 'finding', finding };
        yield* result.head;
        for (let next = await result.events.next(); next.done !== true; next = await result.events.next())
          yield next.value;
      } finally {
        await result.events.return?.();
      }
    },
  };
}

function switched(from: string, to: string, error: FieldkitError): Finding {
  return {
    severity: 'warning',
    code: 'model-switched',
    message: `${from} did not answer (${error.code}); ${to} was asked instead`,
    where: from,
    suggestion: error.message,
  };
}
