import { describe, expect, it } from 'vitest';
import { encodeText } from './encode-text.ts';
import { toFodt } from './fodt.ts';
import { pageHolds } from './read-made-files.ts';
import { parseBody, parseSource } from './source.ts';
import { readZip, writeZip } from './zip.ts';

function bodyOf(text: string) {
  return parseBody(parseSource(`---\nto: knowledge/x.pdf\n---\n${text}`));
}

describe('source markup', () => {
  it('reads front matter, and names the line of what it does not know', () => {
    const { front, bodyLine } = parseSource('---\ntitle: "A: b | c"\nsize: 10 # points\n---\n\nText');
    expect([front, bodyLine]).toEqual([{ title: 'A: b | c', size: '10' }, 6]);
    expect(() => parseSource('---\ntitel: A\n---\n')).toThrow('line 2: unknown key "titel"');
  });

  it('merges cells with ^ and <', () => {
    const [table] = bodyOf('| a | b |\n|---|--:|\n| x | y |\n| ^ | z |\n| w | < |').blocks;
    if (table?.kind !== 'table') throw new Error('no table');
    const spans = table.rows.map((row) =>
      row.map((cell) => (cell.covered ? '.' : `${cell.rowSpan}x${cell.columnSpan}`)),
    );
    expect(spans).toEqual([
      ['1x1', '1x1'],
      ['2x1', '1x1'],
      ['.', '1x1'],
      ['1x2', '.'],
    ]);
    expect(table.alignments).toEqual(['left', 'right']);
  });

  it('nests lists of both kinds and starts a new list for a new kind', () => {
    const lists = bodyOf('- a\n  1. one\n  2. two\n- b\n1. c').blocks;
    expect(JSON.stringify(lists)).toContain('"ordered":true');
    expect(lists.map((list) => (list.kind === 'list' ? [list.ordered, list.items.length] : list.kind))).toEqual([
      [false, 2],
      [true, 1],
    ]);
  });

  it('complains about a block that is not closed, a directive it does not know and a row of the wrong length', () => {
    expect(() => bodyOf('::: columns 2\ntext')).toThrow('line 4: this ::: block is never closed');
    expect(() => bodyOf('::: boxx\n:::')).toThrow('unknown directive "boxx"');
    expect(() => bodyOf('| a | b |\n|---|---|\n| 1 |')).toThrow('1 cells, the table has 2');
  });

  it('joins wrapped Chinese lines without a space and Latin lines with one', () => {
    const texts = bodyOf('甲乙\n丙丁\n\nab\ncd').blocks.map((block) => (block.kind === 'paragraph' ? block.text : []));
    expect(texts.map(([first]) => (first?.kind === 'text' ? first.text : ''))).toEqual(['甲乙丙丁', 'ab cd']);
  });

  it('keeps inserted and deleted text as tracked changes of the given author', () => {
    const body = bodyOf('Pay {--8--}{++10++} per cent[^n].\n\n[^n]: Note <1>.');
    const xml = toFodt(body, {
      ...{ language: 'en', numbering: 'none', marginMm: 20, sizePt: 10, font: 'sans', accent: '#000000' },
      front: { 'change-author': 'A & B', date: '2026-01-02' },
      scans: [],
    });
    expect(xml).toContain('<text:insertion><office:change-info><dc:creator>A &amp; B</dc:creator>');
    expect(xml).toContain('<text:change text:change-id="ct1"/><text:change-start text:change-id="ct2"/>10');
    expect(xml).toContain('Note &lt;1&gt;.');
  });
});

describe('made files', () => {
  it('encodes text so that the platform decodes it again', () => {
    const text = '保修期 24 个月，±0.05 mm\r\n';
    expect(new TextDecoder('gb18030').decode(encodeText(text, 'gb18030'))).toBe(text);
    expect(encodeText('甲', 'utf-16le').toString('hex')).toBe('fffe3275');
    expect(() => encodeText('😀', 'gb18030')).toThrow('U+1f600');
  });

  it('writes the same ZIP for the same entries, and reads it back', () => {
    const entries = [
      { name: 'a.xml', data: Buffer.from('<a/>'.repeat(50)) },
      { name: 'dir/空.txt', data: Buffer.alloc(0) },
    ];
    const zip = writeZip(entries);
    expect(readZip(zip)).toEqual(entries);
    expect(writeZip(entries).equals(zip)).toBe(true);
    expect(() => readZip(Buffer.from('no zip'))).toThrow('not a ZIP file');
  });

  it('finds a quote whatever its white space, and a table row whose cells wrap', () => {
    const page = { text: 'The gap is\n0.5 mm.', lines: ['Nut        M16 and    140', '(left)     M20        N·m'] };
    expect(pageHolds(page, 'gap is 0.5 mm')).toBe(true);
    expect(pageHolds(page, 'Nut (left) | M16 and M20 | 140 N·m')).toBe(true);
    expect(pageHolds(page, 'Nut (left) | M16 | 160')).toBe(false);
  });
});
