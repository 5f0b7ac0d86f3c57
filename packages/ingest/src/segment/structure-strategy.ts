import { type BlockSpan, blockSpans, type Document, estimateTokens, type TextSpan } from '@fieldkit/core';
import { atomsOf, pack } from './split-span.ts';
import type { SegmentStrategy } from './strategy.ts';

interface Piece extends TextSpan {
  readonly heading: boolean;
}

/** A new section begins a new chunk when the open one holds this part of the size; smaller sections are put together. */
const ENOUGH = 1 / 8;

/**
 * Follows the document's structure: chunks begin at headings where that does not make them tiny, hold whole blocks while they fit,
 * cut tables between rows and paragraphs between sentences. A heading never ends a chunk.
 */
export const structureStrategy: SegmentStrategy = {
  name: 'structure',
  split(document, { maxTokens }) {
    const { text } = document;
    const tokens = (from: Piece, to: Piece) => estimateTokens(text.slice(from.start, to.end));
    const chunks: TextSpan[] = [];
    let open: Piece[] = [];
    const close = () => {
      let end = open.findLastIndex(({ heading }) => !heading) + 1; // headings go on to what they head
      if (end === 0) end = open.length;
      const rest = open.slice(end);
      const [first] = open;
      const last = open[end - 1];
      if (first !== undefined && last !== undefined) chunks.push({ start: first.start, end: last.end });
      open = rest;
    };
    for (const piece of piecesOf(document, maxTokens)) {
      const [first] = open;
      const last = open.at(-1);
      if (first !== undefined && last !== undefined) {
        const beginsSection = piece.heading && !last.heading && tokens(first, last) >= maxTokens * ENOUGH;
        if (beginsSection || tokens(first, piece) > maxTokens) close();
        const [carried] = open;
        if (carried !== undefined && tokens(carried, piece) > maxTokens) close();
      }
      open.push(piece);
    }
    while (open.length > 0) close();
    return chunks;
  },
};

/** Blocks, and what blocks are cut into that do not fit whole behind the headings above them. */
function piecesOf({ text, blocks }: Document, maxTokens: number): Piece[] {
  const pieces: Piece[] = [];
  let above: BlockSpan[] = [];
  for (const span of blockSpans(blocks)) {
    const heading = span.block.kind === 'heading';
    const start = above[0]?.start ?? span.start;
    const whole = estimateTokens(text.slice(start, span.end)) <= maxTokens;
    if (whole) pieces.push({ start: span.start, end: span.end, heading });
    else {
      const lead = start < span.start ? estimateTokens(text.slice(start, span.start)) + 1 : 0;
      const room = heading || lead > maxTokens / 2 ? maxTokens : maxTokens - lead;
      pieces.push(
        ...packBehind(text, atomsOf(text, span, room), room, maxTokens).map((part) => ({ ...part, heading })),
      );
    }
    above = heading ? [...above, span] : [];
  }
  return pieces.filter(({ start, end }) => text.slice(start, end).trim() !== '');
}

/** Packs atoms, the first piece to `room` so that it fits behind its headings, the others to the full size. */
function packBehind(text: string, atoms: readonly TextSpan[], room: number, maxTokens: number): TextSpan[] {
  let first = 1;
  const [begin] = atoms;
  if (begin === undefined) return [];
  while (first < atoms.length && estimateTokens(text.slice(begin.start, atoms[first]?.end)) <= room) first += 1;
  return [...pack(text, atoms.slice(0, first), room), ...pack(text, atoms.slice(first), maxTokens)];
}
