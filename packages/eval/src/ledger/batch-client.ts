import type { ChatCompletion, ChatRequest, FieldkitError } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import type { Outcome } from '../target.ts';

export type BatchLine =
  | { readonly ok: true; readonly value: ChatCompletion }
  | { readonly ok: false; readonly error: FieldkitError };

/** Requests by file, answered within a day for less money. An endpoint's batch model fits. */
export interface BatchClient {
  submit(requests: readonly ChatRequest[], options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** Waits for a batch that was submitted with these requests; a result or an error for each, in order. */
  collect(
    batchId: string,
    requests: readonly ChatRequest[],
    options?: {
      readonly signal?: AbortSignal;
      readonly pollMs?: number;
      readonly onProgress?: (progress: { readonly status: string; readonly completed: number }) => void;
    },
  ): Promise<readonly BatchLine[]>;
}

/** How a target is asked by file: the request of a case, and what its answer is as an outcome. */
export interface BatchAsk {
  readonly client: BatchClient;
  readonly request: (item: Case) => ChatRequest;
  readonly read: (item: Case, done: ChatCompletion) => Outcome;
}
