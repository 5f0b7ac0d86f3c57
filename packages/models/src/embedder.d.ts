import { type Embedder } from '@fieldkit/core';
import type { CallPolicy } from './call-policy.ts';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import type { Transport } from './transport.ts';
export interface EmbedderOptions {
  /** Length of the vectors. Default: the model's own, which must then be known. */
  readonly dimensions?: number;
  /** Requests under way at once. Default 4. */
  readonly concurrency?: number;
}
interface EmbedderDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly policy: CallPolicy;
}
/**
 * Texts to vectors over `/embeddings`: floats, never base64; split by the model's batch cap; each vector checked and brought to length 1.
 *
 * @throws {FieldkitError} `INVALID_OPTION` when the length of the vectors is neither known nor given, or not one the model makes.
 */
export declare function createEmbedder(
  model: string,
  options: EmbedderOptions,
  dependencies: EmbedderDependencies,
): Embedder;
/** The stand-in names its models so that they are told apart before the first call. */
export declare function isStandinModel(model: string): boolean;
