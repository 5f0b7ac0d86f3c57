import type { Score, Scorer } from '../scorer.ts';

/** A named metric: the mean of those of its scorers that apply to an item; unavailable when one of these is. */
export function createBundle(name: string, members: readonly Scorer[]): Scorer {
  return {
    name,
    kind: members.some(({ kind }) => kind === 'judge') ? 'judge' : 'rule',
    description: `mean of ${members.map((member) => member.name).join(', ')}, where they apply`,
    async score(item, outcome, context) {
      const scores: (readonly [string, Score])[] = [];
      for (const member of members) {
        const score = await member.score(item, outcome, context);
        if (score !== undefined) scores.push([member.name, score]);
      }
      if (scores.length === 0) return undefined;
      let sum = 0;
      for (const [member, { value, reason }] of scores) {
        if (value === 'unavailable') return { value, reason: `${member}: ${reason}` };
        sum += value;
      }
      const reason = scores
        .map(([member, { value }]) => `${member} ${value === 'unavailable' ? value : value.toFixed(2)}`)
        .join(', ');
      return { value: sum / scores.length, reason };
    },
  };
}
