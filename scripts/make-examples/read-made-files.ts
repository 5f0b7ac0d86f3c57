/** The text of made files, read back independently of the toolkit: pdftotext, the XML of a Word file, decoded TXT. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readZip } from './zip.ts';

/** One page of a PDF; the whole of a Word or TXT file. */
export interface MadePage {
  /** In reading order, white space as found. */
  readonly text: string;
  /** Lines as laid out on paper, or table rows with cells joined by ` | `. */
  readonly lines: readonly string[];
}

export interface MadeFile {
  readonly pages: readonly MadePage[];
  /** Pages on paper: counted in a PDF, from the properties of a Word file, 55 lines of 90 columns in a TXT. */
  readonly paperPages: number;
}

export function readMadeFile(path: string): MadeFile {
  if (path.endsWith('.pdf')) return readPdf(path);
  return path.endsWith('.docx') ? readDocx(path) : readText(path);
}

function readPdf(path: string): MadeFile {
  const run = (...flags: string[]): string[] =>
    execFileSync('pdftotext', [...flags, '-enc', 'UTF-8', path, '-'], { encoding: 'utf8', maxBuffer: 64e6 }).split(
      '\f',
    );
  const texts = run();
  const layouts = run('-layout');
  const pages = texts.slice(0, -1).map((text, index) => ({ text, lines: (layouts[index] ?? '').split('\n') }));
  return { pages, paperPages: pages.length };
}

function readDocx(path: string): MadeFile {
  const entries = new Map(readZip(readFileSync(path)).map(({ name, data }) => [name, data.toString('utf8')]));
  const lines = ['word/document.xml', 'word/footnotes.xml'].flatMap((name) => wordLines(entries.get(name) ?? ''));
  const paperPages = Number(/<Pages>(\d+)</.exec(entries.get('docProps/app.xml') ?? '')?.[1] ?? 1);
  return { pages: [{ text: lines.join('\n'), lines }], paperPages };
}

/** Paragraphs outside tables and rows of tables; deleted text of tracked changes is left out, inserted text kept. */
function wordLines(xml: string): string[] {
  const lines: string[] = [];
  let row: string[] | undefined;
  let cell = '';
  let paragraph = '';
  for (const [tag, , text] of xml.matchAll(/<(\/?w:(?:p|tr|tc|t|tab|br))(?=[\s/>])[^>]*>([^<]*)/g)) {
    const name = /^<(\/?w:[a-z]+)/.exec(tag)?.[1];
    if (name === 'w:t') paragraph += unescapeXml(text ?? '');
    else if (name === 'w:tab' || name === 'w:br') paragraph += ' ';
    else if (name === 'w:tr') row = [];
    else if (name === 'w:tc') cell = '';
    else if (name === '/w:tc') row?.push(cell.trim());
    else if (name === '/w:tr') {
      lines.push((row ?? []).join(' | '));
      row = undefined;
    } else if (name === '/w:p') {
      if (row === undefined) lines.push(paragraph);
      else cell += ` ${paragraph}`;
      paragraph = '';
    }
  }
  return lines;
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}

function readText(path: string): MadeFile {
  const text = decode(readFileSync(path));
  const lines = text.split(/\r?\n/);
  const width = (line: string): number => [...line].reduce((sum, c) => sum + (c > '\u2e7f' ? 2 : 1), 0);
  const printed = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / 90)), 0);
  return { pages: [{ text, lines }], paperPages: Math.ceil(printed / 55) };
}

function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return bytes.toString('utf16le').slice(1);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('gb18030', { fatal: true }).decode(bytes);
  }
}

/** Whether the quote stands on the page. White space and width do not count; a quote with ` | ` is a table row. */
export function pageHolds(page: MadePage, quote: string): boolean {
  if (fold(page.text).includes(fold(quote))) return true;
  if (!quote.includes(' | ')) return false;
  if (page.lines.some((line) => fold(line).includes(fold(quote)))) return true;
  // A row's cells wrap independently: each must stand within a few lines of the layout, its pieces from top to bottom.
  const cells = quote.split('|').map(fold);
  return page.lines.some((_, index) => {
    const pieces = page.lines.slice(index, index + 7).flatMap((line) => line.split(/\s+/).map(fold));
    return cells.every((cell) => madeOf(cell, pieces));
  });
}

/** Whether the pieces hold the text, taking each next fitting piece: a cell of Chinese breaks anywhere. */
function madeOf(text: string, pieces: readonly string[]): boolean {
  if (pieces.join('').includes(text)) return true;
  return pieces.some((_, start) => {
    let rest = text;
    for (const piece of pieces.slice(start)) {
      if (piece !== '' && rest.startsWith(piece)) rest = rest.slice(piece.length);
    }
    return rest === '';
  });
}

function fold(text: string): string {
  return text.normalize('NFKC').replace(/\s+/g, '');
}
