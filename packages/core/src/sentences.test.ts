import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentenceSpans } from './sentences.ts';

const sentences = (text: string) => sentenceSpans(text).map(({ start, end }) => text.slice(start, end));

describe('sentenceSpans', () => {
  it('ends at full stops, question and exclamation marks, Chinese marks and line breaks', () => {
    expect(sentences('One. Two? "Three!" Four\nFive')).toEqual(['One.', 'Two?', '"Three!"', 'Four', 'Five']);
    expect(sentences('保修期为两年。运费自理；“行吗？”可以！')).toEqual([
      '保修期为两年。',
      '运费自理；',
      '“行吗？”',
      '可以！',
    ]);
  });

  it('does not end inside numbers, after abbreviations and initials, or before a lower-case letter', () => {
    for (const text of [
      'Use 3.5 bar.',
      'Seals, e.g. Viton, last.',
      'See Fig. 3 for it.',
      'Ask Dr. Li first.',
      'By J. Smith alone.',
      'approx. half of it.',
      'See no. 12 there.',
      'Open at 5 p.m. on Monday.',
    ]) {
      expect(sentences(text), text).toEqual([text]);
    }
  });

  it('ends after a word that is also an abbreviation', () => {
    expect(sentences('The answer is no. Ask again.')).toEqual(['The answer is no.', 'Ask again.']);
    expect(sentences('Turn it to max. Wait a minute.')).toEqual(['Turn it to max.', 'Wait a minute.']);
    expect(sentences('Follow plan b. Then stop.')).toEqual(['Follow plan b.', 'Then stop.']);
  });

  it('covers every character but white space, in order, without overlap', () => {
    const piece = fc.constantFrom('a', 'B', '1', '.', '!', '。', '"', ' ', '\n', 'e.g.', '中', '；');
    fc.assert(
      fc.property(fc.string({ unit: piece }), (text) => {
        const spans = sentenceSpans(text);
        let last = 0;
        let covered = '';
        for (const { start, end } of spans) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
          expect(end).toBeGreaterThan(start);
          covered += text.slice(start, end);
          last = end;
        }
        expect(covered.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
      }),
    );
  });

  it('finds none in nothing', () => {
    expect(sentenceSpans(' \n ')).toEqual([]);
  });
});
