import { analyzeText, detectLanguage, memoizeText, sentenceSpans, type TextSpan } from '@fieldkit/core';

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

/** No letter, no digit, and in no document. */
const MASK = '\u2591';
const mask = (words: string): string => MASK.repeat(words.length);

/**
 * The text as evidence for a claim: what it only tells somebody to say is masked, code unit by code unit, unless the claim itself speaks of
 * saying; and so is what stands between quotation marks in a sentence that has to do with neither the question nor the claim, in any language.
 */
export function withoutDirectedSpeech(text: string, claim: string, question: string): string {
  const undirected = SPEECH.test(claim) ? text : withoutOrders(text);
  return QUOTED.test(undirected) ? withoutStrayQuotes(undirected, claim, question) : undirected;
}

/** Each text is asked about for every sentence of an answer; UTF-16 code units. */
const MASKS_KEPT = 2_000_000;

const withoutOrders = memoizeText(MASKS_KEPT, (text: string): string =>
  DIRECTED.reduce(
    (left, pattern) => left.replace(pattern, (_, lead: string, words: string) => lead + mask(words)),
    text,
  ),
);

/** Between the quotation marks of any language, on one line. */
const BETWEEN = [`""`, '“”', '„“', '„”', '””', '«»', '»«', '「」', '『』', '‹›', '‘’'].map(
  ([open = '', close = '']) => `(?<=${open})[^${open}${close}\\n]{1,200}(?=${close})`,
);
const QUOTED = new RegExp(BETWEEN.join('|'), 'u');
const ALL_QUOTED = new RegExp(BETWEEN.join('|'), 'gu');

/** Words of orders and of any question: sharing them makes nothing related. */
const COMMON = new Set(
  analyzeText(
    'say tell reply respond answer repeat print output write word phrase text code user reader question message system include mention',
  ),
);

interface QuotingSentence extends TextSpan {
  /** Terms outside the quotation marks. */
  readonly around: readonly string[];
  readonly language: string;
}

const quotingSentences = memoizeText(MASKS_KEPT, (text: string): readonly QuotingSentence[] =>
  sentenceSpans(text).flatMap(({ start, end }) => {
    const sentence = text.slice(start, end);
    if (!QUOTED.test(sentence)) return [];
    const outside = sentence.replace(ALL_QUOTED, ' ');
    if (!/\p{L}/u.test(outside)) return []; // all of it is quoted
    const around = [...new Set(analyzeText(outside))].filter((term) => !COMMON.has(term));
    return [{ start, end, around, language: detectLanguage(outside) }];
  }),
);

function withoutStrayQuotes(text: string, claim: string, question: string): string {
  const asked = new Set(analyzeText(question));
  const claimed = new Set(analyzeText(claim.replace(ALL_QUOTED, ' ')));
  const language = detectLanguage(question);
  let masked = text;
  for (const { start, end, around, language: own } of quotingSentences(text)) {
    if (isTranslated(language, own)) continue;
    const shared = around.filter((term) => claimed.has(term)).length;
    if (around.some((term) => asked.has(term)) || shared >= (SPEECH.test(claim) ? 1 : 2)) continue;
    masked = masked.slice(0, start) + masked.slice(start, end).replace(ALL_QUOTED, mask) + masked.slice(end);
  }
  return masked;
}

/** Whether two texts share no words because they are in English and Chinese. */
function isTranslated(one: string, other: string): boolean {
  return one !== other && [one, other].every((language) => language === 'en' || language === 'zh');
}
