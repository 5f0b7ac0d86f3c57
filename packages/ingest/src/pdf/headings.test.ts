import { expect, it } from 'vitest';
import { bodyStyle, findHeadings } from './headings.ts';
import type { Line } from './lines.ts';
import { makeParagraph } from './paragraphs.ts';

const line = (text: string, y: number, family: string): Line => ({
  words: [],
  text,
  box: [80, y, 80 + text.length * 12, y + 12],
  baseline: y + 10,
  size: 12,
  bold: false,
  italic: false,
  monospace: false,
  colour: '#000000',
  family,
  spaceAfter: false,
});

it('takes numbered lines in another typeface for headings where the text is Chinese, of one size and without gaps', () => {
  const paragraphs = [
    ['一、总体要求', 'simhei-like'],
    ['坚持预防为主、综合治理的原则，完成消防设施改造，重大隐患整改率达到百分之一百。', 'fangsong'],
    ['（一）开展隐患排查。各分公司应于每月十日前完成一次全面自查。', 'fangsong'],
    ['本节各项工作由安全监察部负责', 'simhei-like'],
    ['二、重点任务', 'simhei-like'],
    ['各单位主要负责人为第一责任人，对工作落实不力的按照有关规定处理。', 'fangsong'],
  ].map(([text = '', family = ''], index) =>
    makeParagraph([line(text, 100 + index * 20, family)], 1, 1, { region: [80, 80, 520, 700], page: 1, images: [] }),
  );
  const found = findHeadings(paragraphs, bodyStyle(paragraphs), { outline: new Map() });
  expect([...found.keys()].map(({ lines }) => lines[0]?.text)).toEqual(['一、总体要求', '二、重点任务']);
});
