/** Digits with grouping or decimals, Chinese numerals excluded. Letters and digits of a part number count with their digits. */
const NUMBER = /\d+(?:[.,]\d+)*/g;

/**
 * The numbers written in a text, in a comparable form: full-width digits folded, thousands separators removed, trailing zeros of
 * decimals kept out. `1,200` and `1200` are equal, `3.50` and `3.5` are equal.
 */
export function numbersIn(text: string): string[] {
  return (text.normalize('NFKC').match(NUMBER) ?? []).map((number) => {
    const plain = /^\d{1,3}(?:,\d{3})+(?:\.\d+)?$/.test(number)
      ? number.replaceAll(',', '')
      : number.replaceAll(',', '.');
    const value = plain.includes('.') && plain.split('.').length === 2 ? plain.replace(/\.?0+$/, '') : plain;
    return value.replace(/^0+(?=\d)/, '');
  });
}

/** Numbers of `claim` that stand nowhere in `evidence`. */
export function numbersMissingFrom(claim: string, evidence: string): string[] {
  const known = new Set(numbersIn(evidence));
  return numbersIn(claim).filter((number) => !known.has(number));
}
