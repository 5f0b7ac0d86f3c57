import type { Block, Metadata } from '@fieldkit/core';

/** What the rules read: where documents say things about themselves. */
export interface Introduction {
  readonly title: string;
  /** Running heads and the short lines before the body begins: title page, subtitle, a table of particulars. */
  readonly lines: readonly string[];
  /** Those of `lines` that are no cells, no items and no sentences of the body. */
  readonly plain: readonly string[];
  /** The lines with which the document ends: signature, date, closing clause. */
  readonly closing: readonly string[];
  /** The whole text, for sentences in which the document speaks of itself. */
  readonly text: string;
}

const HEAD_LENGTH = 1200;
const LONGEST_LINE = 240;
const PAGE_COUNT =
  /\s*(?:\bpage\s*)?\b\d+\s*(?:of|\/)\s*\d+\s*$|\s*\bpage\s*\d+\s*$|\s*第\s*\d+\s*[页版](?:\s*共\s*\d+\s*[页版])?\s*$/i;

export function introductionOf(title: string, blocks: readonly Block[], metadata: Metadata): Introduction {
  const running = Array.isArray(metadata.runningHeads) ? metadata.runningHeads : [];
  const head: string[] = [];
  const plain: string[] = [];
  let length = 0;
  for (const { kind, text } of blocks) {
    for (const line of text.split('\n')) {
      if (line.length <= LONGEST_LINE) head.push(line.trim());
      if (kind !== 'table' && kind !== 'list') plain.push(...particulars(line.trim()));
      length += line.length;
    }
    if (length > HEAD_LENGTH) break;
  }
  const tail = blocks
    .slice(-4)
    .flatMap(({ text }) => text.split('\n'))
    .slice(-8);
  const text = blocks.map((block) => block.text).join('\n\n');
  const heads = running.map((line) => line.replace(PAGE_COUNT, '').trim());
  return {
    title,
    lines: [...head, ...heads],
    plain: [...plain, ...heads],
    closing: tail.map((line) => line.trim()),
    text,
  };
}

/** A short line, or the first sentence of a longer one when it is `Label: value`. */
function particulars(line: string): string[] {
  if (line.length <= LONGEST_LINE && !isSentence(line)) return [line];
  const [first = ''] = line.split(/(?<=[。；])|(?<=[.!?])\s+(?=\p{Lu})/u, 1);
  return first.length <= 120 && /^[^:：。,，]{2,24}[:：]/.test(first) ? [first] : [];
}

function isSentence(line: string): boolean {
  return /。|[.!?]\s+\p{Lu}/u.test(line) || (line.length > 120 && /[.!?]$/.test(line));
}

/** What stands before "replaces": the rest of the line is about another document. */
export function ownPart(line: string): string {
  return line.split(/\b(?:replac|supersed|cancels|withdraw|amend(?:s|ing)\b)|代替|替代|取代|废止|修订自/i)[0] ?? line;
}

/** The value behind one of these labels, at the beginning of a line or of a part of it: `Version: 3`, `发布日期：…`, `Owner | Sales`. */
export function labelled(line: string, labels: RegExp): string | undefined {
  const pattern = new RegExp(
    `(?:^|[|·;；　]|\\s{2,})\\s*(?:${labels.source})\\s*(?:[:：]|\\s\\|)\\s*([^|·;；　]{1,160})`,
    labels.flags,
  );
  const value = pattern.exec(line)?.[1]?.trim();
  return value === undefined || value === '' ? undefined : value;
}
