import {
  type BlockSpan,
  blockSpans,
  type Document,
  estimateTokens,
  sentenceSpans,
  type TextSpan,
} from '@fieldkit/core';
import { atomsOf } from './split-span.ts';

/** What is never cut when chunks are chosen: headings with what follows them, a sentence, an item, a row. */
export interface Unit extends TextSpan {
  readonly tokens: number;
  /** What lies between this unit and the one before. */
  readonly boundary: 'section' | 'block' | 'row' | 'line' | 'sentence' | 'inside';
}

/** A document's units in order; none is longer than `maxTokens`, and together they hold every character that is not white space. */
export function unitsOf({ text, blocks }: Document, maxTokens: number): Unit[] {
  const units: Unit[] = [];
  let headings: TextSpan[] = [];
  const push = (span: TextSpan, boundary: Unit['boundary']) => {
    units.push({ ...span, tokens: estimateTokens(text.slice(span.start, span.end)), boundary });
  };
  /** Headings that what follows does not fit behind. */
  const pushHeadings = () => {
    headings.forEach((span, index) => {
      push(span, index === 0 ? 'section' : 'inside');
    });
    headings = [];
  };
  for (const span of blockSpans(blocks)) {
    if (span.block.text.trim() === '') continue;
    if (span.block.kind === 'heading') {
      headings.push(...atomsOf(text, span, maxTokens));
      continue;
    }
    partsOf(text, span).forEach((part, index) => {
      const boundary = index === 0 ? 'block' : part.boundary;
      const [first, ...rest] = atomsOf(text, part, maxTokens);
      if (first === undefined) return;
      const start = headings[0]?.start;
      if (start !== undefined && estimateTokens(text.slice(start, first.end)) <= maxTokens) {
        push({ start, end: first.end }, 'section');
        headings = [];
      } else {
        const under = headings.length > 0;
        pushHeadings();
        push(first, under ? 'inside' : boundary);
      }
      for (const atom of rest) push(atom, 'inside');
    });
  }
  pushHeadings();
  return units;
}

/** Lines of lists and code, rows of tables (the first with its header rows), sentences of everything else. */
function partsOf(text: string, { block, start, end }: BlockSpan): (TextSpan & Pick<Unit, 'boundary'>)[] {
  const lines: TextSpan[] = [];
  let at = start;
  for (const line of text.slice(start, end).split('\n')) {
    lines.push({ start: at, end: at + line.length });
    at += line.length + 1;
  }
  if (block.table !== undefined) {
    const head = Math.min(lines.length - 1, Math.max(1, block.table.headerRows));
    const rows = lines.slice(Math.max(0, head));
    return rows.map((row, index) => ({ start: index === 0 ? start : row.start, end: row.end, boundary: 'row' }));
  }
  const whole = lines.filter((line) => text.slice(line.start, line.end).trim() !== '');
  if (block.kind === 'list' || block.kind === 'code') return whole.map((line) => ({ ...line, boundary: 'line' }));
  return whole.flatMap((line) =>
    sentenceSpans(text.slice(line.start, line.end)).map((sentence, index) => ({
      start: line.start + sentence.start,
      end: line.start + sentence.end,
      boundary: index === 0 ? ('line' as const) : ('sentence' as const),
    })),
  );
}
