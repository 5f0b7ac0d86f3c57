import { blockSpans, type Document } from '@fieldkit/core';
import { splitSpan } from './split-span.ts';
import type { Segment, SegmentStrategy } from './strategy.ts';
import { structureStrategy } from './structure-strategy.ts';

/** Every table row is a chunk of its own, its header row in the context; the rest follows the structure. For price lists and registers. */
export const tableRowsStrategy: SegmentStrategy = {
  name: 'table-rows',
  split(document, options) {
    const tables = blockSpans(document.blocks).filter(({ block }) => block.table !== undefined);
    const segments: Segment[] = [];
    const between = withoutTables(
      document,
      tables.map(({ start, end }) => ({ start, end })),
    );
    for (const part of between)
      segments.push(
        ...structureStrategy
          .split(part.document, options)
          .map(({ start, end }) => ({ start: start + part.at, end: end + part.at })),
      );
    for (const { start, block } of tables) {
      let at = start;
      const lines = block.text.split('\n');
      const head = Math.min(lines.length, Math.max(1, block.table?.headerRows ?? 1));
      lines.forEach((line, index) => {
        // The header rows are one chunk, so that no text is lost.
        if (index >= head)
          segments.push(...splitSpan(document.text, { start: at, end: at + line.length }, options.maxTokens));
        else if (index === head - 1)
          segments.push(...splitSpan(document.text, { start, end: at + line.length }, options.maxTokens));
        at += line.length + 1;
      });
    }
    return segments
      .filter(({ start, end }) => document.text.slice(start, end).trim() !== '')
      .sort((left, right) => left.start - right.start);
  },
};

/** The stretches of blocks between tables, as documents of their own with their offset. */
function withoutTables(
  document: Document,
  tables: readonly { start: number; end: number }[],
): { document: Document; at: number }[] {
  const parts: { document: Document; at: number }[] = [];
  let open: { blocks: Document['blocks'][number][]; from: number; to: number } | undefined;
  const close = () => {
    if (open !== undefined) {
      parts.push({
        document: { ...document, blocks: open.blocks, text: document.text.slice(open.from, open.to) },
        at: open.from,
      });
    }
    open = undefined;
  };
  for (const { block, start, end } of blockSpans(document.blocks)) {
    if (tables.some((table) => table.start === start && table.end === end)) close();
    else if (open === undefined) open = { blocks: [block], from: start, to: end };
    else {
      open.blocks.push(block);
      open.to = end;
    }
  }
  close();
  return parts;
}
