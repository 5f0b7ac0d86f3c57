import { type Caller, createRedactor, type Finding, sentenceSpans, toFieldkitError } from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import { isAddressed } from './addressed.ts';
import type { Turn } from './state.ts';

/** Something a user said about themselves, kept beyond the session. */
export interface MemoryNote {
  readonly id: string;
  readonly text: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Notes in a vector index, kept apart by caller. */
export interface LongTermMemory {
  /** Notes of this caller that fit a question, best first. */
  recall(
    caller: Caller,
    question: string,
    options: { readonly limit: number; readonly signal?: AbortSignal },
  ): Promise<readonly MemoryNote[]>;
  /** The same text is kept once. */
  remember(caller: Caller, texts: readonly string[], at: string): Promise<void>;
  /** Oldest first. */
  list(caller: Caller): Promise<readonly MemoryNote[]>;
  /** Forgets notes for good, all of the caller without `ids`; how many there were. */
  forget(caller: Caller, ids?: readonly string[]): Promise<number>;
}

/** Longest note, in UTF-16 code units. */
const LONGEST_NOTE = 500;
const MOST_NOTES_OF_A_TURN = 5;

const ASKED =
  /[?？]\s*$|^(?:what|which|who|whom|whose|when|where|why|how|is|are|was|were|do|does|did|can|could|may|shall|should|would|will|has|have)\b|吗[。.！!]?$|呢[。.！!]?$|什么|怎么|怎样|如何|为什么|多少|哪/i;
const ORDERED =
  /^(?:please|tell|show|find|give|list|explain|compare|calculate|cancel|book|send|search|look)\b|^(?:请(?!记住)|帮|告诉|查|找|列出|给我)/i;
const OWN = /\b(?:i|i'm|i've|my|mine|me|we|we're|we've|our|ours|us)\b|我|咱|本人|本公司/i;
const TOLD_TO_KEEP =
  /^(?:(?:please|and|also|so|then|ok|okay|hi|hello|thanks|thank you)[\s,.!]+)*(?:remember|note|keep in mind)\s+that\b|^(?:另外|还有|好的|你好)?[，,]?请?(?:帮我)?记住/i;

/** What somebody else wrote and the user handed on: quoted, fenced, marked as mail is, or all that follows on "this:" and the like. */
const HANDED_ON = [
  /```[\s\S]*?(?:```|$)/g,
  /^[ \t]*>.*$/gm,
  /(?<![\p{L}\p{N}])["'‘“„«「『](?=\S)[^"'’”“»」』\n]{8,}["'’”“»」』]/gu,
  /^(?:from|subject|sent|发件人|主题|发送时间)\s*[:：][\s\S]*/im,
  /\b(?:this|these|following|below|mail|e-?mail|letter|message|text|says|wrote|reads)\b[^.!?\n:]{0,40}:[\s\S]*/i,
  /(?:以下|下面|下列|如下|这[段封句条]|邮件|来信|消息|原文|内容|[说写])[^。！？\n：:]{0,20}[：:][\s\S]*/,
];

/**
 * What a turn says about its user: sentences in the first person that ask and order nothing, and what is expressly to be remembered. Only
 * the user's turn is ever given to this function; what documents, tools and answers said is not remembered, nor what the user quotes.
 */
export function statementsOf(userTurn: string): string[] {
  const text = HANDED_ON.reduce((left, pattern) => left.replace(pattern, ' '), cleanText(userTurn));
  const redactor = createRedactor({ kinds: ['secret'] });
  return sentenceSpans(text)
    .map(({ start, end }) => text.slice(start, end).trim())
    .filter((sentence) => sentence.length <= LONGEST_NOTE && !isAddressed(sentence, []))
    .filter(
      (sentence) =>
        TOLD_TO_KEEP.test(sentence) || (OWN.test(sentence) && !ASKED.test(sentence) && !ORDERED.test(sentence)),
    )
    .slice(0, MOST_NOTES_OF_A_TURN)
    .map((sentence) => redactor.redact(sentence));
}

/** Notes as an earlier turn of the conversation; nothing when there are none, or when the memory cannot be read. */
export async function recalledTurn(
  memory: LongTermMemory,
  caller: Caller,
  question: string,
  options: {
    readonly limit: number;
    readonly signal?: AbortSignal | undefined;
    readonly onFinding: (finding: Finding) => void;
  },
): Promise<Turn[]> {
  const { limit, signal, onFinding } = options;
  try {
    const notes = await memory.recall(caller, question, { limit, ...(signal === undefined ? {} : { signal }) });
    if (notes.length === 0) return [];
    const said = notes.map(({ text, at }) => `(${at.slice(0, 10)}) ${text}`);
    return [{ question: said.join('\n'), answer: 'Noted.' }];
  } catch (thrown) {
    if (signal?.aborted === true) throw thrown;
    onFinding(memoryFinding('memory-not-read', thrown));
    return [];
  }
}

/** What is said when the memory fails: the answer goes on without it. */
export function memoryFinding(code: 'memory-not-read' | 'memory-not-stored', thrown: unknown): Finding {
  const error = toFieldkitError(thrown);
  return { severity: 'warning', code, message: `long-term memory: ${error.message} (${error.code})`, where: 'memory' };
}
