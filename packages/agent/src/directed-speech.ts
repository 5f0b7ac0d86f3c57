import { memoizeText } from '@fieldkit/core';

/** Words that somebody is told to say: they stand in a source without being what the source says. */

const SPEECH =
  /\b(?:say(?:s|ing)?|said|tell(?:s|ing)?|told|repl(?:y|ies|ied)|respond(?:s|ed)?|answer(?:s|ed)?|repeat(?:s|ed)?|print(?:s|ed)?|outputs?|announces?d?|claim(?:s|ed)?|state[sd]?|ask(?:s|ed)?|write|wording|phrase|text)\b|[说說]|告[诉訴]|回答|回[复復]|答[复復]|[输輸]出|重[复複]|[话話][术術]|[内內]容/i;

const anyCase = (words: string): string => words.replace(/\b[a-z]/g, (letter) => `[${letter.toUpperCase()}${letter}]`);
const LEAD = `(?:^|[.!?;:,\\n\\u4e00-\\u9fff]\\s*|\\b(?:${anyCase('to|and|then|must|should|please|always|also|kindly|now|simply|just')})\\s+)(?:${anyCase('say|tell|reply|respond|answer|repeat|print|output|announce|claim')})(?:\\s+(?:the|a|any|user|users|customer|customers|reader|readers|person|them|everyone|exactly|only|that|with|by|back|to|word|words|phrase|text|sentence|following|code)){0,6}\\s*:?\\s*`;
/** What is between quotation marks after such a verb, and a code or shouted word without them. */
const DIRECTED: readonly RegExp[] = [
  new RegExp(`(${LEAD}["“'‘])([^"”’\\n]{1,200})`, 'gi'),
  new RegExp(`(${LEAD})((?=[^a-z\\s]{4})[^a-z\\s"“]{4,60})`, 'g'),
  /(把)([A-Z0-9][\w-]{3,60})(?=(?:[写寫]|加|放|附|[说說]|[发發])[进進入到在出给給])/g,
  /((?:[请請]|要|[应應]|必[须須]|[须須]|一律|[并並]|再|先|[总總]是|直接|立即|\b(?:to|and|always|must|please)\s)(?:[对對向给給].{1,6})?(?:[说說]|回答|回[复復]|答[复復]|告[诉訴](?:用[户戶]|客[户戶]|[读讀]者|[对對]方)?|[输輸]出|重[复複])[：:]?\s*["“「『])([^"”」』\n]{1,200})/g,
];

/**
 * The text as evidence for a claim: what it only tells somebody to say is masked, code unit by code unit, unless the claim itself speaks of
 * saying.
 */
export function withoutDirectedSpeech(text: string, claim: string): string {
  if (SPEECH.test(claim)) return text;
  return masked(text);
}

/** Each text of the evidence is asked about for every sentence of an answer. */
const masked = memoizeText(1_000_000, (text) =>
  DIRECTED.reduce(
    (left, pattern) => left.replace(pattern, (_, lead: string, words: string) => lead + MASK.repeat(words.length)),
    text,
  ),
);

/** No letter, no digit, and in no document. */
const MASK = '\u2591';
