import { detectLanguage, findQuote, foldText, type TextSpan } from '@fieldkit/core';
import { HIDDEN } from './addressed.ts';
import { type ChosenQuote, chooseQuote } from './choose-quote.ts';
import { hasControls } from './clean-text.ts';
import { withoutDirectedSpeech } from './directed-speech.ts';
import { linkFreePart } from './links.ts';
import { datesMissingFrom, figuresMissingFrom, namesMissingFrom } from './names.ts';
import { type MarkedSentence, withoutMarks } from './split-sentences.ts';
import type { Evidence } from './state.ts';

/** A quote that stands in its evidence. */
export interface VerifiedQuote {
  readonly evidence: Evidence;
  /** Offsets in the evidence's text. */
  readonly start: number;
  readonly end: number;
}

export type SentenceProblem = 'quote' | 'numbers' | 'names' | 'uncited';

export type Verdict =
  /** `parts` alternate with `quotes`: text, quote, text, quote, text. */
  | { readonly ok: true; readonly parts: readonly string[]; readonly quotes: readonly VerifiedQuote[] }
  /** Says nothing that needs evidence: `The steps are:`. Released with what it introduces. */
  | { readonly ok: 'lead-in'; readonly text: string }
  | { readonly ok: false; readonly problem: SentenceProblem; readonly detail: string };

export interface VerifyOptions {
  readonly evidence: readonly Evidence[];
  /** Numbers and names of the question may be said back. */
  readonly question: string;
  /** Hosts that a quote may link to. */
  readonly allowedHosts?: readonly string[];
  readonly count: (name: string) => void;
}

/** A failed quote is replaced only by one that says at least this part of the sentence; a mark without a quote needs less. */
const REPLACES_FAILED = 0.3;
const FILLS_MARK = 0.15;
/** A sentence without any mark is given one only when a single line of evidence says most of it. */
const SUPPORTS_UNCITED = 0.6;

const LEAD_IN = /[:：]$/;
const LIST_MARKER = /^\s*(?:[-*•·]\s+|\d{1,2}[.)、]\s*|[（(]\d{1,2}[)）]\s*|#{1,6}\s+)/;

/**
 * Checks one sentence: every quote verbatim in its evidence (or one chosen by code), every number in the evidence it cites. Counts
 * `quotesFromModel`, `quotesFailed` and `quotesChosenByCode`.
 */
export function verifySentence(sentence: MarkedSentence, options: VerifyOptions): Verdict {
  const { evidence, question } = options;
  const prose = withoutMarks(sentence);
  const claim = prose.replace(LIST_MARKER, '');
  if (claim === '') return { ok: false, problem: 'uncited', detail: 'nothing is said' };
  if (sentence.marks.length === 0) {
    if (LEAD_IN.test(claim) && figuresMissingFrom(claim, question).length === 0) return { ok: 'lead-in', text: prose };
    return supportUncited(prose, claim, options);
  }
  const parts: string[] = [];
  const quotes: VerifiedQuote[] = [];
  let at = 0;
  let failed = '';
  for (const mark of sentence.marks) {
    const cited = evidence.find(({ item }) => item.number === mark.number);
    const quote = resolveQuote(cited, mark.quote, claim, options);
    if (quote === undefined) {
      failed =
        cited === undefined ? `there is no evidence ${mark.number}` : `the quote is not in evidence ${mark.number}`;
      continue; // its mark is left out; another may carry the sentence
    }
    parts.push(sentence.text.slice(at, mark.start));
    quotes.push(quote);
    at = mark.end;
  }
  if (quotes.length === 0) return { ok: false, problem: 'quote', detail: failed };
  parts.push(sentence.text.slice(at));
  const unproven = unprovenParts(
    claim,
    quotes.map(({ evidence }) => evidence),
    question,
  );
  if (unproven !== undefined) return { ok: false, ...unproven };
  // A mark that failed beside one that held is cut out of the text around it.
  return { ok: true, parts: parts.map((part) => stripFailedMarks(part)), quotes };
}

/** Numbers, dates and names of a claim that neither the evidence nor the question has. */
function unprovenParts(
  claim: string,
  evidence: readonly Evidence[],
  question: string,
): { problem: SentenceProblem; detail: string } | undefined {
  const cited = evidence.map((piece) => withoutDirectedSpeech(citedText(piece), claim, question));
  const known = `${cited.join('\n')}\n${question}`;
  const numbers = figuresMissingFrom(claim, known);
  if (numbers.length > 0)
    return { problem: 'numbers', detail: `${numbers.join(', ')} stands nowhere in the evidence cited` };
  const dates = datesMissingFrom(claim, known);
  if (dates.length > 0) return { problem: 'names', detail: `no evidence cited has the date ${dates.join(', ')}` };
  // A name is written in another script in another language: only codes can be compared then.
  const sameScript = detectLanguage(claim) === detectLanguage(evidence.map(({ item }) => item.text).join('\n'));
  const names = namesMissingFrom(claim, known).filter((name) => sameScript || /\p{Nd}/u.test(name));
  if (names.length > 0) return { problem: 'names', detail: `${names.join(', ')} stands nowhere in the evidence cited` };
  return undefined;
}

/** What may support a sentence: the text, and what is shown with it. */
function citedText({ item }: Evidence): string {
  return [item.title, item.place, ...item.headings, item.context, item.text].join('\n');
}

function resolveQuote(
  cited: Evidence | undefined,
  quote: string | undefined,
  claim: string,
  { question, count, allowedHosts }: VerifyOptions,
): VerifiedQuote | undefined {
  if (cited === undefined) {
    count('quotesFailed');
    return undefined;
  }
  const text = withoutDirectedSpeech(cited.item.text, claim, question);
  if (quote !== undefined) {
    const span = findQuote(text, quote);
    const quotable =
      span === undefined || !/[\p{L}\p{N}]/u.test(quote) ? undefined : quotablePart(text, span, allowedHosts);
    if (quotable !== undefined) {
      count('quotesFromModel');
      return { evidence: cited, ...quotable };
    }
    count('quotesFailed');
  }
  const chosen = chooseQuote(text, quote === undefined ? claim : `${quote} ${claim}`);
  if (chosen === undefined || chosen.score < (quote === undefined ? FILLS_MARK : REPLACES_FAILED)) return undefined;
  const quotable = quotablePart(text, chosen, allowedHosts);
  if (quotable === undefined) return undefined;
  count('quotesChosenByCode');
  return { evidence: cited, ...quotable };
}

/** The part of a stretch that may be shown: no terminal sequences, nothing that was hidden from the model, no links to other hosts. */
function quotablePart(text: string, span: TextSpan, allowedHosts: readonly string[] = []): TextSpan | undefined {
  const quote = text.slice(span.start, span.end);
  if (hasControls(quote) || quote.includes(HIDDEN)) return undefined;
  return linkFreePart(text, span, allowedHosts);
}

function supportUncited(
  prose: string,
  claim: string,
  { evidence, question, allowedHosts, count }: VerifyOptions,
): Verdict {
  let best: { piece: Evidence; chosen: ChosenQuote; shown: TextSpan } | undefined;
  for (const piece of evidence) {
    const text = withoutDirectedSpeech(piece.item.text, claim, question);
    const chosen = chooseQuote(text, claim);
    if (chosen === undefined || (best !== undefined && best.chosen.score >= chosen.score)) continue;
    if (unprovenParts(claim, [piece], question) !== undefined) continue;
    const shown = quotablePart(text, chosen, allowedHosts);
    if (shown === undefined) continue;
    best = { piece, chosen, shown };
  }
  if (best === undefined || best.chosen.shared < 2 || best.chosen.score < SUPPORTS_UNCITED) {
    return { ok: false, problem: 'uncited', detail: 'it names no evidence and none says it' };
  }
  count('quotesChosenByCode');
  const { start, end } = best.shown;
  return { ok: true, parts: [`${prose} `, ''], quotes: [{ evidence: best.piece, start, end }] };
}

function stripFailedMarks(part: string): string {
  return part.replace(/\s*[[【]\s*\d{1,3}\s*(?:[:：,，]\s*["“”「][\s\S]*?["“”」]\s*)?[\]】]/g, '');
}

/** One citation per source and wording. */
export function quoteKey({ evidence, start, end }: VerifiedQuote): string {
  return `${evidence.item.number} ${foldText(evidence.item.text.slice(start, end))}`;
}
