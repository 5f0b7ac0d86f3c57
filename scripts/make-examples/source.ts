/** The light markup of `sources/*.md`: front matter, Markdown and a few directives, parsed to blocks. */

export interface Style {
  readonly bold?: boolean;
  readonly italic?: boolean;
  readonly code?: boolean;
}

export type Inline =
  | { readonly kind: 'text'; readonly text: string; readonly style: Style }
  | { readonly kind: 'break' }
  | { readonly kind: 'footnote'; readonly id: string }
  | { readonly kind: 'link'; readonly text: string; readonly href: string }
  | { readonly kind: 'inserted' | 'deleted'; readonly children: readonly Inline[] };

export interface ListItem {
  readonly text: readonly Inline[];
  readonly children: readonly ListBlock[];
}

export interface ListBlock {
  readonly kind: 'list';
  readonly ordered: boolean;
  readonly items: readonly ListItem[];
}

/** `covered` cells are those taken by a span of a cell above or at the left. */
export interface Cell {
  readonly text: readonly Inline[];
  readonly columnSpan: number;
  readonly rowSpan: number;
  readonly covered: boolean;
}

export interface TableBlock {
  readonly kind: 'table';
  readonly rows: readonly (readonly Cell[])[];
  readonly headerRows: number;
  readonly repeatHeader: boolean;
  readonly borders: 'ruled' | 'plain' | 'horizontal';
  readonly alignments: readonly ('left' | 'center' | 'right')[];
  /** Relative column widths. */
  readonly widths: readonly number[];
  readonly caption?: readonly Inline[];
}

export type Block =
  | { readonly kind: 'heading'; readonly level: number; readonly text: readonly Inline[]; readonly numbered: boolean }
  | { readonly kind: 'paragraph'; readonly text: readonly Inline[] }
  | { readonly kind: 'title'; readonly lines: readonly (readonly Inline[])[] }
  | { readonly kind: 'pagebreak' }
  | { readonly kind: 'columns'; readonly count: number; readonly blocks: readonly Block[] }
  | { readonly kind: 'hidden'; readonly blocks: readonly Block[] }
  | { readonly kind: 'scan'; readonly blocks: readonly Block[] }
  | { readonly kind: 'box'; readonly blocks: readonly Block[] }
  | ListBlock
  | TableBlock;

export interface Source {
  readonly front: Readonly<Record<string, string>>;
  /** The body as written, for text targets. */
  readonly body: string;
  /** Line of the source file on which the body starts (1-based), for messages. */
  readonly bodyLine: number;
}

export interface ParsedBody {
  readonly blocks: readonly Block[];
  readonly footnotes: ReadonlyMap<string, readonly Inline[]>;
}

const KNOWN_KEYS = new Set(
  (
    'to title author date language header footer numbering encoding newline subject keywords company page margin ' +
    'size font accent change-author change-date'
  ).split(' '),
);

/** Splits a source file into its front matter (`key: value` lines, values may be quoted) and its body. */
export function parseSource(text: string): Source {
  const lines = text.replaceAll('\r\n', '\n').split('\n');
  if (lines[0] !== '---') throw new Error('line 1: the front matter must start with ---');
  const end = lines.indexOf('---', 1);
  if (end < 0) throw new Error('the front matter has no closing ---');
  const front: Record<string, string> = {};
  for (const [index, line] of lines.slice(1, end).entries()) {
    if (line.trim() === '' || line.startsWith('# ')) continue;
    const match = /^([a-z-]+):\s*(.*?)\s*$/.exec(line);
    const key = match?.[1];
    if (match === null || key === undefined) throw new Error(`line ${index + 2}: expected "key: value"`);
    if (!KNOWN_KEYS.has(key)) throw new Error(`line ${index + 2}: unknown key "${key}"`);
    const raw = match[2] ?? '';
    front[key] = /^"(.*)"$/.exec(raw)?.[1] ?? /^'(.*)'$/.exec(raw)?.[1] ?? raw.replace(/\s+#.*$/, '');
  }
  let first = end + 1;
  while (lines[first] === '') first += 1;
  return { front, body: lines.slice(first).join('\n'), bodyLine: first + 1 };
}

/** Parses the body of a source to blocks; messages name the line in the source file. */
export function parseBody(source: Source): ParsedBody {
  const lines = source.body.split('\n');
  const footnotes = new Map<string, readonly Inline[]>();
  const kept = lines.map((line) => {
    const note = /^\[\^([\w-]+)\]:\s+(.*)$/.exec(line);
    if (note === null) return line;
    footnotes.set(note[1] ?? '', parseInline(note[2] ?? ''));
    return '';
  });
  const blocks = parseBlocks(kept, 0, kept.length, source.bodyLine);
  return { blocks, footnotes };
}

interface TableOptions {
  repeatHeader: boolean;
  borders: 'ruled' | 'plain' | 'horizontal';
  headerRows: number;
  widths?: number[];
  caption?: string;
}

function parseBlocks(lines: readonly string[], from: number, to: number, firstLine: number): Block[] {
  const blocks: Block[] = [];
  let options = defaultTableOptions();
  let index = from;
  const at = (i: number): string => (i < to ? (lines[i] ?? '') : '');
  while (index < to) {
    const line = at(index);
    if (line.trim() === '') {
      index += 1;
    } else if (/^:::/.test(line)) {
      const close = closingLine(lines, index, to, firstLine);
      blocks.push(directive(line, lines, index + 1, close, firstLine));
      index = close + 1;
    } else if (/^\{(repeat-header|table:|header-rows:|widths:|caption:)/.test(line)) {
      applyTableOption(options, line, firstLine + index);
      index += 1;
    } else if (/^#{1,6}\s/.test(line)) {
      const match = /^(#{1,6})\s+(.*?)\s*(\{-\})?\s*$/.exec(line);
      const level = match?.[1]?.length ?? 1;
      blocks.push({ kind: 'heading', level, text: parseInline(match?.[2] ?? ''), numbered: match?.[3] === undefined });
      index += 1;
    } else if (line.startsWith('|')) {
      let end = index;
      while (at(end).startsWith('|')) end += 1;
      blocks.push(parseTable(lines.slice(index, end), options, firstLine + index));
      options = defaultTableOptions();
      index = end;
    } else if (LIST_ITEM.test(line)) {
      let end = index + 1;
      while (at(end).trim() !== '' && (LIST_ITEM.test(at(end)) || /^\s/.test(at(end)))) end += 1;
      blocks.push(...parseList(lines.slice(index, end), firstLine + index));
      index = end;
    } else {
      let end = index + 1;
      while (at(end).trim() !== '' && !/^(:::|#{1,6}\s|\||\{(repeat-header|table:|caption:|widths:))/.test(at(end))) {
        if (LIST_ITEM.test(at(end))) break;
        end += 1;
      }
      blocks.push({ kind: 'paragraph', text: parseInline(joinLines(lines.slice(index, end))) });
      index = end;
    }
  }
  return blocks;
}

/** Lines of one paragraph: joined by a space, but not between two Chinese characters; two spaces at the end break. */
function joinLines(lines: readonly string[]): string {
  let text = '';
  for (const line of lines) {
    const next = line.trimStart();
    if (text.endsWith('  ')) text = `${text.trimEnd()}\u2028`;
    else if (text !== '' && !(/[\u3000-\u9fff\uff00-\uffef]$/.test(text) && /^[\u3000-\u9fff\uff00-\uffef]/.test(next)))
      text += ' ';
    text += next;
  }
  return text.trimEnd();
}

function closingLine(lines: readonly string[], open: number, to: number, firstLine: number): number {
  if (/^:::.*\S.*\s:::\s*$/.test(lines[open] ?? '')) return open;
  let depth = 1;
  for (let index = open + 1; index < to; index += 1) {
    const line = lines[index] ?? '';
    if (/^:::\s*$/.test(line)) depth -= 1;
    else if (/^:::/.test(line) && !/^:::.*\S.*\s:::\s*$/.test(line)) depth += 1;
    if (depth === 0) return index;
  }
  throw new Error(`line ${firstLine + open}: this ::: block is never closed`);
}

function directive(line: string, lines: readonly string[], from: number, to: number, firstLine: number): Block {
  const [name, argument] = line
    .replace(/^:::\s*/, '')
    .replace(/\s*:::\s*$/, '')
    .split(/\s+/);
  const inner = (): Block[] => parseBlocks(lines, from, to, firstLine);
  switch (name) {
    case 'pagebreak':
      return { kind: 'pagebreak' };
    case 'columns':
      return { kind: 'columns', count: Number(argument ?? 2), blocks: inner() };
    case 'hidden':
    case 'scan':
    case 'box':
      return { kind: name, blocks: inner() };
    case 'title':
      return {
        kind: 'title',
        lines: lines
          .slice(from, to)
          .filter((text) => text.trim() !== '')
          .map((text) => parseInline(text)),
      };
    default:
      throw new Error(`line ${firstLine + from - 1}: unknown directive "${name ?? ''}"`);
  }
}

const LIST_ITEM = /^(\s*)([-*]|\d+[.)])\s+(.*)$/;

interface MutableItem {
  text: string[];
  children: MutableList[];
}
interface MutableList {
  ordered: boolean;
  indent: number;
  items: MutableItem[];
}

function parseList(lines: readonly string[], firstLine: number): ListBlock[] {
  const roots: MutableList[] = [];
  const stack: MutableList[] = [];
  for (const [offset, line] of lines.entries()) {
    const match = LIST_ITEM.exec(line);
    if (match === null) {
      const item = stack.at(-1)?.items.at(-1);
      if (item === undefined) throw new Error(`line ${firstLine + offset}: text outside a list item`);
      item.text.push(line);
      continue;
    }
    const indent = match[1]?.length ?? 0;
    const ordered = /\d/.test(match[2] ?? '');
    while ((stack.at(-1)?.indent ?? -1) > indent) stack.pop();
    let top = stack.at(-1);
    if (top === undefined || top.indent < indent || top.ordered !== ordered) {
      if (top !== undefined && top.indent === indent) stack.pop();
      const list: MutableList = { ordered, indent, items: [] };
      const parent = stack.at(-1)?.items.at(-1);
      if (parent === undefined) roots.push(list);
      else parent.children.push(list);
      stack.push(list);
      top = list;
    }
    top.items.push({ text: [match[3] ?? ''], children: [] });
  }
  return roots.map(freezeList);
}

function freezeList(list: MutableList): ListBlock {
  const items = list.items.map((item) => ({
    text: parseInline(joinLines(item.text)),
    children: item.children.map(freezeList),
  }));
  return { kind: 'list', ordered: list.ordered, items };
}

function defaultTableOptions(): TableOptions {
  return { repeatHeader: false, borders: 'ruled', headerRows: 1 };
}

function applyTableOption(options: TableOptions, line: string, lineNumber: number): void {
  for (const [, name, value] of line.matchAll(/\{([a-z-]+)(?::\s*([^}]*))?\}/g)) {
    if (name === 'repeat-header') options.repeatHeader = true;
    else if (name === 'caption') options.caption = value ?? '';
    else if (name === 'header-rows') options.headerRows = Number(value);
    else if (name === 'widths')
      options.widths = (value ?? '')
        .trim()
        .split(/[\s,]+/)
        .map(Number);
    else if (name === 'table' && (value === 'ruled' || value === 'plain' || value === 'horizontal'))
      options.borders = value;
    else throw new Error(`line ${lineNumber}: unknown table option "${name ?? ''}: ${value ?? ''}"`);
  }
}

function splitRow(line: string): string[] {
  const trimmed = line
    .trim()
    .replace(/^\|/, '')
    .replace(/(?<!\\)\|$/, '');
  return trimmed.split(/(?<!\\)\|/).map((cell) => cell.replaceAll('\\|', '|').trim());
}

function parseTable(lines: readonly string[], options: TableOptions, firstLine: number): TableBlock {
  const ruler = splitRow(lines[1] ?? '');
  if (!ruler.every((cell) => /^:?-+:?$/.test(cell))) throw new Error(`line ${firstLine + 1}: expected |---|---|`);
  const texts = lines.filter((_, index) => index !== 1).map(splitRow);
  const width = ruler.length;
  for (const [index, row] of texts.entries()) {
    if (row.length !== width)
      throw new Error(`line ${firstLine + index + (index > 0 ? 1 : 0)}: ${row.length} cells, the table has ${width}`);
  }
  const covered = (row: number, column: number): boolean => /^[\^<]$/.test(texts[row]?.[column] ?? '');
  const rows = texts.map((row, r) =>
    row.map((text, c): Cell => {
      if (covered(r, c)) return { text: [], columnSpan: 1, rowSpan: 1, covered: true };
      let columnSpan = 1;
      while (texts[r]?.[c + columnSpan] === '<') columnSpan += 1;
      let rowSpan = 1;
      while (texts[r + rowSpan]?.[c] === '^') rowSpan += 1;
      return { text: parseInline(text), columnSpan, rowSpan, covered: false };
    }),
  );
  if (options.widths !== undefined && options.widths.length !== width)
    throw new Error(`line ${firstLine}: ${options.widths.length} widths for ${width} columns`);
  return {
    kind: 'table',
    rows,
    headerRows: options.headerRows,
    repeatHeader: options.repeatHeader,
    borders: options.borders,
    alignments: ruler.map((cell) => (/^:-+:$/.test(cell) ? 'center' : cell.endsWith(':') ? 'right' : 'left')),
    widths: options.widths ?? guessWidths(texts, width),
    ...(options.caption === undefined ? {} : { caption: parseInline(options.caption) }),
  };
}

/** A column's share grows with its longest word and, more slowly, with its mean length. */
function guessWidths(texts: readonly (readonly string[])[], width: number): number[] {
  return Array.from({ length: width }, (_, column) => {
    const cells = texts.map((row) => row[column] ?? '').filter((cell) => !/^[\^<]$/.test(cell));
    const size = (text: string): number => [...text].reduce((sum, c) => sum + (c > '\u2e7f' ? 2 : 1), 0);
    const word = Math.max(4, ...cells.flatMap((cell) => cell.split(/\s+/).map((part) => Math.min(size(part), 22))));
    const mean = cells.reduce((sum, cell) => sum + size(cell), 0) / Math.max(1, cells.length);
    return word + Math.min(mean, 60) ** 0.8;
  });
}

const INLINE =
  /\\([\\*_`|{}[\]#^<])|\{\+\+([\s\S]*?)\+\+\}|\{--([\s\S]*?)--\}|\[\^([\w-]+)\]|\[([^\]]+)\]\(([^)\s]+)\)|`([^`]+)`|(\*\*|\*)|(\u2028)/g;

/** Parses **bold**, *italic*, `code`, [links](url), [^notes], {++insertions++}, {--deletions--} and \escapes. */
export function parseInline(text: string, base: Style = {}): readonly Inline[] {
  const out: Inline[] = [];
  let bold = base.bold ?? false;
  let italic = base.italic ?? false;
  const style = (): Style => ({ ...(bold ? { bold } : {}), ...(italic ? { italic } : {}) });
  const push = (part: string, extra: Style = {}): void => {
    if (part !== '') out.push({ kind: 'text', text: part, style: { ...style(), ...extra } });
  };
  let last = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, escaped, inserted, deleted, note, label, href, code, mark, lineBreak] = match;
    push(text.slice(last, match.index));
    last = match.index + whole.length;
    if (escaped !== undefined) push(escaped);
    else if (inserted !== undefined) out.push({ kind: 'inserted', children: parseInline(inserted, style()) });
    else if (deleted !== undefined) out.push({ kind: 'deleted', children: parseInline(deleted, style()) });
    else if (note !== undefined) out.push({ kind: 'footnote', id: note });
    else if (label !== undefined && href !== undefined) out.push({ kind: 'link', text: label, href });
    else if (code !== undefined) push(code, { code: true });
    else if (lineBreak !== undefined) out.push({ kind: 'break' });
    else if (mark === '**') bold = !bold;
    else italic = !italic;
  }
  push(text.slice(last));
  return out;
}
