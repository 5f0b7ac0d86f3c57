import { citationMarks, sentenceSpans } from '@fieldkit/core';
import type { Case } from '../data/case.ts';
import type { ScoreContext, Scorer } from '../scorer.ts';
import type { Outcome } from '../target.ts';
import { matchPlace } from './gold-place.ts';

/** Share of the citations that stand on a gold place: noise lowers it. */
export const citationPrecision: Scorer = {
  name: 'citation-precision',
  kind: 'rule',
  description: 'share of the citations that stand on a gold place',
  async score(item, outcome, context) {
    if (item.gold.length === 0 || outcome.answer.citations.length === 0) return undefined;
    const { right, cited } = await hits(item, outcome, context);
    return { value: right / cited, reason: `${right} of ${cited} citations stand on a gold place` };
  },
};

/** Share of the gold places that some citation hits, however late it comes. */
export const citationRecall: Scorer = {
  name: 'citation-recall',
  kind: 'rule',
  description: 'share of the gold places that a citation hits',
  async score(item, outcome, context) {
    if (item.gold.length === 0 || item.expect !== 'answered') return undefined;
    const { found, needed } = await hits(item, outcome, context);
    return { value: found / needed, reason: `${found} of ${needed} gold places are cited` };
  },
};

async function hits(item: Case, { answer }: Outcome, context: ScoreContext) {
  const found = new Set<number>();
  let right = 0;
  for (const citation of answer.citations) {
    let hit = false;
    for (const [index, { alternatives = [], ...first }] of item.gold.entries()) {
      for (const place of [first, ...alternatives]) {
        if ((await matchPlace(place, citation, context)) === undefined) continue;
        found.add(index);
        hit = true;
      }
    }
    if (hit) right += 1;
  }
  return { right, cited: answer.citations.length, found: found.size, needed: item.gold.length };
}

/** Share of the sentences of an answer that carry a citation mark (the coverage of ALCE; Gao et al. 2023), for answers that must cite. */
export const citationCoverage: Scorer = {
  name: 'citation-coverage',
  kind: 'rule',
  description: 'share of the sentences that carry a citation',
  score(_item, { answer }) {
    if (answer.status !== 'answered') return undefined;
    const marks = citationMarks(answer.text);
    const spans = sentenceSpans(answer.text).filter(({ start, end }) =>
      /[\p{L}\p{N}]/u.test(answer.text.slice(start, end).replace(/\[[^\]]*\]/g, '')),
    );
    if (spans.length === 0) return undefined;
    // A mark after the full stop stands at the beginning of the next span: it belongs to the sentence that it follows.
    const ends = spans.map(({ start }, index) => ({ start, end: spans[index + 1]?.start ?? answer.text.length }));
    const cited = ends.filter(({ start, end }) => marks.some((mark) => mark.start >= start && mark.start < end)).length;
    return { value: cited / spans.length, reason: `${cited} of ${spans.length} sentences` };
  },
};
