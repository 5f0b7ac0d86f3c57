import { type ChatCompletion, type ChatRequest, type Clock, FieldkitError } from '@fieldkit/core';
import type { ModelFacts } from './model-facts.ts';
import type { EndpointProfile } from './profiles/profile.ts';
import type { Transport } from './transport.ts';
/** One answer, or what went wrong with it: a batch does not fail for one line. */
export type BatchResult =
  | {
      readonly ok: true;
      readonly value: ChatCompletion;
    }
  | {
      readonly ok: false;
      readonly error: FieldkitError;
    };
export interface BatchOptions {
  /** How long the endpoint may take. Default `24h`. */
  readonly completionWindow?: string;
  /** Between two looks at a batch's state. Default 30,000 ms. */
  readonly pollMs?: number;
  /** A rehearsal with the endpoint's test model: checks the file and costs nothing. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  /** Told of every state. */
  readonly onProgress?: (progress: BatchProgress) => void;
}
export interface BatchProgress {
  readonly batchId: string;
  readonly status: string;
  readonly total: number;
  readonly completed: number;
  readonly failed: number;
}
/** Chat requests by file: half the price, done within a day. */
export interface BatchModel {
  readonly name: string;
  /** Submits, waits and collects; results in the order of the requests. */
  run(requests: readonly ChatRequest[], options?: BatchOptions): Promise<BatchResult[]>;
  /** Only submits; the id is what `collect` needs, also in another process. */
  submit(requests: readonly ChatRequest[], options?: BatchOptions): Promise<string>;
  /** Waits for a batch that was submitted with these requests. */
  collect(batchId: string, requests: readonly ChatRequest[], options?: BatchOptions): Promise<BatchResult[]>;
  cancel(
    batchId: string,
    options?: {
      readonly signal?: AbortSignal;
    },
  ): Promise<void>;
}
export interface BatchDependencies {
  readonly transport: Transport;
  readonly profile: EndpointProfile;
  readonly facts: ModelFacts | undefined;
  readonly clock: Clock;
}
export declare function createBatchModel(
  model: string,
  { transport, profile, facts, clock }: BatchDependencies,
): BatchModel;
