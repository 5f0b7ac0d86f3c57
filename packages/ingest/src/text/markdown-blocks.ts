import { type Cell, tableText } from '@fieldkit/core';
import { htmlBlocks } from '../html/html-blocks.ts';
import type { DraftBlock } from '../reader.ts';

const LIST_ITEM = /^\s*(?:[-*+]|\d{1,9}[.)])\s+\S/;

/** Whether text uses Markdown's marks: headings with `#`, fences or pipe tables. */
export function isMarkdown(text: string): boolean {
  const headings = text.match(/^#{1,6} \S/gm)?.length ?? 0;
  return (
    headings >= 2 ||
    (headings === 1 && /^#{1,3} \S/.test(text.trimStart())) ||
    /^\|.*\|\s*\n\|(?:\s*:?-+:?\s*\|)+\s*$/m.test(text)
  );
}

/** The blocks of a Markdown text. Inline marks (bold, links) become their text; HTML tables are read as tables. */
export function markdownBlocks(source: string): {
  readonly blocks: readonly DraftBlock[];
  readonly frontMatter: Record<string, string>;
} {
  let text = source.replace(/\r\n?/g, '\n').replace(/^\ufeff/, '');
  const frontMatter: Record<string, string> = {};
  const matter = /^---\n([\s\S]*?)\n---\n/.exec(text);
  if (matter !== null) {
    text = text.slice(matter[0].length);
    for (const [, key = '', value = ''] of (matter[1] ?? '').matchAll(/^([\w-]+):[ \t]*(.+)$/gm)) {
      frontMatter[key] = value.replace(/^(["'])(.*)\1$/, '$2').trim();
    }
  }
  const lines = text.split('\n');
  const blocks: DraftBlock[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const end = blockEnd(lines, at);
    const body = lines.slice(at, end);
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (line.trim() === '') at += 1;
    else {
      if (heading !== null) {
        blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, text: inline(heading[2] ?? '') });
      } else if (/^\s*(?:```|~~~)/.test(line)) {
        blocks.push({
          kind: 'code',
          text: body.slice(1, /^\s*(?:```|~~~)\s*$/.test(body.at(-1) ?? '') ? -1 : undefined).join('\n'),
        });
      } else if (/^\s*<table\b/i.test(line)) blocks.push(...htmlBlocks(body.join('\n')));
      else if (isTableStart(lines, at)) blocks.push(pipeTable(body));
      else if (LIST_ITEM.test(line)) blocks.push({ kind: 'list', text: listText(body) });
      else if (!/^\s*(?:[-*_]\s*){3,}$/.test(line)) {
        blocks.push({
          kind: 'paragraph',
          text: inline(body.map((part) => part.replace(/^\s*>\s?/, '').trim()).join('\n')),
        });
      }
      at = end;
    }
  }
  return { blocks: blocks.filter(({ text: body }) => body.trim() !== ''), frontMatter };
}

/** Exclusive end of the block that begins at line `at`. */
function blockEnd(lines: readonly string[], at: number): number {
  const line = lines[at] ?? '';
  const until = (stop: (index: number) => boolean, from = at + 1) => {
    let index = from;
    while (index < lines.length && !stop(index)) index += 1;
    return index;
  };
  const empty = (index: number) => (lines[index] ?? '').trim() === '';
  if (/^\s{0,3}#{1,6}\s/.test(line)) return at + 1;
  const fence = /^\s*(```|~~~)/.exec(line)?.[1];
  if (fence !== undefined)
    return Math.min(lines.length, until((index) => (lines[index] ?? '').trim().startsWith(fence)) + 1);
  if (/^\s*<table\b/i.test(line)) {
    return Math.min(lines.length, until((index) => /<\/table>/i.test(lines[index] ?? ''), at) + 1);
  }
  if (isTableStart(lines, at)) return until((index) => !(lines[index] ?? '').includes('|'));
  if (LIST_ITEM.test(line)) {
    return until(
      (index) =>
        (empty(index) && !/^\s+\S/.test(lines[index + 1] ?? '') && !LIST_ITEM.test(lines[index + 1] ?? '')) ||
        /^#{1,6}\s/.test(lines[index] ?? ''),
    );
  }
  return until(
    (index) =>
      empty(index) ||
      /^\s{0,3}#{1,6}\s|^\s*```/.test(lines[index] ?? '') ||
      LIST_ITEM.test(lines[index] ?? '') ||
      isTableStart(lines, index),
  );
}

function isTableStart(lines: readonly string[], at: number): boolean {
  return (lines[at] ?? '').includes('|') && /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/.test(lines[at + 1] ?? '');
}

function pipeTable(lines: readonly string[]): DraftBlock {
  const split = (line: string): Cell[] =>
    line
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => ({ text: inline(cell.replaceAll('\\|', '|').trim()) }));
  const table = { rows: [lines[0] ?? '', ...lines.slice(2)].map(split), headerRows: 1 };
  return { kind: 'table', text: tableText(table), table };
}

/** Items one a line, indented by two spaces a level; wrapped lines are joined. */
function listText(lines: readonly string[]): string {
  const items: string[] = [];
  for (const line of lines) {
    if (line.trim() === '') continue;
    if (LIST_ITEM.test(line) || items.length === 0)
      items.push(inline(line.trimEnd().replace(/^(\s*)[*+](\s)/, '$1-$2')));
    else items.push(`${items.pop() ?? ''} ${inline(line.trim())}`);
  }
  return items.join('\n');
}

/** Inline marks to their text. Underscores inside words and lone asterisks stay. */
function inline(text: string): string {
  return text
    .replace(/!\[([^\]]*)\]\([^)\s]*(?:\s+"[^"]*")?\)/g, '$1')
    .replace(/\[([^\]]+)\]\((?:[^()\s]|\([^()]*\))*(?:\s+"[^"]*")?\)/g, '$1')
    .replace(/(\*\*|__)(?=\S)([^\n]*?\S)\1/g, '$2')
    .replace(/(?<![\w*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*])/g, '$1')
    .replace(/(?<!`)`([^`\n]+)`(?!`)/g, '$1')
    .replace(/<br\s*\/?>/gi, '\n')
    .replace(/<\/?(?:span|div|p|b|i|em|strong|u|sub|sup|a|img|font|center|code|kbd)\b[^>\n]*>/gi, '')
    .replace(
      /&(amp|lt|gt|quot|nbsp);/g,
      (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', nbsp: ' ' })[name] ?? '',
    );
}
