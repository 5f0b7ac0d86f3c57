const CJK = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef]/gu;

/**
 * Estimated model tokens of a text, an integer, without a tokenizer: 0.7 per CJK character and 1 per 4 other UTF-16 code units,
 * the usual ratios of byte-pair vocabularies of 150,000 entries.
 */
export function estimateTokens(text: string): number {
  const cjk = text.match(CJK)?.length ?? 0;
  return Math.ceil(cjk * 0.7 + (text.length - cjk) / 4);
}
