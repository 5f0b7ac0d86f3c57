import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';
import { announcedAnswer } from './final-answer.ts';
import { quantitiesIn, sameQuantity } from './quantities.ts';

export interface NumberScorerOptions {
  /** `final`: the first number of the announced answer, else the last of the text. `anywhere`: any number of the text. Default `final`. */
  readonly where?: 'final' | 'anywhere';
  /** Relative. Default 1e-9: equal but for rounding of arithmetic. */
  readonly tolerance?: number;
  readonly name?: string;
}

/** The answer's number is the reference's, whatever its notation: `３万元`, `30,000 yuan` and `30000` are the same, `30 kg` and `30 m` are not. */
export function createNumberScorer(options: NumberScorerOptions = {}): Scorer {
  const { where = 'final', tolerance = 1e-9, name = where === 'final' ? 'number-match' : 'number-anywhere' } = options;
  return {
    name,
    kind: 'rule',
    description: `the ${where === 'final' ? "answer's number" : 'right number is in the answer and'} equals the reference's, with its unit`,
    score(item, { answer }) {
      const right = item.references
        .map((reference) => quantitiesIn(reference)[0])
        .filter((found) => found !== undefined);
      if (right.length === 0) return undefined;
      const announced = announcedAnswer(answer.text);
      const inAnnounced = announced === undefined ? [] : quantitiesIn(announced);
      const all = quantitiesIn(proseOf(answer.text));
      const candidates = where === 'anywhere' ? all : inAnnounced.length > 0 ? inAnnounced.slice(0, 1) : all.slice(-1);
      if (candidates.length === 0) return { value: 0, reason: 'the answer has no number' };
      const hit = candidates.some((given) => right.some((wanted) => sameQuantity(given, wanted, tolerance)));
      const texts = (list: readonly { text: string }[]) => list.map(({ text }) => text).join(', ');
      return { value: hit ? 1 : 0, reason: `found ${texts(candidates).slice(0, 120)}; right is ${texts(right)}` };
    },
  };
}

/** The answer proper is one number. */
export const numberMatch = createNumberScorer();
/** The number stands anywhere in a longer answer. */
export const numberAnywhere = createNumberScorer({ where: 'anywhere' });
