import { sentenceSpans } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';
import type { Outcome } from '../target.ts';

/** What a model writes for itself or its server, never for a reader. */
const LEAKS: readonly (readonly [string, RegExp])[] = [
  ['leaked thinking', /<\/?think(?:ing)?>|<\|?(?:reasoning|begin_of_thought)\|?>/i],
  ['a chat template token', /<\|(?:im_start|im_end|endoftext|eot_id|assistant|user|system)\|>|\[\/?INST\]/],
  ['a tool call as text', /<tool_call>|<function=|"name"\s*:\s*"[a-z_]+"\s*,\s*"arguments"\s*:/],
];

/** What is wrong with an answer as a piece of text: empty, cut off, repeating itself, with inner text leaked. */
export function integrityProblems({ answer, finish, run }: Pick<Outcome, 'answer' | 'finish' | 'run'>): string[] {
  const { text } = answer;
  const problems: string[] = [];
  if (text.trim() === '') return ['empty'];
  if (finish === 'length' || finishOf(run) === 'length') problems.push('cut off at the token limit');
  else if (finish === undefined && looksCut(text)) problems.push('looks cut off');
  if (finish === 'content-filter') problems.push('stopped by a content filter');
  for (const [name, pattern] of LEAKS) if (pattern.test(text)) problems.push(name);
  const repeated = repeatedSentence(text);
  if (repeated !== undefined) problems.push(`repeats ${JSON.stringify(repeated.slice(0, 40))}`);
  return problems;
}

/** How the last model step of a trace ended, when it says so. */
function finishOf(run: Outcome['run']): unknown {
  const output = run?.steps.findLast(({ kind }) => kind === 'model')?.output;
  if (output === null || typeof output !== 'object') return undefined;
  return 'reason' in output ? output.reason : 'finish' in output ? output.finish : undefined;
}

function looksCut(text: string): boolean {
  const fences = text.match(/```/g)?.length ?? 0;
  const open = (text.match(/[([{（【「]/g)?.length ?? 0) - (text.match(/[)\]}）】」]/g)?.length ?? 0);
  return fences % 2 === 1 || (open > 0 && /[([{（【「][^)\]}）】」]*$/.test(text)) || /[,，、:：]\s*$/.test(text);
}

function repeatedSentence(text: string): string | undefined {
  const counts = new Map<string, number>();
  for (const { start, end } of sentenceSpans(text)) {
    const sentence = text.slice(start, end);
    if (sentence.length < 8) continue;
    const count = (counts.get(sentence) ?? 0) + 1;
    if (count >= 3) return sentence;
    counts.set(sentence, count);
  }
  return undefined;
}

/** The answer is a finished text: not empty, not cut off, not repeating itself, no thinking or template tokens in it. */
export const integrity: Scorer = {
  name: 'integrity',
  kind: 'rule',
  description: 'a finished text: not empty, not cut off, no loop, nothing internal leaked',
  score(item, outcome) {
    if (item.expect !== 'answered' && outcome.answer.text.trim() === '') return undefined;
    const problems = integrityProblems(outcome);
    return { value: problems.length === 0 ? 1 : 0, reason: problems.length === 0 ? 'complete' : problems.join('; ') };
  },
};
