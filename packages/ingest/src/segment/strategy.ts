import type { Document, Metadata, TextSpan } from '@fieldkit/core';

export interface StrategyOptions {
  /** Most estimated tokens of a chunk's text. */
  readonly maxTokens: number;
}

/** A stretch that becomes a chunk. */
export interface Segment extends TextSpan {
  /** Added to the chunk's metadata. */
  readonly metadata?: Metadata;
}

/** Cuts a document's text. Spans are in order, do not overlap, and together hold every character that is not white space. */
export interface SegmentStrategy {
  readonly name: string;
  split(document: Document, options: StrategyOptions): readonly Segment[];
}
