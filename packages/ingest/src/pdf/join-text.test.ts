import { describe, expect, it } from 'vitest';
import { createJoiner } from './join-text.ts';
import { lineText } from './lines.ts';
import { buildWords } from './words.ts';

const joined = (left: string, right: string) => {
  const lines = [left, right].map((text) => ({ text, spaceAfter: false }));
  const { append } = createJoiner(lines).next(left, { text: left, spaceAfter: false }, right);
  return left + append;
};

describe('numbers in Chinese text', () => {
  it.each([
    ['现场审核满分100分，7', '5分以上为合格', '现场审核满分100分，75分以上为合格'],
    ['合同金额为12,', '500元的须会签', '合同金额为12,500元的须会签'],
    ['同比增长7.', '2%，主要来自华东', '同比增长7.2%，主要来自华东'],
    ['自20', '26年起执行', '自2026年起执行'],
  ])('joins %s / %s, which the end of a line broke', (left, right, whole) => {
    expect(joined(left, right)).toBe(whole);
  });

  it.each([
    ['本标准代替 GB/T 7', '5分以上为合格'], // behind Latin letters and a space: a sign of its own
    ['电话 021 5555', '13800000000 王工'],
    ['编号为 2026', '007号文件'], // no number goes on with a zero group
    ['it fell in 2019', '12 of them were lost'],
  ])('leaves the numbers of %s / %s apart', (left, right) => {
    expect(joined(left, right)).toBe(`${left} ${right}`);
  });

  it('takes the figures of a spread line for one number, and a drawn space for a space', () => {
    const line = (text: string, gap: number) => {
      let x = 0;
      return lineText(
        buildWords(
          Array.from(text, (character) => {
            const width = /\p{Script=Han}/u.test(character) ? 10 : 5;
            const glyph = {
              text: character,
              quarter: 0 as const,
              x0: x,
              x1: x + width,
              baseline: 100,
              size: 10,
              font: { name: 'Song', bold: false, italic: false, monospace: false },
              colour: '#000000',
              angle: 0,
              artifact: false,
            };
            x += width + gap;
            return glyph;
          }),
        ),
      );
    };
    expect(line('满分为75.5分', 2)).toBe('满分为75.5分');
    expect(line('满分为75 5分', 2)).toBe('满分为75 5分');
  });
});
