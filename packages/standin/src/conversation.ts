import { sentenceSpans } from '@fieldkit/core';
import { quantitiesIn, withoutCounts } from './number-ranges.ts';
import { contentWords, pointsBack } from './words.ts';

export interface WireMessage {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly content: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[];
}

/** What a request asks, read from its messages alone. */
export interface Conversation {
  /** The last question as it was written. */
  readonly question: string;
  /** The same, made to stand alone. */
  readonly standalone: string;
  /** Its parts, when it asks several things; otherwise the standalone question alone. */
  readonly parts: readonly string[];
  /** All that users said, newest first. */
  readonly userTexts: readonly string[];
  /** Contents of tool results that came after the last question. */
  readonly results: readonly string[];
  /** Tool calls made since the last question. */
  readonly calls: WireMessage['toolCalls'];
}

const EVIDENCE_BLOCK = /<evidence-([a-z0-9]+) [^\n]*\n[\s\S]*?\n<\/evidence-\1>/g;
/** A question with fewer content words than this cannot stand alone. */
const OWN_WORDS = 2;
/** A question that points back and has more content words than this has what it points at in itself. */
const OWN_WORDS_WITH_POINTER = 4;

export function readConversation(messages: readonly WireMessage[]): Conversation {
  const asked = messages.flatMap((message, index) =>
    message.role === 'user' ? [{ index, ...askedIn(message.content) }] : [],
  );
  const last = asked.filter(({ question }) => question !== '').at(-1) ?? { index: -1, question: '', parts: [] };
  let standalone = '';
  for (const { question, index } of asked) {
    if (question === '' || index > last.index) continue;
    standalone = makeStandalone(question, standalone);
  }
  const since = messages.slice(last.index + 1);
  return {
    question: last.question,
    standalone,
    parts: last.parts.length > 1 ? last.parts : standalone === last.question ? clausesOf(standalone) : [standalone],
    userTexts: asked.map(({ question }) => question).reverse(),
    results: since.flatMap(({ role, content }) => (role === 'tool' ? [content] : [])),
    calls: since.flatMap(({ toolCalls }) => toolCalls),
  };
}

/** The question of a user's message: its last paragraph outside evidence; list items under it are its parts. */
function askedIn(content: string): { question: string; parts: string[] } {
  const paragraphs = content
    .replace(EVIDENCE_BLOCK, '\n\n')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
  const lines = (paragraphs.at(-1) ?? '').split('\n').map((line) => line.trim());
  const parts = lines.filter((line) => /^[-*•]\s/.test(line)).map((line) => line.replace(/^[-*•]\s+/, ''));
  const question = lines.filter((line) => !/^[-*•]\s/.test(line)).join(' ');
  return question === '' ? { question: parts.join(' '), parts } : { question, parts };
}

/**
 * The one rule for follow-ups: content words of the question before are added when the new one has fewer than two of its own, or when
 * it points back (a pronoun, "and …", "那…呢") and has at most four. A number replaces one that counted the same.
 */
export function makeStandalone(question: string, before: string): string {
  const own = contentWords(question);
  const leans = own.length < OWN_WORDS || (own.length <= OWN_WORDS_WITH_POINTER && pointsBack(question));
  if (before === '' || !leans) return question;
  const known = new Set(own.map((word) => word.toLowerCase()));
  const added = contentWords(withoutCounts(before, quantitiesIn(question))).filter(
    (word) => !known.has(word.toLowerCase()),
  );
  return added.length === 0 ? question : `${question} (${added.join(' ')})`;
}

const CLAUSE_BREAK =
  /[?？；;]\s*|,?\s+and\s+(?=(?:(?:at|by|for|from|in|of|on|to|until|with)\s+)?(?:what|which|whom?|when|where|why|how|is|are|does|do|can|may|must|should|will)\b)|，?(?:以及|并且|还有)|[，,](?=[^，,？?]*(?:什么|多少|多久|如何|怎么|哪|几|吗))/i;

const ASKS =
  /\b(?:what|which|whom?|whose|when|where|why|how|is|are|was|were|does|do|did|can|could|may|must|should|will|would|has|have)\b|什么|多|如何|怎|哪|几|吗|谁|何|是否|能否|可否|能不能|可不可以|对吗|呢/i;

/** The things a question asks, each with content words of its own; a part that points back gets those of the part before. */
export function clausesOf(question: string): string[] {
  const clauses: string[] = [];
  let before = '';
  for (const span of sentenceSpans(question)) {
    for (const piece of question.slice(span.start, span.end).split(CLAUSE_BREAK)) {
      const clause = piece.trim();
      if (contentWords(clause).length === 0) continue;
      // what asks nothing says what the next clause is about
      if (ASKS.test(clause)) {
        clauses.push(`${before}${clause}`);
        before = '';
      } else before += /\p{Script=Han}/u.test(clause) ? `${clause}，` : `${clause} `;
    }
  }
  if (clauses.length < 2) return [question];
  return clauses.map((clause, index) => (index === 0 ? clause : makeStandalone(clause, clauses[index - 1] ?? '')));
}
