import { FieldkitError, toFieldkitError } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';

export interface PatternScorerOptions {
  /** A JavaScript regular expression, applied with the `u` flag. */
  readonly pattern: string;
  /** Flags besides `u`. Default `i`. */
  readonly flags?: string;
  /** 1 when the pattern does not occur. Default false. */
  readonly negate?: boolean;
  readonly name?: string;
}

/**
 * A pattern occurs in the answer (or does not).
 *
 * @throws {FieldkitError} `INVALID_OPTION` when the pattern is no regular expression.
 */
export function createPatternScorer({
  pattern,
  flags = 'i',
  negate = false,
  name = 'pattern',
}: PatternScorerOptions): Scorer {
  const expression = compile(pattern, flags);
  return {
    name,
    kind: 'rule',
    description: `the answer ${negate ? 'does not match' : 'matches'} /${pattern}/`,
    score(_item, { answer }) {
      const found = expression.exec(answer.text)?.[0];
      const reason = found === undefined ? 'no match' : `matches at ${JSON.stringify(found.slice(0, 80))}`;
      return { value: (found !== undefined) === negate ? 0 : 1, reason };
    },
  };
}

function compile(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, `u${flags.replace(/[ugy]/g, '')}`);
  } catch (error) {
    throw new FieldkitError('INVALID_OPTION', toFieldkitError(error).message, { cause: error, details: { pattern } });
  }
}
