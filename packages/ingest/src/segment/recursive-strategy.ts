import { splitSpan } from './split-span.ts';
import type { SegmentStrategy } from './strategy.ts';

/** Fills chunks to the size, cutting at the best boundary that helps: line, sentence, clause, word. Ignores the structure. */
export const recursiveStrategy: SegmentStrategy = {
  name: 'recursive',
  split: ({ text }, { maxTokens }) => splitSpan(text, { start: 0, end: text.length }, maxTokens),
};
