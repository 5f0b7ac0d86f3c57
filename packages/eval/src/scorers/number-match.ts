import type { Scorer } from '../scorer.ts';
import { proseOf } from './answer-text.ts';
import { announcedAnswer } from './final-answer.ts';
import { type Quantity, quantitiesIn, sameQuantity } from './quantities.ts';

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
      const right = item.references.map(amountOf).filter(({ length }) => length > 0);
      if (right.length === 0) return undefined;
      const announced = announcedAnswer(answer.text);
      const inAnnounced = announced === undefined ? [] : quantitiesIn(announced);
      const all = quantitiesIn(proseOf(answer.text));
      const most = Math.max(...right.map(({ length }) => length));
      const final = inAnnounced.length > 0 ? inAnnounced.slice(0, most) : all.slice(-most);
      const candidates = where === 'anywhere' ? all : final;
      if (candidates.length === 0) return { value: 0, reason: 'the answer has no number' };
      const has = (wanted: Quantity) => candidates.some((given) => sameQuantity(given, wanted, tolerance));
      const hit = right.some((ends) => ends.every(has));
      const texts = (list: readonly Quantity[]) => list.map(({ text }) => text).join(', ');
      const wanted = right.map((ends) => ends.map(({ text }) => text).join(' to ')).join(', ');
      return { value: hit ? 1 : 0, reason: `found ${texts(candidates).slice(0, 120)}; right is ${wanted}` };
    },
  };
}

/** The first number of a reference, or both ends of a range. */
function amountOf(reference: string): Quantity[] {
  const found = quantitiesIn(reference);
  return found.slice(0, found[0]?.opensRange === true ? 2 : 1);
}

/** The answer proper is one number. */
export const numberMatch = createNumberScorer();
/** The number stands anywhere in a longer answer. */
export const numberAnywhere = createNumberScorer({ where: 'anywhere' });
