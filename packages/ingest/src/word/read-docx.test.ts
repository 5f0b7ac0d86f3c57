import { describe, expect, it } from 'vitest';
import { makeDocx, paragraphXml } from '../__fixtures__/make-docx.ts';
import { readDocument } from '../read-document.ts';
import { formatNumber } from './number-format.ts';

const read = (bytes: Uint8Array) => readDocument(bytes, { uri: 'a.docx', tenant: 't' });
const numbered = (level: number) => `<w:numPr><w:ilvl w:val="${level}"/><w:numId w:val="1"/></w:numPr>`;
const level = (at: number, format: string, text: string) =>
  `<w:lvl w:ilvl="${at}"><w:start w:val="1"/><w:numFmt w:val="${format}"/><w:lvlText w:val="${text}"/></w:lvl>`;
const numbering = (levels: string) => ({
  'word/numbering.xml': `<w:numbering><w:abstractNum w:abstractNumId="0">${levels}</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>`,
});

describe('Word', () => {
  it('shows the numbers that Word counts', async () => {
    const body = [
      paragraphXml('Scope', numbered(0)),
      paragraphXml('Users', numbered(1)),
      paragraphXml('Machines', numbered(1)),
      paragraphXml('Terms', numbered(0)),
      paragraphXml('Pump', numbered(1)),
    ];
    const document = await read(
      makeDocx(body.join(''), numbering(level(0, 'decimal', '%1.') + level(1, 'decimal', '%1.%2'))),
    );
    expect(document.text.split('\n')).toEqual(['1. Scope', '  1.1 Users', '  1.2 Machines', '2. Terms', '  2.1 Pump']);
  });

  it('numbers articles of a Chinese policy', async () => {
    const body = paragraphXml('为规范采购。', numbered(0)) + paragraphXml('适用于公司。', numbered(0));
    const document = await read(makeDocx(body, numbering(level(0, 'chineseCountingThousand', '第%1条'))));
    expect(document.blocks.map(({ text }) => text)).toEqual(['第一条 为规范采购。', '第二条 适用于公司。']);
  });

  it('reads a file with bytes behind its end, and says so', async () => {
    const document = await read(Buffer.concat([makeDocx(paragraphXml('Two years.')), Buffer.from('\r\n--boundary')]));
    expect(document.text).toBe('Two years.');
    expect(document.findings).toMatchObject([{ code: 'trailing-bytes', message: expect.stringContaining('12 bytes') }]);
  });

  it('makes headings of outline levels, whatever the style is called', async () => {
    const document = await read(
      makeDocx(paragraphXml('Warranty', '<w:outlineLvl w:val="1"/>') + paragraphXml('Two years.')),
    );
    expect(document.blocks[0]).toMatchObject({ kind: 'heading', level: 2, text: 'Warranty' });
  });

  it('reads the text as if tracked changes were accepted, and says so', async () => {
    const body =
      '<w:p><w:r><w:t xml:space="preserve">due in </w:t></w:r><w:del><w:r><w:delText>30</w:delText></w:r></w:del><w:ins><w:r><w:t>14</w:t></w:r></w:ins><w:r><w:t xml:space="preserve"> days</w:t></w:r></w:p>';
    const document = await read(makeDocx(body));
    expect(document.text).toBe('due in 14 days');
    expect(document.findings.map(({ code }) => code)).toContain('tracked-changes');
  });

  it('reads an equation as text', async () => {
    const body =
      '<w:p><m:oMath><m:f><m:num><m:r><m:t>a+b</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath></w:p>';
    expect((await read(makeDocx(body))).text).toBe('(a+b)/2');
  });

  it('reads what simple fields show, also within each other', async () => {
    const field = (content: string) => `<w:fldSimple w:instr=" DATE ">${content}</w:fldSimple>`;
    const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
    const body = `<w:p>${run('Signed on ')}${field(run('3 May ') + field(run('2026')))}${run('.')}</w:p>`;
    expect((await read(makeDocx(body))).text).toBe('Signed on 3 May 2026.');
  });

  it('refuses a file that is nested deeper than any word processor writes', async () => {
    const deep = '<w:tbl><w:tr><w:tc>'.repeat(500) + '</w:tc></w:tr></w:tbl>'.repeat(500);
    await expect(read(makeDocx(deep))).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });
});

describe('formatNumber', () => {
  it('writes the formats that contracts use', () => {
    expect(formatNumber(4, 'upperRoman')).toBe('IV');
    expect(formatNumber(28, 'lowerLetter')).toBe('bb');
    expect([10, 11, 20, 105, 110].map((value) => formatNumber(value, 'chineseCounting'))).toEqual([
      '十',
      '十一',
      '二十',
      '一百零五',
      '一百一十',
    ]);
    expect(formatNumber(3, 'decimalEnclosedCircle')).toBe('③');
  });
});
