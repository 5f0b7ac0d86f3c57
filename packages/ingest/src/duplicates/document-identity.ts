import type { Document } from '@fieldkit/core';
import { datesIn } from './dates.ts';
import { type MarkedName, marksIn, readName, type VersionMark } from './version-marks.ts';

/** What a document says about itself: enough to tell which other document is another version of it. */
export interface DocumentIdentity {
  readonly document: Document;
  /** From the file name, the title and the first line. */
  readonly names: readonly MarkedName[];
  /** Document numbers in its title, file name, first lines and running heads, folded by `foldCode`. */
  readonly codes: readonly string[];
  readonly marks: readonly VersionMark[];
  readonly draft: boolean;
  /** Effective or issue date, `2026-03-18` or `2026-03`; absent when the document names none. */
  readonly date?: string;
  /** Where the date comes from: a metadata field, or `text`. */
  readonly dateFrom?: string;
}

/** Characters at the beginning in which a document introduces itself. */
export const HEAD_LENGTH = 800;

const LATIN_CODE = /(?<![\p{L}\p{N}-])\p{Lu}[\p{Lu}\p{N}]{0,9}(?:[-/.][\p{Lu}\p{N}]{1,9}){1,4}(?![\p{L}\p{N}])/gu;
const HAN_CODE = /\p{Script=Han}{1,10}\s*[〔［[（(【]\s*\d{2}\s?\d{2}\s*[〕］\]）)】]\s*\d{1,4}\s*号/gu;

/** Document numbers in a text: `OM-XP200-EN`, `澜泊财〔2026〕14号`. Part and serial numbers look the same: only a match with another document tells. */
export function codesIn(text: string): string[] {
  const latin = Array.from(text.matchAll(LATIN_CODE), ([code]) => code).filter((code) => /\d/.test(code));
  const han = Array.from(text.matchAll(HAN_CODE), ([code]) => code);
  return [...latin, ...han].map(foldCode);
}

export function foldCode(code: string): string {
  return code
    .replace(/\s+/g, '')
    .replace(/[〔［[（(【]/g, '〔')
    .replace(/[〕］\]）)】]/g, '〕')
    .toUpperCase();
}

export function identityOf(document: Document): DocumentIdentity {
  const { title, uri, blocks, text, metadata } = document;
  const stem = (uri.split('/').at(-1) ?? uri).replace(/\.[^.]+$/, '');
  const first = blocks[0]?.text.split('\n')[0] ?? '';
  const firstLine = first.length > 120 || /[.!?。！？；;]$/.test(first) ? '' : first;
  // A heading further down is no name of the document: every policy has its "General".
  const ownTitle = blocks.slice(1).some(({ kind, text: own }) => kind === 'heading' && own === title) ? '' : title;
  const names = distinctNames([stem, ownTitle, firstLine].filter((name) => name !== '').map(readName));

  const head = text.slice(0, HEAD_LENGTH);
  const running = Array.isArray(metadata.runningHeads) ? metadata.runningHeads : [];
  const number = typeof metadata.documentNumber === 'string' ? metadata.documentNumber : '';
  const intro = [number, title, stem.toUpperCase(), ...running, head].join('\n');
  const lines = [...running, ...head.split('\n').slice(0, 12)];
  const stated =
    typeof metadata.version === 'string' ? marksIn(`version ${metadata.version.replace(/^v(?=\d)/i, '')}`) : [];
  const marks = [...names.flatMap((name) => name.marks), ...stated, ...lines.flatMap((line) => marksIn(ownPart(line)))];
  return {
    document,
    names,
    codes: [...new Set(codesIn(intro))],
    marks: firstOfEachKind(marks),
    draft: names.some(({ draft }) => draft),
    ...dateOf(document, head),
  };
}

/** What stands before "replaces": the rest of the line is about another version. */
function ownPart(line: string): string {
  return line.split(/\b(?:replac|supersed|cancels|withdraw)|代替|替代|取代|废止/i)[0] ?? line;
}

function distinctNames(names: readonly MarkedName[]): MarkedName[] {
  const byKey = new Map<string, MarkedName>();
  for (const name of names) {
    const known = byKey.get(name.key);
    if (name.key.length < 2) continue;
    byKey.set(name.key, {
      key: name.key,
      marks: [...(known?.marks ?? []), ...name.marks],
      draft: name.draft || known?.draft === true,
    });
  }
  return [...byKey.values()];
}

function firstOfEachKind(marks: readonly VersionMark[]): VersionMark[] {
  const kinds = new Map<string, VersionMark>();
  for (const mark of marks) if (!kinds.has(mark.kind)) kinds.set(mark.kind, mark);
  return [...kinds.values()];
}

/**
 * Metadata that names the day; then the day "from" which the text is in force; then a date in one of the short lines that introduce the
 * document; then a last line that is a date. Dates in running text are about something else.
 */
function dateOf({ metadata, text }: Document, head: string): { date?: string; dateFrom?: string } {
  for (const field of ['effective', 'issued', 'date']) {
    const value = metadata[field];
    const [found] = typeof value === 'string' ? datesIn(value) : [];
    if (found !== undefined) return { date: found.iso, dateFrom: `metadata.${field}` };
  }
  const inForce = datesIn(head).find(
    ({ start, end }) =>
      /自\s*$|(?:in force|effective|valid)(?: from| as of|:)?\s*$/i.test(head.slice(Math.max(0, start - 20), start)) ||
      /^\s*起(?:施行|实施|执行|生效)/.test(head.slice(end, end + 8)),
  );
  const intro = head
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, 8);
  const short = intro.filter((line) => line.length <= 160).flatMap(datesIn);
  const last = text.trimEnd().split('\n').at(-1)?.trim() ?? '';
  const signed = datesIn(last).filter(({ start, end }) => start <= 4 && last.length - end <= 2);
  const [chosen] = [inForce, ...short, ...signed].filter((date) => date !== undefined);
  return chosen === undefined ? {} : { date: chosen.iso, dateFrom: 'text' };
}
