import { BLOCK_SEPARATOR, type Block, joinBlocks, type LocatedSpan } from '@fieldkit/core';
import type { DraftBlock } from './reader.ts';

/** Joins drafts into the canonical text and moves their places to offsets of that text. Blocks without text are left out. */
export function assembleBlocks(drafts: readonly DraftBlock[]): {
  readonly blocks: Block[];
  readonly text: string;
  readonly places: LocatedSpan[];
} {
  const blocks: Block[] = [];
  const places: LocatedSpan[] = [];
  let start = 0;
  for (const { places: own = [], ...block } of drafts) {
    if (block.text.trim() === '') continue;
    for (const span of own) {
      places.push({ start: start + span.start, end: start + span.end, place: span.place });
    }
    blocks.push(block);
    start += block.text.length + BLOCK_SEPARATOR.length;
  }
  places.sort((left, right) => left.start - right.start);
  return { blocks, text: joinBlocks(blocks), places };
}
