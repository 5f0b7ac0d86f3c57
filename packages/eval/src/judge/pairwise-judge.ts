import type { ChatModel } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import { proseOf } from '../scorers/answer-text.ts';
import { askJudge } from './ask-judge.ts';

export type Preference = 'a' | 'b' | 'tie' | 'unavailable';

/** A judge's comparison of two answers, asked in both orders. */
export interface PairwiseVerdict {
  /** What both orders agree on; `tie` when they contradict each other or one of them is a tie; `unavailable` when one is invalid. */
  readonly winner: Preference;
  /** With a shown first, and with b shown first, both in terms of a and b. */
  readonly orders: readonly [Preference, Preference];
  readonly consistent: boolean;
  readonly lengths: readonly [number, number];
}

export interface PairwiseOptions {
  readonly model: ChatModel;
  /** Default: which answer is more correct and more complete, by the references. */
  readonly criterion?: string;
  readonly signal?: AbortSignal;
}

/** Which of two answers is better, asked twice with the places exchanged, so that a liking for the first place cancels out. */
export async function judgePair(item: Case, a: string, b: string, options: PairwiseOptions): Promise<PairwiseVerdict> {
  const orders: [Preference, Preference] = [
    await askOrder(item, a, b, options),
    flip(await askOrder(item, b, a, options)),
  ];
  const [plain, swapped] = orders;
  const consistent = plain === swapped && plain !== 'unavailable';
  const winner = orders.includes('unavailable') ? 'unavailable' : consistent ? plain : 'tie';
  return { winner, orders, consistent, lengths: [[...a].length, [...b].length] };
}

async function askOrder(
  item: Case,
  first: string,
  second: string,
  { model, criterion = 'Which answer is more correct and more complete?', signal }: PairwiseOptions,
): Promise<Preference> {
  const judgement = await askJudge({
    model,
    instructions: `You compare two answers of assistants to the same question. ${criterion} Length, style and the order in which they are shown do not count.`,
    material: {
      question: [...item.history, item.question].join('\n'),
      ...(item.references.length > 0 ? { 'reference answers': item.references.join('\n---\n') } : {}),
      'answer 1': proseOf(first),
      'answer 2': proseOf(second),
    },
    verdicts: ['1', '2', 'tie'],
    ...(signal === undefined ? {} : { signal }),
  });
  if (!judgement.ok) return 'unavailable';
  return judgement.verdict === '1' ? 'a' : judgement.verdict === '2' ? 'b' : 'tie';
}

function flip(preference: Preference): Preference {
  return preference === 'a' ? 'b' : preference === 'b' ? 'a' : preference;
}
