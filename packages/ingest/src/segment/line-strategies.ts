import { blockSpans, type Document, type TextSpan } from '@fieldkit/core';
import { splitSpan } from './split-span.ts';
import type { SegmentStrategy } from './strategy.ts';

const QUESTION = /^\s*(?:(?:Q|问|問|Question|Frage)\s*\d*\s*[:：.、)]|.{4,200}[?？]\s*$)/i;
const CLAUSE =
  /^\s*(?:第\s*(?:[〇零一二三四五六七八九十百千]+|\d+)\s*条|(?:Article|Clause|Section|§)\s*\d+|\d{1,3}(?:\.\d{1,3}){1,4}[.、]?\s|[一二三四五六七八九十]{1,3}、|[（(][一二三四五六七八九十]{1,3}[）)])/i;

/** A question with everything up to the next one. For FAQs. */
export const qaStrategy: SegmentStrategy = {
  name: 'qa',
  split: (document, { maxTokens }) => splitAtLines(document, QUESTION, maxTokens),
};

/** One numbered clause (第三条, 4.2, Article 7) a chunk, with what stands under it. For contracts, statutes and policies. */
export const clauseStrategy: SegmentStrategy = {
  name: 'clause',
  split: (document, { maxTokens }) => splitAtLines(document, CLAUSE, maxTokens),
};

/** Cuts before each line that matches and before headings; what is longer than the size is cut further. */
function splitAtLines({ text, blocks }: Document, starts: RegExp, maxTokens: number): TextSpan[] {
  const cuts: number[] = [];
  let afterHeading = false;
  for (const { block, start } of blockSpans(blocks)) {
    const isHeading = block.kind === 'heading';
    // A heading and the clause under it are one, and so are a heading and its subheading.
    if (isHeading && !afterHeading) cuts.push(start);
    let at = start;
    block.text.split('\n').forEach((line, index) => {
      const follows = afterHeading && index === 0;
      if (block.table === undefined && starts.test(line) && !follows) cuts.push(at);
      at += line.length + 1;
    });
    afterHeading = isHeading;
  }
  const ends = [...new Set([...cuts, text.length])].filter((at) => at > 0).sort((left, right) => left - right);
  let from = 0;
  return ends.flatMap((end) => {
    const spans = splitSpan(text, trim(text, from, end), maxTokens);
    from = end;
    return spans;
  });
}

function trim(text: string, start: number, end: number): TextSpan {
  const body = text.slice(start, end);
  const lead = body.length - body.trimStart().length;
  return { start: start + lead, end: start + lead + body.trim().length };
}
