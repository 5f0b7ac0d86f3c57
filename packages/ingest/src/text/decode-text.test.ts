import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.ts';

describe('decodeText', () => {
  it('obeys a byte order mark', () => {
    expect(decodeText(Buffer.from('\ufeffnaïve', 'utf16le'))).toMatchObject({
      text: 'naïve',
      encoding: 'utf-16le',
      basis: 'mark',
    });
  });

  it('takes valid UTF-8 for what it is', () => {
    expect(decodeText(Buffer.from('质量 café'))).toMatchObject({
      text: '质量 café',
      encoding: 'utf-8',
      basis: 'valid',
    });
  });

  it('finds GB18030 without a mark', () => {
    const bytes = Buffer.from('b9abcbbed6c6b6a8c1cbd0c2b5c4b0b2c8abb9dcc0edb0ecb7a8', 'hex');
    expect(decodeText(bytes)).toMatchObject({ text: '公司制定了新的安全管理办法', encoding: 'gb18030' });
  });

  it('finds Windows-1252', () => {
    const bytes = Buffer.from("L'\xe9l\xe8ve re\xe7oit un re\xe7u \xe0 No\xebl.", 'latin1');
    expect(decodeText(bytes)).toMatchObject({ text: "L'élève reçoit un reçu à Noël.", encoding: 'windows-1252' });
  });

  it('reads UTF-16 without a mark by its zero bytes', () => {
    expect(decodeText(Buffer.from('plain words in two bytes each', 'utf16le')).text).toBe(
      'plain words in two bytes each',
    );
  });
});
