import {
  type CallOptions,
  type ChatCompletion,
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
} from '@fieldkit/core';
import type { CallPolicy } from './call-policy.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import type { SpendingGuard } from './spending-guard.ts';
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
export declare function createChatModel(
  model: string,
  defaults: ChatDefaults,
  dependencies: ChatDependencies,
): EndpointChatModel;
/** The events of one answer as a whole. */
export declare function collect(events: AsyncIterable<ChatEvent>): Promise<ChatCompletion>;
