import { blockSpans, sentenceSpans } from '@fieldkit/core';
import { pack, splitSpan } from './split-span.ts';
import type { SegmentStrategy } from './strategy.ts';

/** Whole sentences of one block until a quarter of the size is full: short chunks for precise quotes. Table rows count as sentences. */
export const sentenceStrategy: SegmentStrategy = {
  name: 'sentence',
  split({ text, blocks }, { maxTokens }) {
    const size = Math.max(16, Math.floor(maxTokens / 4));
    return blockSpans(blocks).flatMap(({ start, end }) => {
      const sentences = sentenceSpans(text.slice(start, end)).map((span) => ({
        start: start + span.start,
        end: start + span.end,
      }));
      return pack(
        text,
        sentences.flatMap((span) => splitSpan(text, span, size)),
        size,
      );
    });
  },
};
