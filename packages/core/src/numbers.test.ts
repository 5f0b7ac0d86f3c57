import { describe, expect, it } from 'vitest';
import { numbersIn, numbersMissingFrom } from './numbers.ts';

describe('numbersIn', () => {
  it('takes the same number written in several ways for the same', () => {
    for (const [text, number] of [
      ['1,200', '1200'],
      ['1,234,567.80', '1234567.8'],
      ['３．５', '3.5'],
      ['3.50', '3.5'],
      ['10.0', '10'],
      ['100.00', '100'],
      ['007', '7'],
      ['0.50', '0.5'],
      ['3,5', '3.5'],
      ['0', '0'],
      ['1000', '1000'],
    ] as const) {
      expect(numbersIn(`about ${text} of them`), text).toEqual([number]);
    }
  });

  it('keeps numbers apart that differ', () => {
    expect(new Set(numbersIn('1200 120 12.00 1.2 2000 20')).size).toBe(6);
  });

  it('reads the digits of part numbers, dates and ranges one by one', () => {
    expect(numbersIn('XP-200, 2026-11-02, 3–5 bar')).toEqual(['200', '2026', '11', '2', '3', '5']);
    expect(numbersIn('version 1.0.0')).toEqual(['1.0.0']);
    expect(numbersIn('no digits, 二十四')).toEqual([]);
  });

  it('names the numbers of a claim that stand nowhere in the evidence', () => {
    expect(numbersMissingFrom('5 days, 1200 CNY', 'within 5 days; 1,200 元')).toEqual([]);
    expect(numbersMissingFrom('5 days, 30 %', '15 days, 3 %')).toEqual(['5', '30']);
    expect(numbersMissingFrom('', '1')).toEqual([]);
  });
});
