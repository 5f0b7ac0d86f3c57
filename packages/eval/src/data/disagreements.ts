import { foldText } from '@fieldkit/core';
import { type Quantity, quantitiesIn, sameQuantity } from '../scorers/quantities.ts';
import { textOverlap } from '../scorers/token-overlap.ts';
import type { Case } from './case.ts';

/** A field on which experts differ about the same case. */
export interface Disagreement {
  readonly id: string;
  readonly field: 'question' | 'references' | 'gold' | 'expect' | 'kind';
  /** What each of them wrote, by name. */
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Where sheets of several experts differ, by case id. References differ when no answer of one is close to any of the other (token F1 below
 * 0.5, or other amounts); gold places differ when the named documents do.
 */
export function findDisagreements(sheets: Readonly<Record<string, readonly Case[]>>): Disagreement[] {
  const byId = new Map<string, [string, Case][]>();
  for (const [expert, cases] of Object.entries(sheets)) {
    for (const item of cases) byId.set(item.id, [...(byId.get(item.id) ?? []), [expert, item]]);
  }
  const found: Disagreement[] = [];
  for (const [id, entries] of byId) {
    const check = (field: Disagreement['field'], show: (item: Case) => string, same: (a: Case, b: Case) => boolean) => {
      const [first] = entries;
      if (first === undefined || entries.every(([, item]) => same(first[1], item))) return;
      found.push({ id, field, values: Object.fromEntries(entries.map(([expert, item]) => [expert, show(item)])) });
    };
    check(
      'question',
      ({ question }) => question,
      (a, b) => foldText(a.question) === foldText(b.question),
    );
    check(
      'expect',
      (item) => item.expect,
      (a, b) => a.expect === b.expect,
    );
    check(
      'kind',
      ({ kind }) => kind,
      (a, b) => a.kind === b.kind,
    );
    check('references', ({ references }) => references.join(' / '), sameReferences);
    check(
      'gold',
      ({ gold }) => documents(gold),
      (a, b) => documents(a.gold) === documents(b.gold),
    );
  }
  return found;
}

function sameReferences(a: Case, b: Case): boolean {
  if (a.references.length === 0 || b.references.length === 0) return a.references.length === b.references.length;
  return a.references.some((one) => b.references.some((other) => sameAnswer(one, other)));
}

function sameAnswer(one: string, other: string): boolean {
  const amounts = [quantitiesIn(one), quantitiesIn(other)] as const;
  const alike = textOverlap(one, other).f1 >= 0.5 || (isAmount(one, amounts[0]) && isAmount(other, amounts[1]));
  return alike && sameAmounts(...amounts);
}

/** Whether a text is nothing but one amount: `6 bar` and `600 kPa` share no word and say the same. */
function isAmount(text: string, amounts: readonly Quantity[]): boolean {
  return (
    amounts.length === 1 && amounts[0]?.dimension !== undefined && amounts[0].text.length >= text.trim().length - 1
  );
}

/** Whether the amounts of the shorter answer all stand in the longer one: `24 months` and `36 months` share a word and say different things. */
function sameAmounts(one: readonly Quantity[], other: readonly Quantity[]): boolean {
  const [few, many] = one.length <= other.length ? [one, other] : [other, one];
  return few.every((amount) => many.some((candidate) => sameQuantity(amount, candidate)));
}

function documents(gold: Case['gold']): string {
  return gold
    .map(({ document }) => document)
    .sort()
    .join(', ');
}
