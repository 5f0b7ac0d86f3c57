import { splitSpan } from './split-span.ts';
import type { SegmentStrategy } from './strategy.ts';
import { structureStrategy } from './structure-strategy.ts';

/**
 * Small chunks to be found, inside large ones to be read: children of a quarter of the size, each with its parent's offsets in
 * `metadata.parent` as `"start-end"` of the document's text.
 */
export const parentChildStrategy: SegmentStrategy = {
  name: 'parent-child',
  split(document, { maxTokens }) {
    const size = Math.max(16, Math.floor(maxTokens / 4));
    return structureStrategy.split(document, { maxTokens }).flatMap(({ start, end }) =>
      splitSpan(document.text, { start, end }, size).map((span) => ({
        ...span,
        metadata: { parent: `${start}-${end}` },
      })),
    );
  },
};
