import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyzerStamp, analyzeText } from './analyze-text.ts';

describe('analyzeText', () => {
  it('drops English stopwords and stems by Porter 1', () => {
    expect(analyzeText('The pumps were running, and the relational caresses are happy')).toEqual([
      'pump',
      'were',
      'run',
      'relat',
      'caress',
      'happi',
    ]);
  });

  it('folds width and case, keeps part numbers, decimals and joined words together', () => {
    expect(analyzeText('ＸＰ２００ xp-200 3.5 bar 1,200 M12 part_no v1.2')).toEqual([
      'xp200',
      'xp',
      '200',
      '3.5',
      'bar',
      '1,200',
      'm12',
      'part_no',
      'v1.2',
    ]);
  });

  it('drops the possessive and keeps an apostrophe inside a word', () => {
    expect(analyzeText("pump's pump’s don't don’t")).toEqual(['pump', 'pump', "don't", "don't"]);
  });

  it('cuts Chinese into words, or into bigrams when asked', () => {
    expect(analyzeText('差旅费报销标准')).toContain('标准');
    expect(analyzeText('差旅费', { han: 'bigrams' })).toEqual(['差旅', '旅费']);
    expect(analyzeText('费', { han: 'bigrams' })).toEqual(['费']);
  });

  it('splits by script', () => {
    const terms = analyzeText('使用XP200型号的ポンプ和3.5bar压力');
    expect(terms).toContain('xp200');
    expect(terms).toContain('ポン');
    expect(terms).toContain('3.5bar');
  });

  it('keeps words of other scripts whole, without stemming them', () => {
    expect(analyzeText('Größe naïve насосы')).toEqual(['größe', 'naïve', 'насосы']);
  });

  it('has nothing to say about blanks and punctuation', () => {
    expect(analyzeText('')).toEqual([]);
    expect(analyzeText(' …—!? 。，\n')).toEqual([]);
    expect(analyzeText('the of and')).toEqual([]);
  });

  it('gives terms without white space, the same each time, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        const terms = analyzeText(text);
        expect(analyzeText(text)).toEqual(terms);
        for (const term of terms) expect(term).toMatch(/^\S+$/u);
      }),
      { numRuns: 300 },
    );
  });

  it('finds the same terms in upper case and full width, so that a question need not look like the text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,12}( [a-z0-9]{1,8}){0,4}$/), (text) => {
        const wide = text.replace(/[!-~]/g, (character) =>
          String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0),
        );
        expect(analyzeText(text.toUpperCase())).toEqual(analyzeText(text));
        expect(analyzeText(wide)).toEqual(analyzeText(text));
      }),
      { numRuns: 200 },
    );
  });
});

describe('analyzerStamp', () => {
  it('is the same for the same options and another for others', () => {
    expect(analyzerStamp()).toBe(analyzerStamp({ han: 'words' }));
    expect(analyzerStamp()).not.toBe(analyzerStamp({ han: 'bigrams' }));
    expect(analyzerStamp()).toMatch(/^[0-9a-f]{16}$/);
  });
});
