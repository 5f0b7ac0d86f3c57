/**
 * Makes the office files of the example customers from their sources.
 *
 *     node scripts/make-examples.ts [examples/NAME …] [--only PART-OF-A-NAME]
 *
 * Each `sources/*.md` (sub-folders too) names its target in its front matter and becomes a PDF or a Word file, through
 * LibreOffice, or a TXT file. Front matter, one `key: value` a line:
 *
 *     to: knowledge/manuals/x.pdf   .pdf, .docx or .txt, relative to the example
 *     title, author, subject, keywords, company, date: 2026-03-01       document properties
 *     language: en | zh             (en)
 *     header, footer                running lines; `|` splits left | right; {page} and {pages} are fields
 *     numbering: none | decimal | zh-chapters | zh-articles             automatic heading numbers (none); zh-articles: `1.`
 *                                   items are 第X条 through the document, nested ones （一）
 *     size: 10.5  margin: 22  font: sans | serif  accent: "#1f4e79"     points, millimetres
 *     change-author, change-date    of tracked changes
 *     encoding: utf-8 | gb18030 | utf-16le, newline: lf | crlf          TXT only; the body is written as it stands
 *
 * Body: `# heading` to `#### heading` (`{-}` at the end: without number), paragraphs, **bold**, *italic*, `code`, links,
 * nested `-` and `1.` lists, footnotes `[^1]` with `[^1]: text`, tracked `{++inserted++}` and `{--deleted--}`, pipe tables
 * (a cell `^` merges with the one above, `<` with the one at its left; alignment from `---:`), and before a table any of
 * `{caption: …}` (numbered), `{repeat-header}`, `{header-rows: 2}`, `{widths: 2 1 1}`, `{table: ruled|plain|horizontal}`.
 * Blocks, closed by a line `:::` — `::: title` (first line the title, the others subtitles), `::: columns 2`, `::: box` (paragraphs),
 * `::: hidden` (white, 1 pt), `::: scan` (pages delivered as pictures), and `::: pagebreak :::`.
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { encodeText, type TextEncoding } from './make-examples/encode-text.ts';
import { type PageImage, toFodt } from './make-examples/fodt.ts';
import type { StyleOptions } from './make-examples/fodt-styles.ts';
import { countPages, fixDocx, fixPdf, type Office, openOffice } from './make-examples/office.ts';
import { scannedPng } from './make-examples/scan-picture.ts';
import { type Block, type ParsedBody, parseBody, parseSource, type Source } from './make-examples/source.ts';

const ROOT = resolve(import.meta.dirname, '..');

interface Job {
  readonly name: string;
  readonly source: Source;
  readonly body: ParsedBody;
  readonly target: string;
  readonly to: 'pdf' | 'docx';
  /** Where the intermediate file was written. */
  fodt?: string;
}

function main(): void {
  const given = process.argv.slice(2);
  const at = given.indexOf('--only');
  const only = at < 0 ? '' : (given.splice(at, 2)[1] ?? '');
  const folders = given.length > 0 ? given.map((path) => resolve(path)) : allExamples();
  let failed = 0;
  for (const folder of folders) failed += makeExample(folder, only);
  if (failed > 0) process.exitCode = 1;
}

function allExamples(): string[] {
  const examples = join(ROOT, 'examples');
  if (!existsSync(examples)) return [];
  return readdirSync(examples)
    .map((name) => join(examples, name))
    .filter((path) => existsSync(join(path, 'sources')));
}

/** Makes every target of one example; returns how many failed. */
function makeExample(folder: string, only: string): number {
  const sources = join(folder, 'sources');
  if (!existsSync(sources)) throw new Error(`${folder} has no sources/`);
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && name.includes(only))
    .sort();
  const jobs: Job[] = [];
  const targets = new Map<string, string>();
  let failed = 0;
  const attempt = (name: string, work: () => void): void => {
    try {
      work();
    } catch (error) {
      failed += 1;
      console.error(`make-examples: ${relative(ROOT, join(sources, name))}: ${message(error)}`);
    }
  };
  for (const name of files) {
    attempt(name, () => {
      const source = parseSource(readFileSync(join(sources, name), 'utf8'));
      const to = source.front.to ?? '';
      const kind = /^knowledge\/[^.][^\\]*\.(pdf|docx|txt)$/.exec(to)?.[1];
      if (kind === undefined || to.includes('..')) throw new Error(`"to: ${to}" is not knowledge/….pdf, .docx or .txt`);
      const twin = targets.get(to);
      if (twin !== undefined) throw new Error(`${to} is already made by ${twin}`);
      targets.set(to, name);
      const target = join(folder, to);
      if (kind === 'txt') write(target, textBytes(source));
      else jobs.push({ name, source, body: parseBody(source), target, to: kind === 'pdf' ? 'pdf' : 'docx' });
    });
  }
  if (jobs.length === 0) return failed;
  const office = openOffice();
  try {
    for (const [index, job] of jobs.entries()) {
      attempt(job.name, () => {
        const xml = toFodt(job.body, { ...styleOf(job.source), front: job.source.front, scans: scansOf(job, office) });
        job.fodt = join(office.folder, `${index}.fodt`);
        writeFileSync(job.fodt, xml);
      });
    }
    const ready = jobs.filter((job) => job.fodt !== undefined);
    const word = ready.filter((job) => job.to === 'docx');
    const pdfs = office.convert(
      ready.map((job) => job.fodt ?? ''),
      'pdf',
    );
    const words = office.convert(
      word.map((job) => job.fodt ?? ''),
      'docx',
    );
    for (const [index, job] of ready.entries()) {
      attempt(job.name, () => {
        const pdf = readFileSync(pdfs[index] ?? '');
        const pages = countPages(pdf);
        const date = job.source.front.date ?? '2026-01-01';
        const docx = words[word.indexOf(job)];
        write(job.target, docx === undefined ? fixPdf(pdf, date) : fixDocx(readFileSync(docx), date, pages), pages);
      });
    }
  } finally {
    office.close();
  }
  return failed;
}

function styleOf({ front }: Source): StyleOptions {
  const choose = <T extends string>(key: string, allowed: readonly T[], fallback: T): T => {
    const value = front[key] ?? fallback;
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw new Error(`${key}: "${value}" is none of ${allowed.join(', ')}`);
    return found;
  };
  const number = (key: string, fallback: number): number => {
    const value = Number(front[key] ?? fallback);
    if (!(value > 0)) throw new Error(`${key}: "${front[key] ?? ''}" is not a positive number`);
    return value;
  };
  const language = choose('language', ['en', 'zh'], 'en');
  return {
    language,
    numbering: choose('numbering', ['none', 'decimal', 'zh-chapters', 'zh-articles'], 'none'),
    font: choose('font', ['sans', 'serif'], 'sans'),
    sizePt: number('size', 10.5),
    marginMm: number('margin', 22),
    accent: front.accent ?? '#1f4e79',
  };
}

/** Renders the `scan` blocks of a document, one list of page pictures for each block. */
function scansOf(job: Job, office: Office): PageImage[][] {
  const blocks: Extract<Block, { kind: 'scan' }>[] = [];
  const find = (list: readonly Block[]): void => {
    for (const block of list) {
      if (block.kind === 'scan') blocks.push(block);
      else if (block.kind === 'box' || block.kind === 'columns') find(block.blocks);
    }
  };
  find(job.body.blocks);
  return blocks.map((block, index) => {
    const { title = '' } = job.source.front;
    const options = { ...styleOf(job.source), numbering: 'none', font: 'serif', front: { title }, scans: [] } as const;
    const fodt = join(office.folder, `scan-${index}.fodt`);
    writeFileSync(fodt, toFodt({ ...job.body, blocks: block.blocks }, options));
    const [pdf = ''] = office.convert([fodt], 'pdf');
    return office.pages(pdf, 110).map((pgm, page) => {
      // A little smaller than A4, so that the picture fits on one page of any word processor.
      return { png: scannedPng(pgm, 7 + index * 31 + page), widthMm: 208, heightMm: 294 };
    });
  });
}

function textBytes({ front, body }: Source): Buffer {
  const encoding = front.encoding ?? 'utf-8';
  if (encoding !== 'utf-8' && encoding !== 'gb18030' && encoding !== 'utf-16le')
    throw new Error(`encoding: "${encoding}" is none of utf-8, gb18030, utf-16le`);
  const newline = front.newline ?? 'lf';
  if (newline !== 'lf' && newline !== 'crlf') throw new Error(`newline: "${newline}" is neither lf nor crlf`);
  const text = newline === 'crlf' ? body.replaceAll('\n', '\r\n') : body;
  return encodeText(text, encoding satisfies TextEncoding);
}

function write(path: string, bytes: Buffer, pages?: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const same = existsSync(path) && statSync(path).size === bytes.length && readFileSync(path).equals(bytes);
  if (!same) writeFileSync(path, bytes);
  console.log(
    `${same ? 'same ' : 'wrote'} ${relative(process.cwd(), path)} (${bytes.length} bytes${pages === undefined ? '' : `, ${pages} pages`})`,
  );
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

try {
  main();
} catch (error) {
  console.error(`make-examples: ${message(error)}`);
  process.exitCode = 1;
}
