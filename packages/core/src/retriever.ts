import type { Caller } from './caller.ts';
import type { Passage, RetrievalFilter } from './chunk.ts';

/** One step on the way from a query to its passages: what came in, what went out. */
export interface RetrievalStep {
  /** In the order in which they run; a retriever leaves out those that it does not do. */
  readonly name:
    | 'embed'
    | 'dense'
    | 'lexical'
    | 'fusion'
    | 'floor'
    | 'versions'
    | 'duplicates'
    | 'rerank'
    | 'parents'
    | 'cap'
    | 'limit'
    | 'neighbours'
    | 'tokens';
  /** Passages that came in; 0 for the searches themselves. */
  readonly before: number;
  readonly after: number;
  /** After the step, best first. */
  readonly kept: readonly RetrievalItem[];
  /** Came in and did not go out, in the order in which they came. */
  readonly dropped: readonly RetrievalItem[];
  readonly durationMs: number;
  /** What the step was told, such as `model`, `depth`, `denseWeight`. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RetrievalItem {
  readonly id: string;
  readonly title: string;
  readonly score: number;
}

export interface RetrieveOptions {
  readonly filter?: RetrievalFilter;
  /** Passages returned at most. Default 8. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Told of each step when it has ended. */
  readonly onStep?: (step: RetrievalStep) => void;
}

/** Finds passages for a query, best first. Tenant and access groups are applied inside, from the caller, never from model output. */
export type Retriever = (query: string, caller: Caller, options?: RetrieveOptions) => Promise<Passage[]>;
