import { type Table, tableText } from '@fieldkit/core';
import type { DraftBlock } from '../reader.ts';
import { MARK_END, MARK_START } from './annotate-body.ts';

const MARK = new RegExp(`${MARK_START}([^${MARK_END}]*)${MARK_END}`, 'g');

interface Mark {
  readonly heading?: number;
  readonly list?: { readonly level: number; readonly label: string };
}

/** Turns the marks in mammoth's blocks into headings, numbers and lists. */
export function wordBlocks(blocks: readonly DraftBlock[]): DraftBlock[] {
  const result: DraftBlock[] = [];
  const notes: DraftBlock[] = [];
  for (const block of blocks) {
    if (block.table !== undefined) result.push(unmarkTable(block, block.table));
    else if (block.kind === 'list' && /↑\s*(?:\n|$)/.test(block.text)) notes.push(...footnotes(block.text));
    else for (const part of splitAtMarks(block)) append(result, part);
  }
  // A title page that says the first heading's words again.
  const [first, second] = result;
  if (first?.kind === 'heading' && second?.kind === 'heading' && first.text === second.text) result.shift();
  return [...result, ...notes];
}

/** A text box or a line break may have put several paragraphs into one block. */
function splitAtMarks(block: DraftBlock): { block: DraftBlock; mark: Mark }[] {
  const starts = [...block.text.matchAll(MARK)];
  if (starts.length === 0) return [{ block, mark: {} }];
  const parts: { block: DraftBlock; mark: Mark }[] = [];
  const lead = block.text.slice(0, starts[0]?.index ?? 0).trim();
  if (lead !== '') parts.push({ block: { ...block, kind: 'paragraph', text: lead }, mark: {} });
  starts.forEach((start, index) => {
    const text = block.text.slice(start.index + start[0].length, starts[index + 1]?.index).trim();
    parts.push({
      block: { kind: block.kind === 'heading' ? 'paragraph' : block.kind, text },
      mark: parseMark(start[1] ?? ''),
    });
  });
  return parts;
}

function parseMark(text: string): Mark {
  const heading = /(?:^|;)h(\d)/.exec(text)?.[1];
  const list = /(?:^|;)([bn])(\d+):(.*)$/.exec(text);
  return {
    ...(heading !== undefined && { heading: Number(heading) }),
    ...(list !== null && { list: { level: Number(list[2]), label: list[1] === 'b' ? '-' : (list[3] ?? '') } }),
  };
}

function append(result: DraftBlock[], { block, mark }: { block: DraftBlock; mark: Mark }): void {
  const { heading, list } = mark;
  const label = list === undefined || list.label === '-' ? '' : list.label;
  const numbered = label === '' ? block.text : `${label} ${block.text}`;
  if (block.text === '') return;
  if (heading !== undefined) {
    result.push({ kind: 'heading', level: heading, text: numbered.replace(/\s+/g, ' ') });
    return;
  }
  if (list === undefined) {
    result.push(block);
    return;
  }
  // A clause of a contract is a paragraph that has a number; an item of a list is a line of it.
  if (isClauseNumber(label)) {
    result.push({ kind: 'paragraph', text: numbered });
    return;
  }
  const line = `${'  '.repeat(list.level)}${list.label === '' ? '-' : list.label} ${block.text.replace(/\s*\n\s*/g, ' ')}`;
  const last = result.at(-1);
  if (last?.kind === 'list') result[result.length - 1] = { ...last, text: `${last.text}\n${line}` };
  else result.push({ kind: 'list', text: line });
}

function isClauseNumber(label: string): boolean {
  return /^第.+[条章节款]$/.test(label);
}

function unmarkTable(block: DraftBlock, table: Table): DraftBlock {
  const rows = table.rows.map((row) =>
    row.map((cell) => ({
      ...cell,
      text: cell.text
        .replace(MARK, (_, text: string) => {
          const { list } = parseMark(text);
          return list === undefined ? '' : `${list.label} `;
        })
        .replace(/\s+/g, ' ')
        .trim(),
    })),
  );
  const clean = { ...table, rows };
  return { ...block, table: clean, text: tableText(clean) };
}

/** mammoth's list of notes at the end: one block each, without the arrow back. */
function footnotes(text: string): DraftBlock[] {
  return text
    .replace(MARK, '')
    .split('\n')
    .map((line) => ({
      kind: 'footnote',
      text: line
        .replace(/\s*↑\s*$/, '')
        .replace(/^(\d+)\.\s/, '[$1] ')
        .trim(),
    }));
}
