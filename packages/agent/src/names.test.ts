import { describe, expect, it } from 'vitest';
import { datesIn, datesMissingFrom, figuresMissingFrom, namesIn, namesMissingFrom } from './names.ts';

describe('names', () => {
  it('are codes, capitalised words inside a sentence, and titles', () => {
    expect(namesIn('The pump XP-200 from Acme uses SEAL-204 with Loctite.')).toEqual([
      'xp200',
      'seal204',
      'acme',
      'loctite',
    ]);
    expect(namesIn('依据《差旅管理办法》使用XP-200。')).toContain('差旅管理办法');
    expect(namesIn('Tighten it. Then check it.')).toEqual([]);
    expect(namesIn('Die Schrauben der Pumpe brauchen ein Drehmoment und eine Prüfung der Dichtung.')).toEqual([]);
  });
  it('are found however they are hyphenated', () => {
    expect(namesMissingFrom("Use the XP200's seal from Acme.", 'XP-200 by ACME')).toEqual([]);
    expect(namesMissingFrom('Use the XP-300 here.', 'the XP-200')).toEqual(['xp300']);
    expect(namesMissingFrom('It is made by Bosch in Stuttgart.', 'made by Bosch')).toEqual(['stuttgart']);
  });
});

describe('dates', () => {
  it('are read in the usual forms', () => {
    for (const text of ['2026-03-04', '4 March 2026', 'March 4, 2026', '4th Mar. 2026', '2026年3月4日', '2026/3/4']) {
      expect(datesIn(text)).toContainEqual([2026, 3, 4]);
    }
    expect(datesIn('since March 2026')).toContainEqual([2026, 3, 0]);
  });
  it('support each other across forms', () => {
    expect(figuresMissingFrom('It left on 4 March 2026.', 'shippedOn: 2026-03-04')).toEqual([]);
    expect(figuresMissingFrom('它于2026年3月4日发货。', 'shippedOn: 2026-03-04')).toEqual([]);
    expect(figuresMissingFrom('It left on 5 March 2026.', 'shippedOn: 2026-03-04')).toEqual(['5']);
    expect(figuresMissingFrom('It needs 7 bolts.', 'shippedOn: 2026-03-04')).toEqual(['7']);
  });
  it('that no date of the evidence agrees with are missing', () => {
    expect(datesMissingFrom('It left on 4 May 2026.', 'shippedOn: 2026-03-04, paid 2026-05-01')).toEqual(['2026-5-4']);
    expect(datesMissingFrom('It left in March.', '2026-03-04')).toEqual([]);
  });
});
