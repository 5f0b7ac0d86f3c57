import { type ChatCompletion, type ChatModel, type CircuitBreaker, type Clock } from '@fieldkit/core';
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
  states(): {
    readonly name: string;
    readonly state: ReturnType<CircuitBreaker['state']>;
  }[];
}
/**
 * One chat model out of several routes (endpoint, region, model), tried in order. Each route has a circuit breaker; a streamed answer changes
 * its route only before its first event. Every change is a finding of the answer.
 *
 * @throws {FieldkitError} the last route's error when none answers.
 */
export declare function createFailover(routes: readonly [Route, ...Route[]], options?: FailoverOptions): FailoverModel;
