import { proseOf } from './answer-text.ts';

/** Phrases that announce the answer proper, English and Chinese; the last one in the text counts. */
const ANNOUNCEMENT =
  /(?:\b(?:so|thus|therefore|hence)?,?\s*(?:the\s+)?(?:final\s+|correct\s+)?answer(?:\s+is|\s*[:：])|^\s*A\s*[:：]|####|(?:最终|正确)?答案】?(?:是|为|应为|选)?\s*[:：]?|(?:故|因此|所以)?选(?:项|择)?\s*[:：]?(?=\s*[（(]?[A-Z]))\s*/gimu;

/** What is announced ends with its line, and loses white space, emphasis and a final full stop. */
const DECORATION = /^[\s*_`"“”'‘’$]+|[\s*_`"“”'‘’$.。!！]+$/gu;

/** The answer proper of a text that may explain itself first: what follows the last announcement, else undefined. */
export function announcedAnswer(text: string): string | undefined {
  const prose = proseOf(text);
  const last = [...prose.matchAll(ANNOUNCEMENT)].at(-1);
  if (last === undefined) return undefined;
  const rest = prose.slice(last.index + last[0].length).split('\n', 1)[0] ?? '';
  const bare = rest.replace(DECORATION, '');
  return bare === '' ? undefined : bare;
}

/** The announced answer, or the whole prose. */
export function finalAnswer(text: string): string {
  return announcedAnswer(text) ?? proseOf(text).replace(DECORATION, '');
}
