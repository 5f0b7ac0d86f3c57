import { detectLanguage, type EvidenceItem, formatCitationMark, INSUFFICIENT_MARK } from '@fieldkit/core';
import type { Conversation } from './conversation.ts';
import { type EvidenceUnit, evidenceUnits } from './evidence-units.ts';
import { selectEvidence } from './select-evidence.ts';

const FRAMES = {
  en: {
    passage: 'The documents say: ',
    record: 'The record says: ',
    more: 'Also: ',
    end: '.',
    none: 'This is the stand-in endpoint, not a language model: it can only quote evidence that stands in the request, and there is none.',
  },
  zh: {
    passage: '资料中写道：',
    record: '记录显示：',
    more: '另外：',
    end: '。',
    none: '这是替身端点，不是语言模型：它只能引用请求中给出的证据，而请求中没有证据。',
  },
} as const;

/** Most sentences in one answer. */
const MAX_SENTENCES = 4;
/** Most places that are quoted for one question. */
const MAX_QUOTES = 3;

/** An extractive answer: sentences of the evidence, each with its citation, or the mark that the evidence is not enough. */
export function writeAnswer(conversation: Conversation, items: readonly EvidenceItem[]): string {
  const frame = detectLanguage(conversation.question) === 'zh' ? FRAMES.zh : FRAMES.en;
  if (items.length === 0) return `${INSUFFICIENT_MARK}\n${frame.none}`;
  const chosen = chooseUnits(conversation, items);
  if (chosen.length === 0) return INSUFFICIENT_MARK;
  return chosen
    .map((unit, index) => {
      const lead = index > 0 ? frame.more : unit.item.kind === 'record' ? frame.record : frame.passage;
      // Evidence without a number (a tool result of another make) can be repeated but not cited.
      const mark = unit.item.number > 0 ? ` ${formatCitationMark(unit.item.number, withoutEnd(unit.around))}` : '';
      return `${lead}${withoutEnd(unit.text)}${mark}${frame.end}`;
    })
    .join(frame === FRAMES.zh ? '' : ' ');
}

function withoutEnd(text: string): string {
  return text.replace(/[.。;；\s]+$/, '');
}

/** The sentence that best answers the whole, then the best for each part of the question, then more of the whole. */
function chooseUnits({ parts, standalone }: Conversation, items: readonly EvidenceItem[]): EvidenceUnit[] {
  const evidence = evidenceUnits(items);
  const whole = selectEvidence(standalone, evidence, { limit: MAX_QUOTES });
  const [first] = whole;
  if (parts.length < 2 || first === undefined) return [...whole];
  const chosen = [first];
  for (const part of parts.slice(0, MAX_SENTENCES - 1))
    chosen.push(...selectEvidence(part, evidence, { limit: 1, beside: chosen }));
  for (const unit of whole) if (!chosen.some(({ text }) => text === unit.text)) chosen.push(unit);
  return chosen.slice(0, MAX_SENTENCES);
}
