import type { Caller } from './caller.ts';
import type { Passage, RetrievalFilter } from './chunk.ts';

export interface RetrieveOptions {
  readonly filter?: RetrievalFilter;
  /** Passages returned at most. Default 8. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** Finds passages for a query, best first. Tenant and access groups are applied inside, from the caller, never from model output. */
export type Retriever = (query: string, caller: Caller, options?: RetrieveOptions) => Promise<Passage[]>;
