import type { Citation } from '@fieldkit/core';

const HEADINGS: Readonly<Record<string, string>> = { zh: '来源：', en: 'Sources:' };
const LIST = /\n\n(?:来源：|Sources:)\n(?:\[\d+\] [^\n]*\n?)+$/;

/** The sources of an answer as lines for a client that shows text only; empty when it cites nothing. */
export function closingList(citations: readonly Citation[], language: string): string {
  if (citations.length === 0) return '';
  const lines = citations.map(({ marker, quote, source }) => `[${marker}] ${sourceLine(source)}: "${oneLine(quote)}"`);
  return `\n\n${HEADINGS[language] ?? HEADINGS.en}\n${lines.join('\n')}`;
}

/** What was said, without the list that we added: a client sends it back as part of the conversation. */
export function withoutClosingList(text: string): string {
  return text.replace(LIST, '');
}

/** `Manual, page 4 › 5 Maintenance`. */
export function sourceLine(source: Citation['source']): string {
  if (source.kind === 'record') return source.title;
  const page = source.places[0]?.page;
  const place = page === undefined ? (source.line === undefined ? '' : `, line ${source.line}`) : `, page ${page}`;
  const path = source.headings.filter((heading) => heading !== source.title);
  return oneLine(`${source.title}${place}${path.length === 0 ? '' : ` › ${path.join(' › ')}`}`);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
