import type { Answer, Citation, EvidenceItem, Metadata, RetrievalFilter, Run } from '@fieldkit/core';

/** One earlier exchange of the session. */
export interface Turn {
  readonly question: string;
  readonly answer: string;
}

/** What `understand` found out. */
export interface Understanding {
  /** Can be understood without the conversation. */
  readonly question: string;
  /** BCP 47 primary language of the question as asked. */
  readonly language: string;
  readonly inScope: boolean;
  /** The parts of a question that asks several things; empty otherwise. */
  readonly subQuestions: readonly string[];
  readonly intent?: string;
  readonly filter?: RetrievalFilter;
}

/** Where a piece of evidence comes from, as far as a citation needs it. */
export type EvidenceOrigin =
  | {
      readonly kind: 'passage';
      readonly chunkId: string;
      readonly documentId: string;
      readonly uri: string;
      /** Offset of the item's text in the document's canonical text. */
      readonly start: number;
      readonly metadata: Metadata;
    }
  | { readonly kind: 'record'; readonly tool: string; readonly callId: string };

/** A numbered piece of evidence with its origin. */
export interface Evidence {
  readonly item: EvidenceItem;
  readonly origin: EvidenceOrigin;
}

/** What the pipeline has to say so far. */
export interface Outcome {
  readonly text: string;
  readonly citations: readonly Citation[];
  readonly status: Answer['status'];
  /** Why, when a bound or a failure ended it. */
  readonly error?: Run['error'];
}

/** The state that the nodes read and patch. Plain data: it is checkpointed after each node. */
export interface AgentState {
  readonly question: string;
  readonly history: readonly Turn[];
  readonly understanding?: Understanding | undefined;
  readonly evidence: readonly Evidence[];
  readonly outcome?: Outcome | undefined;
  /** Nodes that ran so far. */
  readonly visits: number;
}

export type StatePatch = Partial<Omit<AgentState, 'visits'>>;

/** The question to work on: standalone when it was made so. */
export function standaloneQuestion(state: AgentState): string {
  return state.understanding?.question ?? state.question;
}
