import { describe, expect, it } from 'vitest';
import { datesIn, numberOf } from './dates.ts';

describe('datesIn', () => {
  it.each([
    ['issued 9 June 2025', ['2025-06-09']],
    ['June 9th, 2025 and Sept. 2026', ['2025-06-09', '2026-09']],
    ['自2026年4月1日起施行，2026年3月印发', ['2026-04-01', '2026-03']],
    ['二〇二六年三月十八日', ['2026-03-18']],
    ['二零二四年十二月三十一日', ['2024-12-31']],
    ['18.03.2026, 2026/3/18 and 2026-03-18', ['2026-03-18', '2026-03-18', '2026-03-18']],
    ['03/04/2026, 2026-13-01, May we, 12 2025', []],
  ])('reads %s', (text, expected) => {
    expect(datesIn(text).map(({ iso }) => iso)).toEqual(expected);
  });

  it('reads Chinese numbers up to 99', () => {
    expect(['七', '十', '十二', '二十', '二十一', '九十九'].map(numberOf)).toEqual([7, 10, 12, 20, 21, 99]);
    expect(numberOf('百')).toBeNaN();
  });
});
