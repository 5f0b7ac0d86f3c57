import { tableText } from '@fieldkit/core';
import type { DraftBlock } from '../reader.ts';
import { headingNumber } from './heading-number.ts';
import { isMarkdown, markdownBlocks } from './markdown-blocks.ts';

const LIST_ITEM = /^\s*(?:[-*•·●○■◦‣▪–]|\(?\d{1,3}[.)、）]|[（(][a-z\d]{1,3}[）)]|[a-z][.)])\s*\S/i;

/** `== Title ==`, also with its marks set apart. */
const WIKI_HEADING = /^\s*(=(?:\s?=){0,5})\s*([^=\s](?:[^=]*[^=\s])?)\s*\1\s*$/;
const UNNUMBERED_LEVEL = 2;
const CAPTION = /^(?:fig(?:ure|\.)|table|tab\.|exhibit|图|表|圖)\s*[A-Z]?\d/i;

/**
 * Blocks of plain text: paragraphs are separated by empty lines; when there are none, each line is one. Headings are short lines
 * alone that are numbered, underlined, in capitals or between wiki marks, and short lines on top of a paragraph of one long line. Text
 * that uses Markdown's marks is read as Markdown.
 */
export function plainTextBlocks(source: string): DraftBlock[] {
  const text = source.replace(/\r\n?/g, '\n').replace(/^\ufeff/, '');
  if (isMarkdown(text)) return [...markdownBlocks(text).blocks];
  const groups = text.split(/\n[ \t\u3000]*\n/).filter((group) => group.trim() !== '');
  const lineCount = text.split('\n').filter((line) => line.trim() !== '').length;
  // Without empty lines a file has one paragraph a line, or hard-wrapped lines; long or uneven lines mean the former.
  const wrapped = isHardWrapped(text);
  const pieces = groups.length === 1 && lineCount > 3 && !wrapped ? text.split('\n') : groups;
  return demoteRepeated(pieces.flatMap((piece) => blocksOf(piece, wrapped)));
}

/** The same words three times over head no sections. */
function demoteRepeated(blocks: readonly DraftBlock[]): DraftBlock[] {
  const counts = new Map<string, number>();
  for (const { kind, text } of blocks) if (kind === 'heading') counts.set(text, (counts.get(text) ?? 0) + 1);
  return blocks.map((block) =>
    block.kind === 'heading' && (counts.get(block.text) ?? 0) >= 3 ? { kind: 'paragraph', text: block.text } : block,
  );
}

function blocksOf(piece: string, wrapped: boolean): DraftBlock[] {
  const lines = piece.split('\n').filter((line) => line.trim() !== '');
  const blocks: DraftBlock[] = [];
  let pending: string[] = [];
  const flush = () => {
    if (pending.length > 0) blocks.push(paragraphOrList(pending, wrapped));
    pending = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const next = lines[index + 1] ?? '';
    if (/^\s*([=\-~])\1{3,}\s*$/.test(next) && line.trim().length <= 100) {
      flush();
      blocks.push({ kind: 'heading', level: next.trim().startsWith('=') ? 1 : 2, text: line.trim() });
      index += 1;
      continue;
    }
    const wiki = WIKI_HEADING.exec(line);
    if (wiki !== null) {
      flush();
      blocks.push({ kind: 'heading', level: (wiki[1] ?? '').replace(/\s/g, '').length, text: wiki[2] ?? '' });
      continue;
    }
    const level =
      pending.length > 0
        ? undefined
        : (headingLevel(line, lines.length === 1) ?? (headsLongLine(line, next) ? UNNUMBERED_LEVEL : undefined));
    if (level !== undefined) {
      flush();
      blocks.push({ kind: 'heading', level, text: line.trim() });
    } else pending.push(line);
  }
  flush();
  return blocks;
}

function paragraphOrList(lines: readonly string[], wrapped: boolean): DraftBlock {
  const rows = tableRows(lines);
  if (rows !== undefined) {
    const table = { rows: rows.map((row) => row.map((text) => ({ text }))), headerRows: 1 };
    return { kind: 'table', text: tableText(table), table };
  }
  if (LIST_ITEM.test(lines[0] ?? '') && lines.filter((line) => LIST_ITEM.test(line)).length * 2 >= lines.length) {
    return { kind: 'list', text: lines.map((line) => line.trimEnd()).join('\n') };
  }
  return { kind: 'paragraph', text: wrapped ? joinWrapped(lines) : lines.map((line) => line.trim()).join('\n') };
}

/** Cells of lines that are all cut by tabs, or all by the same number of upright strokes. */
function tableRows(lines: readonly string[]): string[][] | undefined {
  if (lines.length < 2) return undefined;
  if (lines.every((line) => line.includes('\t')))
    return lines.map((line) => line.split('\t').map((cell) => cell.trim()));
  const rows = lines.map((line) =>
    line
      .trim()
      .split(/(?<=^|\s)\|(?=\s|$)/)
      .map((cell) => cell.trim()),
  );
  const [first] = rows;
  return first !== undefined && first.length > 1 && rows.every((row) => row.length === first.length) ? rows : undefined;
}

/** The title of a section whose text follows as one line: short, without an end mark, in front of a line that is far longer. */
function headsLongLine(line: string, next: string): boolean {
  const text = line.trim();
  const wide = /\p{Script=Han}/u.test(text) ? 2 : 1;
  if (text.length * wide > 80 || next.trim().length * wide < 200 || LIST_ITEM.test(line)) return false;
  if (CAPTION.test(text)) return false;
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  return letters >= text.length * 0.6 && /^[\p{Lu}\p{Lo}\d]/u.test(text) && !/[.。；;，,：:!?！？…)）\]>|]$/.test(text);
}

/** Level of a line that looks like a heading, alone in its paragraph or the first line of one. */
function headingLevel(line: string, alone: boolean): number | undefined {
  const text = line.trim();
  if (text.length > 80 || /[。；;，,：:!?！？]$/.test(text) || (/\.$/.test(text) && !/^\d+\.$/.test(text)))
    return undefined;
  const number = headingNumber(text);
  if (number !== undefined) {
    const strong =
      number.scheme === 'chapter' || number.scheme === 'word' || (number.scheme === 'decimal' && number.depth > 1);
    // "175 paper fuzes" counts something: a number without a mark heads only what begins like a title, and is small.
    if (/^\d+\s/.test(text) && (Number.parseInt(text, 10) > 40 || /^\d+\s+\p{Ll}/u.test(text))) return undefined;
    const short = text.length <= (/\p{Script=Han}/u.test(text) ? 30 : 60);
    if (number.scheme === 'article') return undefined; // an article of a contract is its text
    if (short && (strong || alone)) return Math.min(number.depth, 6);
    return undefined;
  }
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  if (
    letters >= 4 &&
    letters >= text.replace(/\s/g, '').length * 0.7 &&
    text === text.toUpperCase() &&
    text !== text.toLowerCase()
  )
    return 2;
  return undefined;
}

function isHardWrapped(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const longest = Math.max(0, ...lines.map((line) => line.length));
  if (lines.length < 5 || longest < 50 || longest > 120) return false;
  return lines.filter((line) => line.length > longest * 0.75).length > lines.length * 0.5;
}

function joinWrapped(lines: readonly string[]): string {
  return lines
    .map((line) => line.trim())
    .reduce((left, right) => {
      const tight = /\p{Script=Han}$|[，。、；：]$/u.test(left) && /^[\p{Script=Han}，。、；：]/u.test(right);
      return left === '' ? right : `${left}${tight ? '' : ' '}${right}`;
    }, '');
}
