import { blockSpans, estimateTokens, type TextSpan } from '@fieldkit/core';
import { splitSpan } from './split-span.ts';
import type { SegmentStrategy } from './strategy.ts';

interface Piece extends TextSpan {
  readonly heading: boolean;
}

/**
 * Follows the document's structure: chunks begin at headings where that does not make them tiny, hold whole blocks while they fit,
 * cut tables between rows and paragraphs between sentences. A heading never ends a chunk.
 */
export const structureStrategy: SegmentStrategy = {
  name: 'structure',
  split(document, { maxTokens }) {
    const { text } = document;
    const pieces: Piece[] = blockSpans(document.blocks).flatMap(({ block, start, end }) =>
      splitSpan(text, { start, end }, maxTokens).map((span) => ({ ...span, heading: block.kind === 'heading' })),
    );
    const chunks: TextSpan[] = [];
    let open: Piece[] = [];
    const tokensOf = (from: Piece | undefined, to: Piece | undefined) =>
      from === undefined || to === undefined ? 0 : estimateTokens(text.slice(from.start, to.end));
    const close = () => {
      const trailing: Piece[] = [];
      while (open.length > 1 && open.at(-1)?.heading === true) trailing.unshift(...open.splice(-1));
      const [first] = open;
      const last = open.at(-1);
      if (first !== undefined && last !== undefined) chunks.push({ start: first.start, end: last.end });
      open = trailing;
    };
    for (const piece of pieces) {
      const filled = tokensOf(open[0], open.at(-1));
      const beginsSection = piece.heading && open.at(-1)?.heading === false && filled >= maxTokens / 3;
      if (open.length > 0 && (beginsSection || tokensOf(open[0], piece) > maxTokens)) {
        close();
        if (open.length > 0 && tokensOf(open[0], piece) > maxTokens) closeAll();
      }
      open.push(piece);
    }
    closeAll();
    return chunks;

    function closeAll() {
      const [first] = open;
      const last = open.at(-1);
      if (first !== undefined && last !== undefined) chunks.push({ start: first.start, end: last.end });
      open = [];
    }
  },
};
