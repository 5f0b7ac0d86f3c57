import { type Cell, type Table, tableText } from '@fieldkit/core';
import type { ChildNode, Element } from 'domhandler';
import { parseDocument } from 'htmlparser2';
import type { DraftBlock } from '../reader.ts';

const SKIPPED = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math',
  'head',
  'iframe',
  'object',
  'select',
  'button',
]);
const BLOCK_TAGS = new Set(
  'address article aside blockquote body dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table ul caption'.split(
    ' ',
  ),
);
const MAX_DEPTH = 200;

export interface HtmlBlocksOptions {
  /** Leaves out `nav`, `header` and `footer` of a page. Default false. */
  readonly skipBoilerplate?: boolean;
}

/** The blocks of an HTML page or fragment in document order. Scripts, styles and links' targets are left out. */
export function htmlBlocks(html: string, { skipBoilerplate = false }: HtmlBlocksOptions = {}): DraftBlock[] {
  const walker = new HtmlWalker(skipBoilerplate);
  walker.walk(parseDocument(html, { decodeEntities: true }).children, 0);
  walker.flush();
  return walker.blocks;
}

/** The text of an HTML page's `<title>`. */
export function htmlTitle(html: string): string | undefined {
  const head = parseDocument(html.slice(0, 100_000)).children;
  const found = findElement(head, 'title', 0);
  return found === undefined ? undefined : inlineText(found.children).trim();
}

/** Collects inline text until a block element begins or ends. A class because a walk over nested lists keeps state. */
class HtmlWalker {
  readonly blocks: DraftBlock[] = [];
  private readonly skipBoilerplate: boolean;
  private inline = '';

  constructor(skipBoilerplate: boolean) {
    this.skipBoilerplate = skipBoilerplate;
  }

  flush(kind: DraftBlock['kind'] = 'paragraph'): void {
    const text = tidy(this.inline);
    this.inline = '';
    if (text !== '') this.blocks.push({ kind, text });
  }

  walk(nodes: readonly ChildNode[], depth: number): void {
    for (const node of nodes) {
      if (node.type === 'text') this.inline += node.data.replace(/[\t\n\r ]+/g, ' ');
      if (!isElement(node) || SKIPPED.has(node.name) || isHidden(node)) continue;
      if (this.skipBoilerplate && (node.name === 'nav' || node.name === 'footer')) continue;
      if (depth > MAX_DEPTH) this.inline += inlineText(node.children);
      else this.element(node, depth);
    }
  }

  private element(node: Element, depth: number): void {
    const { name } = node;
    if (name === 'br') this.inline += '\n';
    else if (name === 'img') this.image(node);
    else if (!BLOCK_TAGS.has(name)) this.walk(node.children, depth + 1);
    else if (/^h[1-6]$/.test(name)) this.heading(node, Number(name.slice(1)));
    else if (name === 'table') this.table(node);
    else if (name === 'ul' || name === 'ol') this.list(node);
    else if (name === 'pre') this.code(node);
    else {
      this.flush();
      this.walk(node.children, depth + 1);
      this.flush(name === 'figcaption' || name === 'caption' ? 'caption' : 'paragraph');
    }
  }

  private heading(node: Element, level: number): void {
    this.flush();
    const text = tidy(inlineText(node.children)).replace(/\s+/g, ' ');
    if (text !== '') this.blocks.push({ kind: 'heading', level, text });
  }

  private image(node: Element): void {
    const alternative = node.attribs.alt?.trim() ?? '';
    if (alternative !== '') this.inline += ` ${alternative} `;
  }

  private code(node: Element): void {
    this.flush();
    const text = rawText(node.children).replace(/^\n+|\s+$/g, '');
    if (text !== '') this.blocks.push({ kind: 'code', text });
  }

  private list(node: Element): void {
    this.flush();
    const lines = listLines(node, 0);
    if (lines.length > 0) this.blocks.push({ kind: 'list', text: lines.join('\n') });
  }

  private table(node: Element): void {
    this.flush();
    const { table, caption, nested } = readTable(node);
    if (caption !== '') this.blocks.push({ kind: 'caption', text: caption });
    const filled = table.rows.some((row) => row.some(({ text }) => text !== ''));
    if (filled) this.blocks.push({ kind: 'table', text: tableText(table), table });
    for (const inner of nested) this.table(inner);
  }
}

function listLines(list: Element, depth: number): string[] {
  if (depth > 30) return [tidy(inlineText(list.children))];
  const ordered = list.name === 'ol';
  let number = Number(list.attribs.start ?? '1');
  if (!Number.isFinite(number)) number = 1;
  const lines: string[] = [];
  for (const item of list.children) {
    if (!isElement(item) || isHidden(item)) continue;
    if (item.name === 'ul' || item.name === 'ol') {
      lines.push(...listLines(item, depth + 1));
      continue;
    }
    const inner = item.children.filter((child) => isElement(child) && (child.name === 'ul' || child.name === 'ol'));
    const own = tidy(inlineText(item.children.filter((child) => !inner.includes(child)))).replace(/\s+/g, ' ');
    if (own !== '') lines.push(`${'  '.repeat(depth)}${ordered ? `${number}.` : '-'} ${own}`);
    number += 1;
    for (const child of inner) if (isElement(child)) lines.push(...listLines(child, depth + 1));
  }
  return lines;
}

/** Rows of the outer table only; tables inside cells are given back to stand on their own behind it. */
function readTable(table: Element): {
  readonly table: Table;
  readonly caption: string;
  readonly nested: readonly Element[];
} {
  const rows: Cell[][] = [];
  const nested: Element[] = [];
  let caption = '';
  let headerRows = 0;
  const visit = (nodes: readonly ChildNode[], inHead: boolean) => {
    for (const node of nodes) {
      if (!isElement(node)) continue;
      if (node.name === 'caption') caption = tidy(inlineText(node.children)).replace(/\s+/g, ' ');
      else if (node.name === 'thead') visit(node.children, true);
      else if (node.name === 'tbody' || node.name === 'tfoot') visit(node.children, false);
      else if (node.name === 'tr') {
        const cells = node.children.filter(
          (cell) => isElement(cell) && (cell.name === 'td' || cell.name === 'th'),
        ) as Element[]; // by the filter
        const isHeader = inHead || (cells.length > 0 && cells.every(({ name }) => name === 'th'));
        if (isHeader && headerRows === rows.length) headerRows += 1;
        rows.push(cells.map((cell) => readCell(cell, nested)));
      }
    }
  };
  visit(table.children, false);
  return { table: { rows, headerRows }, caption, nested };
}

function readCell(cell: Element, nested: Element[]): Cell {
  const text = tidy(inlineText(cell.children, (inner) => nested.push(inner))).replace(/\s+/g, ' ');
  const colSpan = spanOf(cell.attribs.colspan);
  const rowSpan = spanOf(cell.attribs.rowspan);
  return { text, ...(rowSpan > 1 && { rowSpan }), ...(colSpan > 1 && { colSpan }) };
}

function spanOf(value: string | undefined): number {
  const span = Number.parseInt(value ?? '1', 10);
  return Number.isFinite(span) ? Math.min(Math.max(span, 1), 1000) : 1;
}

/** Text of everything below, with line breaks at block elements; `onTable` takes tables out of it. */
export function inlineText(nodes: readonly ChildNode[], onTable?: (table: Element) => void): string {
  let text = '';
  const visit = (list: readonly ChildNode[]) => {
    for (const node of list) {
      if (node.type === 'text') text += node.data.replace(/[\t\n\r ]+/g, ' ');
      if (!isElement(node) || SKIPPED.has(node.name) || isHidden(node)) continue;
      if (node.name === 'table' && onTable !== undefined) {
        onTable(node);
        continue;
      }
      if (node.name === 'br') text += '\n';
      const block = BLOCK_TAGS.has(node.name) || node.name === 'tr';
      if (block && text !== '' && !text.endsWith('\n')) text += '\n';
      visit(node.children);
      if (block && text !== '' && !text.endsWith('\n')) text += '\n';
      if (node.name === 'td' || node.name === 'th') text += ' ';
    }
  };
  visit(nodes);
  return text;
}

function rawText(nodes: readonly ChildNode[]): string {
  return nodes
    .map((node) => (node.type === 'text' ? node.data : isElement(node) ? rawText(node.children) : ''))
    .join('');
}

function isElement(node: ChildNode): node is Element {
  return node.type === 'tag' || node.type === 'script' || node.type === 'style';
}

function isHidden(node: Element): boolean {
  return 'hidden' in node.attribs || /display\s*:\s*none|visibility\s*:\s*hidden/i.test(node.attribs.style ?? '');
}

function findElement(nodes: readonly ChildNode[], name: string, depth: number): Element | undefined {
  if (depth > 20) return undefined;
  for (const node of nodes) {
    if (!isElement(node)) continue;
    if (node.name === name) return node;
    const inner = findElement(node.children, name, depth + 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** Runs of spaces to one, none beside line breaks, at most one empty line. */
function tidy(text: string): string {
  return text
    .replace(/[ \u00a0]+/g, ' ')
    .replace(/ *\n */g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
