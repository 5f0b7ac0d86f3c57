import { foldText } from '@fieldkit/core';
import type { Scorer } from '../scorer.ts';

/** One of the references stands in the answer, case, width and white space aside. */
export const contains: Scorer = {
  name: 'contains',
  kind: 'rule',
  description: 'one of the references stands in the answer',
  score(item, { answer }) {
    if (item.references.length === 0) return undefined;
    const text = foldText(answer.text).toLowerCase();
    const found = item.references.find((reference) => text.includes(foldText(reference).toLowerCase()));
    return found === undefined
      ? { value: 0, reason: `none of ${item.references.length} references stands in the answer` }
      : { value: 1, reason: `${JSON.stringify(found)} stands in the answer` };
  },
};
