import { type Reranker } from '@fieldkit/core';
import type { CallPolicy } from './call-policy.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import type { Transport } from './transport.ts';

interface RerankerDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly policy: CallPolicy;
}
/** Orders texts by relevance in one request. */
export declare function createReranker(model: string, dependencies: RerankerDependencies): Reranker;
