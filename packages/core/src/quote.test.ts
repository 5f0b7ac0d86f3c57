import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findQuote, foldText } from './quote.ts';

const words = fc.array(fc.stringMatching(/^[a-zA-Z0-9.,:%-]{1,8}$/), { minLength: 1, maxLength: 12 });

describe('findQuote', () => {
  it('gives the span of the source, in its own offsets', () => {
    const text = 'Tighten the\n  bolts to 25 Nm.';
    const span = findQuote(text, 'the bolts to 25');
    expect(span && text.slice(span.start, span.end)).toBe('the\n  bolts to 25');
  });

  it('finds nothing for other words, another case, another number, or a blank quote', () => {
    const text = 'Tighten the bolts to 25 Nm.';
    for (const quote of ['tighten the bolts', 'to 26 Nm', 'bolts the', '', ' \n\u200b']) {
      expect(findQuote(text, quote), quote).toBeUndefined();
    }
  });

  it('takes width, quotation marks, dashes and ligatures for the same', () => {
    expect(findQuote('保修期为２４个月（含）', '24个月(含)')).toEqual({ start: 4, end: 11 });
    expect(findQuote('the “quick” fi\u2011lter', '"quick" fi-lter')).toEqual({ start: 4, end: 19 });
    expect(findQuote('a ﬁlter', 'filter')).toEqual({ start: 2, end: 7 });
  });

  it('lets white space stand or be absent beside Chinese, but not between Latin words', () => {
    expect(findQuote('温度\n不得超过 60 度', '温度不得超过60度')).toEqual({ start: 0, end: 12 });
    expect(findQuote('温度不得超过60', '温度 不得 超过 60')).toEqual({ start: 0, end: 8 });
    expect(findQuote('over heat', 'overheat')).toBeUndefined();
  });

  it('passes over every character that a reader and a prompt never show', () => {
    for (const hidden of ['\u00ad', '\u200b', '\u200e', '\u202c', '\u2062', '\ufeff', '\u{e0041}']) {
      const text = `max${hidden}imum load`;
      const span = findQuote(text, 'maximum load');
      expect(span && text.slice(span.start, span.end), JSON.stringify(hidden)).toBe(text);
    }
  });

  it('does not split a character of two code units', () => {
    const text = 'see 𠮷野 now';
    expect(findQuote(text, '𠮷')).toEqual({ start: 4, end: 6 });
  });

  it('finds every stretch of words again however its white space was changed, as the same words', () => {
    fc.assert(
      fc.property(
        words,
        fc.nat(),
        fc.nat(),
        fc.constantFrom(' ', '\n', ' \t ', '\u00a0'),
        (list, from, length, blank) => {
          const start = from % list.length;
          const part = list.slice(start, start + 1 + (length % (list.length - start)));
          const text = list.join(' ');
          const span = findQuote(text, part.join(blank));
          expect(span).toBeDefined();
          if (span !== undefined) expect(foldText(text.slice(span.start, span.end))).toBe(part.join(' '));
        },
      ),
    );
  });

  it('gives a span that folds to the folded quote, for any text and any of its stretches', () => {
    const unit = fc.string({
      unit: fc.constantFrom('a', 'B', ' ', '\n', '中', '文', 'ﬁ', '“', '—', '\u200b', '½', '１', '𠮷', '…'),
    });
    fc.assert(
      fc.property(unit, unit, unit, (before, quote, after) => {
        const text = `${before}${quote}${after}`;
        const span = findQuote(text, quote);
        if (foldText(quote) === '') {
          expect(span).toBeUndefined();
          return;
        }
        if (span === undefined) return; // folding beside Chinese may join what the quote keeps apart
        expect(span.start).toBeLessThan(span.end);
        expect(foldText(text.slice(span.start, span.end))).toContain(foldText(quote));
      }),
    );
  });

  it('folds twice as once', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => foldText(foldText(text)) === foldText(text)));
  });
});
