import { describe, expect, it } from 'vitest';
import { buildLines } from './lines.ts';
import type { Glyph, PageContent } from './page-content.ts';
import { boxOnPage, turnedPages } from './turns.ts';
import { buildWords } from './words.ts';

const SIZE = 10;
const FONT = { name: 'Song', bold: false, italic: false, monospace: false };

/** Characters one below the other, as a font for horizontal text draws them. */
function column(text: string, x: number, y: number): Glyph[] {
  return Array.from(text, (character, index) => ({
    text: character,
    quarter: 0,
    x0: x,
    x1: x + SIZE,
    baseline: y + index * SIZE + SIZE * 0.88,
    size: SIZE,
    font: FONT,
    colour: '#000000',
    angle: 0,
    artifact: false,
  }));
}

const pageOf = (glyphs: readonly Glyph[]): PageContent => ({
  page: 1,
  width: 200,
  height: 300,
  glyphs,
  rules: [],
  fills: [],
  images: [],
  drawings: 0,
});

describe('turned text', () => {
  it('reads columns of Chinese from top to bottom and from the right to the left', () => {
    const glyphs = [...column('设备启动前应打开阀门︐', 160, 40), ...column('并检查过滤器︒', 144, 40)];
    const [page, ...others] = turnedPages(pageOf(glyphs), glyphs);
    expect(others).toEqual([]);
    const lines = buildLines(buildWords(page?.glyphs ?? []));
    expect(lines.map(({ text }) => text)).toEqual(['设备启动前应打开阀门，', '并检查过滤器。']);
    const turn = page?.turn ?? { quarter: 0, width: 0, height: 0 };
    expect(boxOnPage(turn, lines[0]?.box ?? [0, 0, 0, 0]).map(Math.round)).toEqual([160, 40, 170, 150]);
  });

  it('leaves the few characters of a narrow cell where they are', () => {
    const row = Array.from('供应商应当在三个工作日内确认交货日期', (character, index) =>
      column(character, 20 + index * SIZE, 100),
    ).flat();
    const glyphs = [...column('类别', 5, 60), ...row];
    expect(turnedPages(pageOf(glyphs), glyphs).map(({ turn }) => turn)).toEqual([undefined]);
  });
});
