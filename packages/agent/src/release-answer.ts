import { type Citation, type Finding, INSUFFICIENT_MARK, memoize } from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import { showHidden } from './addressed.ts';
import { oneLine } from './clean-text.ts';
import { brokenPolicies, type GuardsPlan } from './guards.ts';
import { citedAddress, keepAllowedLinks } from './links.ts';
import type { Locate } from './run-context.ts';
import { type MarkedSentence, splitSentences } from './split-sentences.ts';
import type { Evidence } from './state.ts';
import { quoteKey, type SentenceProblem, type VerifiedQuote, verifySentence } from './verify-sentence.ts';

export interface ReleaseOptions {
  readonly evidence: readonly Evidence[];
  readonly question: string;
  readonly locate: Locate;
  readonly guards: GuardsPlan;
  /** Of the evidence delimiters: a sentence that has it shows the prompt and is dropped. */
  readonly marker: string;
  /** The prompt: a sentence that repeats a stretch of it which no evidence has is dropped. */
  readonly prompt: string;
  readonly onFinding: (finding: Finding) => void;
  /** Puts personal data back that the model saw as placeholders: to check a sentence, and, if that is allowed, to say it. */
  readonly restore?: (text: string) => string;
  /** Said when the model says that the evidence is not enough. */
  readonly insufficient: string;
  readonly onText: (text: string) => void;
  readonly onCitation: (citation: Citation) => void;
  readonly count: (name: string) => void;
  /** Asks for a sentence again; undefined when that is not possible. Each sentence is asked for once. */
  readonly repair: (sentence: string, problem: string) => Promise<string | undefined>;
}

/** Turns a model's stream into verified text. */
export interface AnswerRelease {
  push(delta: string): Promise<void>;
  /** Checks what is left. */
  end(): Promise<void>;
  /** What was released so far. */
  result(): { text: string; citations: readonly Citation[]; insufficient: boolean };
}

/**
 * Releases a sentence only when its citations hold; marks become `[1]`, `[2]` in order of first use per source and wording. Counts
 * `sentencesReleased`, `sentencesRepaired`, `sentencesDropped` and `dropped-PROBLEM`.
 */
export function createAnswerRelease(options: ReleaseOptions): AnswerRelease {
  const { count, guards } = options;
  const { allowedHosts } = guards;
  const verifying = { ...options, allowedHosts };
  const citations: Citation[] = [];
  const markers = new Map<string, number>();
  let buffer = '';
  let text = '';
  let insufficient = false;
  let leadIn = '';

  const emit = (gap: string, piece: string) => {
    const whole = (text === '' ? '' : gap === '' ? '' : gap) + piece;
    text += whole;
    options.onText(whole);
  };

  const cite = async (quote: VerifiedQuote): Promise<number> => {
    const key = quoteKey(quote);
    const known = markers.get(key);
    if (known !== undefined) return known;
    const marker = markers.size + 1;
    markers.set(key, marker);
    const citation = await makeCitation(quote, marker, options.locate, allowedHosts);
    citations.push(citation);
    options.onCitation(citation);
    return marker;
  };

  const release = async (gap: string, parts: readonly string[], quotes: readonly VerifiedQuote[]) => {
    let piece = parts[0] ?? '';
    for (const [index, quote] of quotes.entries()) piece += `[${await cite(quote)}]${parts[index + 1] ?? ''}`;
    piece = outgoing(piece);
    if (leadIn !== '') {
      emit('\n', outgoing(leadIn));
      leadIn = '';
      emit('\n', piece);
    } else emit(makesLink(text, gap, piece) ? '\n' : gap, piece);
    count('sentencesReleased');
  };

  /** Whether what was said and what comes would be a link together. */
  const makesLink = (said: string, gap: string, piece: string): boolean =>
    gap === '' && keepAllowedLinks(said.slice(-300) + piece.slice(0, 300), allowedHosts).removed > 0;

  /** Links to allowed hosts only. */
  const outgoing = (piece: string): string => {
    const { text: kept, removed } = keepAllowedLinks(cleanText(piece), allowedHosts);
    if (removed > 0) {
      count('linksRemoved');
      options.onFinding({
        severity: 'warning',
        code: 'link-removed',
        message: `${removed} ${removed === 1 ? 'link' : 'links'} to hosts that are not allowed were taken out of the answer`,
        suggestion: 'add the host to guards.allowedHosts if such links should be kept',
      });
    }
    return kept;
  };

  const isForbidden = (sentence: string): boolean => {
    if (sentence.includes(options.marker) || /<\/?evidence-/i.test(sentence)) return true;
    if (repeatsPrompt(sentence, options)) return true;
    const broken = brokenPolicies(guards.policies, 'output', sentence);
    for (const { name, action } of broken) {
      const what = action === 'refuse' ? 'a sentence was dropped' : 'a sentence breaks it';
      options.onFinding({ severity: 'warning', code: 'output-policy', message: `policy "${name}": ${what}` });
    }
    return broken.some(({ action }) => action === 'refuse');
  };

  const handle = async (sentence: MarkedSentence, mayRepair: boolean): Promise<void> => {
    const marked = sentence.text.includes(INSUFFICIENT_MARK);
    if (marked) {
      if (!insufficient) emit('\n', options.insufficient);
      insufficient = true;
      const rest = sentence.text.replaceAll(INSUFFICIENT_MARK, '').replace(/^[\s:.。：—-]+/, '');
      if (rest.trim() === '') return;
      for (const again of splitSentences(rest, true).sentences) await handle({ ...again, gap: '\n' }, mayRepair);
      return;
    }
    if (isForbidden(sentence.text)) {
      count('sentencesDropped');
      count('dropped-policy');
      return;
    }
    const verdict = verifySentence(sentence, verifying);
    if (verdict.ok === true) return release(sentence.gap, verdict.parts, verdict.quotes);
    if (verdict.ok === 'lead-in') {
      leadIn = verdict.text;
      return;
    }
    // After "not enough evidence" a sentence without support is an apology, not a loss.
    if (insufficient && verdict.problem === 'uncited') return;
    const again = mayRepair
      ? await options.repair(sentence.text, problemText(verdict.problem, verdict.detail))
      : undefined;
    if (again !== undefined) {
      for (const repaired of splitSentences(again.trim(), true).sentences) {
        const second = verifySentence(repaired, verifying);
        if (second.ok !== true || isForbidden(repaired.text)) continue;
        count('sentencesRepaired');
        return release(sentence.gap, second.parts, second.quotes);
      }
    }
    count('sentencesDropped');
    count(`dropped-${verdict.problem}`);
  };

  const drain = async (ended: boolean) => {
    const { sentences, rest } = splitSentences(buffer, ended);
    buffer = rest;
    for (const sentence of sentences) {
      const restored = options.restore?.(sentence.text) ?? sentence.text;
      if (restored === sentence.text) await handle(sentence, true);
      else
        for (const again of splitSentences(restored, true).sentences)
          await handle({ ...again, gap: sentence.gap }, true);
    }
  };

  return {
    async push(delta) {
      buffer += delta;
      // Sentences end at punctuation or a line end; nothing can have finished without one.
      if (/[.!?。！？；…\n\]】]/.test(buffer)) await drain(false);
    },
    end: () => drain(true),
    result: () => ({ text, citations, insufficient }),
  };
}

/** Letters in a row that nobody writes twice by chance; a Chinese character says as much as several letters. */
const REPEATED = { latin: 36, chinese: 14 };

/** Whether a sentence repeats a stretch of the prompt that neither the evidence nor the question has. */
function repeatsPrompt(sentence: string, { prompt, evidence, question }: ReleaseOptions): boolean {
  const said = lettersOf(sentence);
  const length = /\p{Script=Han}/u.test(said) ? REPEATED.chinese : REPEATED.latin;
  if (said.length < length) return false;
  const secret = promptLetters(prompt);
  for (let at = 0; at + length <= said.length; at += 1) {
    const stretch = said.slice(at, at + length);
    if (!secret.includes(stretch)) continue;
    return !lettersOf(`${evidence.map(({ item }) => item.text).join(' ')} ${question}`).includes(stretch);
  }
  return false;
}

/** Of the few prompts that there are. */
const promptLetters = memoize(50, lettersOf);

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}]+/gu, '');
}

function problemText(problem: SentenceProblem, detail: string): string {
  const texts: Readonly<Record<SentenceProblem, string>> = {
    quote: 'its quote does not stand in the evidence it names',
    numbers: 'it has numbers that its evidence does not have',
    names: 'it has names or dates that its evidence does not have',
    uncited: 'it names no evidence',
  };
  return `${texts[problem]}: ${detail}`;
}

async function makeCitation(
  quote: VerifiedQuote,
  marker: number,
  locate: Locate,
  allowedHosts: readonly string[],
): Promise<Citation> {
  const label = (text: string) => keepAllowedLinks(oneLine(showHidden(text)), allowedHosts).text;
  const { evidence, start, end } = quote;
  const { item, origin } = evidence;
  const words = cleanText(item.text.slice(start, end));
  if (origin.kind === 'record') {
    const source = { kind: 'record' as const, tool: origin.tool, callId: origin.callId, title: label(item.title) };
    return { marker, quote: words, source: { ...source, path: recordPath(item.text, start, end) } };
  }
  const from = origin.start + start;
  const to = origin.start + end;
  const located = await locate(origin.documentId, from, to);
  return {
    marker,
    quote: words,
    source: {
      kind: 'passage',
      chunkId: origin.chunkId,
      documentId: origin.documentId,
      title: label(item.title),
      uri: citedAddress(origin.uri, allowedHosts),
      start: from,
      end: to,
      places: [...(located?.places ?? [])],
      ...(located?.line === undefined ? {} : { line: located.line }),
      headings: (located?.headings ?? item.headings).map(label),
      ...(located?.columns === undefined ? {} : { columns: label(located.columns) }),
    },
  };
}

/** The path of the one record line that holds the quote; empty when it spans several. */
function recordPath(text: string, start: number, end: number): string {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  if (text.slice(lineStart, end).includes('\n')) return '';
  const lineEnd = text.indexOf('\n', start);
  const line = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd);
  return /^([^\s:]+)(?: \([^)]*\))?: /.exec(line)?.[1] ?? ''; // a label may stand in brackets behind the path
}
