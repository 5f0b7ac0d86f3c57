import { documentSchema } from '@fieldkit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeDocx, paragraphXml } from './__fixtures__/make-docx.ts';
import { makePdf, paragraph } from './__fixtures__/make-pdf.ts';
import { mutation } from './__fixtures__/mutate.ts';
import { readDocument } from './read-document.ts';
import { storeZip } from './zip.ts';

const read = (content: string | Uint8Array, uri: string) =>
  readDocument(typeof content === 'string' ? Buffer.from(content) : content, { uri, tenant: 't', groups: ['hr'] });

describe('readDocument', () => {
  it('gives a document that can be stored, whatever the format', async () => {
    const files: [string | Uint8Array, string][] = [
      [makePdf([paragraph(['One line of text.'], 50, 100)]), 'a.pdf'],
      [makeDocx(paragraphXml('One paragraph.')), 'a.docx'],
      ['# Title\n\nText', 'a.md'],
      ['a,b\n1,2\n', 'a.csv'],
      ['<html><body><h1>T</h1><script>x()</script><p>Body</p></body></html>', 'a.html'],
      ['Words.', 'a.txt'],
    ];
    for (const [content, uri] of files) {
      const document = await read(content, uri);
      expect(documentSchema.parse(document)).toEqual(document);
      expect(document.text).not.toBe('');
      expect(document.text).not.toContain('x()');
    }
  });

  it('refuses what is empty, mislabelled, encrypted, too large or no document, each with its code', async () => {
    const ole = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.from('EncryptedPackage', 'utf16le')]);
    const cases: [string | Uint8Array, string, string][] = [
      ['', 'a.pdf', 'FILE_EMPTY'],
      ['<html><body>404</body></html>', 'a.pdf', 'FILE_TYPE_UNKNOWN'],
      ['not a document', 'a.docx', 'FILE_TYPE_UNKNOWN'],
      [ole, 'a.docx', 'FILE_ENCRYPTED'],
      ['%PDF-1.4 nothing that follows', 'a.pdf', 'FILE_DAMAGED'],
      [new Uint8Array(64).fill(1), 'a.bin', 'FILE_TYPE_UNKNOWN'],
      ['\n \t\n', 'a.txt', 'FILE_EMPTY'],
    ];
    for (const [content, uri, code] of cases) await expect(read(content, uri), uri).rejects.toMatchObject({ code });
    await expect(
      readDocument(Buffer.from('12345'), { uri: 'a.txt', tenant: 't', limits: { maxBytes: 4 } }),
    ).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  it('goes by the content of a Word file that is named .pdf, and says so', async () => {
    const document = await read(makeDocx(paragraphXml('Text')), 'a.pdf');
    expect(document.mediaType).toContain('wordprocessingml');
    expect(document.findings.map(({ code }) => code)).toContain('mislabelled');
  });

  it('stops a zip bomb before it is unpacked', async () => {
    const bomb = storeZip(new Map([['word/document.xml', Buffer.alloc(3_000_000, 0x20)]]));
    await expect(
      readDocument(bomb, { uri: 'a.docx', tenant: 't', limits: { maxInflatedBytes: 1_000_000 } }),
    ).rejects.toMatchObject({ code: 'FILE_TOO_LARGE' });
  });

  it('answers damaged bytes of every format with a document or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(mutation, async ({ name, bytes }) => {
        const outcome = await readDocument(bytes, { uri: name, tenant: 't' }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome.name, String(outcome.stack)).toBe('FieldkitError');
      }),
      { numRuns: 200, seed: 7 },
    );
  });
});
