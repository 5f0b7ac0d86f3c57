import type { Finding } from '@fieldkit/core';
import type { DraftBlock } from './reader.ts';

/** An entry: its text, leaders or space, and the number of a page. */
const ENTRY = /^(.*?\S)(?:\s*(?:[.…·‥_-]\s?){2,}\s*|\s+)(\d{1,4}|[ivxlc]{1,6})$/i;
/** Behind the page number of an entry with leaders, where another follows in the same line. */
const BETWEEN = /((?:[.…·‥_-]\s?){3,}\s*\d{1,4})\s+(?=\S)/g;
const HEADING =
  /^(?:(?:table of )?contents|index of contents|目\s*[录錄次]|inhalt(?:sverzeichnis)?|sommaire|table des mati[èe]res)$/i;
/** Entries; one fewer below a heading that says what they are. */
const FEWEST = 3;
/** Of the entries, those that must be headings of the document. */
const KNOWN = 0.6;

/**
 * Takes the table of contents out: entries in a row that end in page numbers that do not fall, and most of which are headings of the document.
 * It would be found for every question and answers none. Its own heading goes with it.
 */
export function withoutContents(blocks: readonly DraftBlock[]): {
  readonly blocks: readonly DraftBlock[];
  readonly findings: readonly Finding[];
} {
  const headings = new Set(blocks.filter(({ kind }) => kind === 'heading').map(({ text }) => fold(text)));
  const gone = new Set<number>();
  let removed = 0;
  for (let at = 0; at < blocks.length; at += 1) {
    const entries: { readonly text: string; readonly page: number }[] = [];
    let end = at;
    for (; end < blocks.length; end += 1) {
      const own = entriesOf(blocks[end]);
      if (own === undefined) break;
      if (blocks[end]?.kind === 'heading' && !own.every(({ text }) => headings.has(fold(text)))) break;
      entries.push(...own);
    }
    if (end === at) continue;
    const known = entries.filter(({ text }) => headings.has(fold(text))).length;
    const rising = entries.every(({ page }, index) => page >= (entries[index - 1]?.page ?? 0));
    const title = blocks[at - 1];
    const named = title !== undefined && HEADING.test(title.text.trim());
    if (entries.length >= (named ? 2 : FEWEST) && known >= entries.length * KNOWN && rising) {
      for (let index = at; index < end; index += 1) gone.add(index);
      if (named) gone.add(at - 1);
      removed += entries.length;
    }
    at = end;
  }
  if (gone.size === 0) return { blocks, findings: [] };
  return {
    blocks: blocks.filter((_, index) => !gone.has(index)),
    findings: [
      {
        severity: 'info',
        code: 'cleaned-contents',
        message: `${removed} times: entries of the table of contents, left out`,
      },
    ],
  };
}

/** The entries of a block that holds nothing else. */
function entriesOf(block: DraftBlock | undefined): { readonly text: string; readonly page: number }[] | undefined {
  if (block === undefined || block.kind === 'code') return undefined;
  const lines =
    block.table === undefined
      ? block.text.replace(BETWEEN, '$1\n').split('\n')
      : block.table.rows.map((row) =>
          row
            .map(({ text }) => text.trim())
            .filter((text) => text !== '')
            .join(' '),
        );
  const entries = lines.flatMap((line) => {
    const match = ENTRY.exec(line.trim().replace(/^-\s+/, ''));
    return match === null ? [] : [{ text: match[1] ?? '', page: pageOf(match[2] ?? '') }];
  });
  return entries.length === lines.length ? entries : undefined;
}

function pageOf(text: string): number {
  return /^\d/.test(text) ? Number(text) : 0;
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
