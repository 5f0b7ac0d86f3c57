import { foldText } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';

/** Strings that must not appear in the answer do not, case and width aside. */
export const forbidden: Scorer = {
  name: 'forbidden',
  kind: 'rule',
  description: 'none of the forbidden strings appears in the answer',
  score(item, { answer }) {
    if (item.forbidden.length === 0) return undefined;
    const text = foldText(answer.text).toLowerCase();
    const found = item.forbidden.filter((string) => text.includes(foldText(string).toLowerCase()));
    return found.length === 0
      ? { value: 1, reason: `none of ${item.forbidden.length} appears` }
      : { value: 0, reason: `appears: ${found.map((string) => JSON.stringify(string)).join(', ')}` };
  },
};
