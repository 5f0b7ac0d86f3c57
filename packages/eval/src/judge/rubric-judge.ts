import { type ChatModel, FieldkitError } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import type { ScoreContext, Scorer } from '../scorer.ts';
import { proseOf } from '../scorers/answer-text.ts';
import { contextTextsOf } from '../scorers/outcome-contexts.ts';
import type { Outcome } from '../target.ts';
import { askJudge, type Judgement } from './ask-judge.ts';

/** One level of a rubric, with what must be true of an answer to deserve it. */
export interface RubricLevel {
  /** What the judge writes: `pass`, `3`. */
  readonly verdict: string;
  /** 0 to 1. */
  readonly value: number;
  readonly meaning: string;
}

export interface RubricJudgeOptions {
  readonly name: string;
  /** The question that the judge decides: "Is the answer correct?" */
  readonly criterion: string;
  readonly levels: readonly RubricLevel[];
  /** One model, or several that judge independently. */
  readonly models: readonly ChatModel[];
  /** Times each model is asked. Default 1. */
  readonly repeats?: number;
  /** What the judge sees besides question and answer. Default references. */
  readonly sees?: readonly ('references' | 'evidence')[];
}

/** Pass or fail. */
export const passFail: readonly RubricLevel[] = [
  { verdict: 'pass', value: 1, meaning: 'the criterion is met in full' },
  { verdict: 'fail', value: 0, meaning: 'it is not, or only in part' },
];

/**
 * A judge with a rubric. The score is the mean of the valid verdicts of all models and repeats; it is unavailable when fewer than half are
 * valid. Verdicts that differ are said in the reason.
 *
 * @throws {FieldkitError} `INVALID_OPTION` without a model, with fewer than two levels or with values outside 0 to 1.
 */
export function createRubricJudge(options: RubricJudgeOptions): Scorer {
  const { name, criterion, levels, models, repeats = 1, sees = ['references'] } = options;
  if (
    models.length === 0 ||
    levels.length < 2 ||
    levels.some(({ value }) => !(value >= 0 && value <= 1)) ||
    repeats < 1
  ) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `judge ${name}: give at least one model and two levels with values from 0 to 1`,
    );
  }
  const instructions = [
    'You judge the answer of an assistant to a question by one criterion, strictly and without regard to length or style.',
    `Criterion: ${criterion}`,
    `Verdicts:\n${levels.map(({ verdict, meaning }) => `- ${verdict}: ${meaning}`).join('\n')}`,
  ].join('\n\n');
  return {
    name,
    kind: 'judge',
    description: `${criterion} (judged by ${models.map((model) => model.name).join(', ')})`,
    async score(item, outcome, context) {
      if (outcome.answer.text.trim() === '') return undefined;
      if (sees.includes('references') && item.references.length === 0 && item.expect === 'answered') return undefined;
      const material = materialOf(item, outcome, sees);
      const judgements: Judgement[] = [];
      for (const model of models) {
        for (let repeat = 0; repeat < repeats; repeat += 1)
          judgements.push(await judgeOnce(model, instructions, material, levels, repeat, context));
      }
      return combine(judgements, levels);
    },
  };
}

function judgeOnce(
  model: ChatModel,
  instructions: string,
  material: Record<string, string>,
  levels: readonly RubricLevel[],
  seed: number,
  { signal }: ScoreContext,
): Promise<Judgement> {
  const verdicts = levels.map(({ verdict }) => verdict);
  return askJudge({ model, instructions, material, verdicts, seed, ...(signal === undefined ? {} : { signal }) });
}

function materialOf(
  item: Case,
  outcome: Outcome,
  sees: readonly ('references' | 'evidence')[],
): Record<string, string> {
  return {
    question: [...item.history, item.question].join('\n'),
    ...(sees.includes('references') && item.references.length > 0
      ? { 'reference answers': item.references.join('\n---\n') }
      : {}),
    ...(sees.includes('references') && item.expect !== 'answered'
      ? { expected: `the assistant should not answer (${item.expect})` }
      : {}),
    ...(sees.includes('evidence') ? { evidence: contextTextsOf(item, outcome).join('\n---\n').slice(0, 24_000) } : {}),
    answer: proseOf(outcome.answer.text),
  };
}

function combine(judgements: readonly Judgement[], levels: readonly RubricLevel[]) {
  const valid = judgements.filter((judgement) => judgement.ok);
  const invalid = judgements.filter((judgement) => !judgement.ok);
  if (valid.length * 2 < judgements.length || valid.length === 0) {
    const [first] = invalid;
    return {
      value: 'unavailable' as const,
      reason: `${invalid.length} of ${judgements.length} verdicts invalid: ${first === undefined ? '' : `${first.why}, ${first.detail}`}`,
    };
  }
  const values = valid.map(({ verdict }) => levels.find((level) => level.verdict === verdict)?.value ?? 0);
  const verdicts = [...new Set(valid.map(({ verdict }) => verdict))];
  const split = verdicts.length > 1 ? `judges differ (${verdicts.join(', ')}): ` : '';
  return {
    value: values.reduce((sum, value) => sum + value, 0) / values.length,
    reason: `${split}${valid[0]?.reasons ?? ''}`.slice(0, 400),
  };
}
