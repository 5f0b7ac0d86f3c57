import type { Block, Document, Table } from '@fieldkit/core';

/** A document as Markdown: headings with `#`, tables as pipe tables, or as HTML when they have spans or more than one header row. */
export function documentToMarkdown(document: Pick<Document, 'blocks'>): string {
  return `${document.blocks.map(blockMarkdown).join('\n\n')}\n`;
}

function blockMarkdown(block: Block): string {
  const { kind, text, table, level = 1 } = block;
  if (kind === 'heading') return `${'#'.repeat(Math.min(level, 6))} ${text.replace(/\s+/g, ' ')}`;
  if (kind === 'table' && table !== undefined) return tableMarkdown(table);
  if (kind === 'code') return `\`\`\`\n${text}\n\`\`\``;
  return text;
}

function tableMarkdown(table: Table): string {
  const spans = table.rows.some((row) => row.some(({ rowSpan = 1, colSpan = 1 }) => rowSpan > 1 || colSpan > 1));
  const ragged = new Set(table.rows.map((row) => row.length)).size > 1;
  const bars = table.rows.some((row) => row.some(({ text }) => text.includes('|')));
  if (spans || ragged || bars || table.headerRows > 1 || table.rows.length < 2) return tableHtml(table);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const [head = [], ...rows] = table.rows.map((row) => row.map(({ text }) => pipeCell(text)));
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function tableHtml(table: Table): string {
  const rows = table.rows.map((row, index) => {
    const tag = index < table.headerRows ? 'th' : 'td';
    const cells = row.map(({ text, rowSpan = 1, colSpan = 1 }) => {
      const spans = `${rowSpan > 1 ? ` rowspan="${rowSpan}"` : ''}${colSpan > 1 ? ` colspan="${colSpan}"` : ''}`;
      return `<${tag}${spans}>${htmlText(text)}</${tag}>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<table>\n${rows.join('\n')}\n</table>`;
}

function pipeCell(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function htmlText(text: string): string {
  return text.replace(/\s+/g, ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').trim();
}
