import type { Block } from '@fieldkit/core';
import { headingNumber } from '../text/heading-number.ts';

/** A scheme counts when it numbers at least this many lines. */
const LEAST = 3;

/**
 * How a document numbers its parts, outermost first, as the first number of each scheme is written: `['第一章', '第一条']`,
 * `['1', '1.1']`. Empty when nothing is numbered. Cells and items of lists inside a paragraph are not asked.
 */
export function clauseNumbering(blocks: readonly Block[]): string[] {
  const schemes = new Map<string, { label: string; count: number; depth: number; first: number; headings: number }>();
  blocks.forEach((block, index) => {
    if (block.kind !== 'heading' && block.kind !== 'paragraph' && block.kind !== 'list') return;
    for (const line of block.kind === 'list' ? block.text.split('\n') : [block.text]) {
      const number = headingNumber(line);
      if (number === undefined || (block.kind === 'list' && (number.scheme !== 'decimal' || number.depth < 2)))
        continue;
      const key = `${number.scheme}/${number.depth}`;
      const known = schemes.get(key);
      schemes.set(key, {
        label: known?.label ?? number.label.replace(/[.、．]$/, '').replace(/\s+/g, ' '),
        count: (known?.count ?? 0) + 1,
        depth: number.depth,
        first: known?.first ?? index,
        headings: (known?.headings ?? 0) + (block.kind === 'heading' ? 1 : 0),
      });
    }
  });
  return [...schemes.values()]
    .filter(({ count, headings }) => count >= LEAST || headings >= 2)
    .sort((left, right) => left.depth - right.depth || left.first - right.first)
    .map(({ label }) => label);
}
