import { describe, expect, it } from 'vitest';
import { quantitiesIn, rangeFit, rangesIn, withoutCounts } from './number-ranges.ts';

describe('quantitiesIn', () => {
  it.each([
    ['a group of 12 people', [12, 'peopl']],
    ['€ 1,200 for the work', [1200, 'euro']],
    ['it weighs 2.5 kg', [2.5, 'kg']],
    ['60万元的服务', [600_000, '元']],
    ['我花了两千六百块', [2_600, '元']],
    ['二十五人', [25, '名']],
  ])('%s', (text, [value, unit]) => {
    expect(quantitiesIn(text)).toContainEqual({ value, unit });
  });

  it('passes over codes, dates and places in a list', () => {
    expect(quantitiesIn('kit 21-450-05, XP200-40, 2026-03-12, 第三章, 10月1日')).toEqual([]);
  });
});

describe('rangesIn', () => {
  const open = Number.POSITIVE_INFINITY;
  it.each([
    ['11 to 20 people', 11, 20, 'peopl'],
    ['11–20 people', 11, 20, 'peopl'],
    ['between 5 and 10 euros', 5, 10, 'euro'],
    ['up to 250 km', -open, 250, 'km'],
    ['more than 3 days', 3, open, 'dai'],
    ['not more than 3 days', -open, 3, 'dai'],
    ['21 people or more', 21, open, 'peopl'],
    ['2万元以上、不满20万元', 20_000, 200_000, '元'],
    ['不超过三人', -open, 3, '名'],
    ['60分至79分', 60, 79, '分'],
  ])('%s', (text, least, most, unit) => {
    expect(rangesIn(text)).toEqual([{ least, most, unit }]);
  });
});

describe('rangeFit', () => {
  it('compares what counts the same, and nothing else', () => {
    const rows = rangesIn('5万元以上、50万元以下');
    expect(rangeFit(quantitiesIn('20万元'), rows)).toBe(1);
    expect(rangeFit(quantitiesIn('4万元'), rows)).toBe(-1);
    expect(rangeFit(quantitiesIn('12人'), rows)).toBe(0);
  });
});

describe('withoutCounts', () => {
  it('leaves out what another number replaces', () => {
    expect(withoutCounts('一项60万元的服务，三天内', quantitiesIn('4万元呢'))).toBe('一项的服务，三天内');
    expect(withoutCounts('12 people for 3 days', [])).toBe('12 people for 3 days');
  });
});
