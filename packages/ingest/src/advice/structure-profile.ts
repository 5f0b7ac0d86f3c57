import { blockSpans, type Document, estimateTokens } from '@fieldkit/core';

/** How a document is built, in estimated tokens. */
export interface StructureProfile {
  readonly uri: string;
  readonly tokens: number;
  readonly headings: number;
  /** Tokens of each stretch under one lowest heading, the heading included. */
  readonly sections: readonly number[];
  readonly tables: number;
  readonly tableTokens: number;
  /** Tokens of the largest table. */
  readonly largestTable: number;
  /** Blocks or lines that begin a numbered clause (`第三条`, `4.2`, `（一）`). */
  readonly clauses: number;
  /** Questions followed by an answer. */
  readonly questionPairs: number;
  /** Paragraphs and list items. */
  readonly paragraphs: number;
}

const CLAUSE =
  /^\s*(?:第[一二三四五六七八九十百零〇\d]+[条款]|\d+(?:\.\d+)+\.?\s|[（(][一二三四五六七八九十\d]{1,3}[）)])/;
const QUESTION = /^\s*(?:q(?:uestion)?\s*\d*\s*[:.：]|问\s*\d*\s*[:：])/i;
const ANSWER = /^\s*(?:a(?:nswer)?\s*\d*\s*[:.：]|答\s*\d*\s*[:：])/im;

export function structureProfile({ uri, text, blocks }: Pick<Document, 'uri' | 'text' | 'blocks'>): StructureProfile {
  const sections: number[] = [];
  let open = 0;
  const counts = {
    headings: 0,
    tables: 0,
    tableTokens: 0,
    largestTable: 0,
    clauses: 0,
    questionPairs: 0,
    paragraphs: 0,
  };
  const spans = blockSpans(blocks);
  spans.forEach(({ block, start, end }, index) => {
    const tokens = estimateTokens(text.slice(start, end));
    if (block.kind === 'heading') {
      counts.headings += 1;
      // A heading right below another one belongs to what follows.
      if (spans[index - 1]?.block.kind !== 'heading' && open > 0) {
        sections.push(open);
        open = 0;
      }
    } else if (block.kind === 'table') {
      counts.tables += 1;
      counts.tableTokens += tokens;
      counts.largestTable = Math.max(counts.largestTable, tokens);
    } else {
      counts.paragraphs += 1;
      const lines = block.text.split('\n');
      counts.clauses += lines.filter((line) => CLAUSE.test(line)).length;
      const answered = ANSWER.test(block.text) || ANSWER.test(spans[index + 1]?.block.text.slice(0, 20) ?? '');
      if (answered) counts.questionPairs += lines.filter((line) => QUESTION.test(line)).length;
    }
    open += tokens;
  });
  if (open > 0) sections.push(open);
  return { uri, tokens: estimateTokens(text), sections, ...counts };
}

/** The value below which `share` of the values lie; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
