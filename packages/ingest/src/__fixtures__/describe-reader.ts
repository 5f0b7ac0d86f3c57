import { documentSchema } from '@fieldkit/core';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../read-document.ts';
import type { Reader } from '../reader.ts';
import { readers } from '../readers.ts';

export interface ReaderFixture {
  /** A small good file with the word `fixture` in its text. */
  readonly bytes: Uint8Array;
  /** The format is a zip file: bombs and archives without its parts are tried. */
  readonly bomb?: Uint8Array;
}

/** The promises of every reader. */
export function describeReader(reader: Reader, { bytes, bomb }: ReaderFixture): void {
  const uri = `a.${reader.extensions[0] ?? reader.name}`;
  const options = { uri, tenant: 't' };

  describe(`${reader.name} reader`, () => {
    it('is registered under its media type, once', () => {
      expect(readers.filter(({ mediaTypes }) => mediaTypes[0] === reader.mediaTypes[0])).toEqual([reader]);
    });

    it('reads the text and gives a document that can be stored', async () => {
      const document = await readDocument(bytes, options);
      expect(documentSchema.parse(document)).toEqual(document);
      expect(document.mediaType).toBe(reader.mediaTypes[0]);
      expect(document.text).toContain('fixture');
      for (const { start, end } of document.places) expect(end).toBeGreaterThanOrEqual(start);
    });

    it('gives the same document for the same bytes and leaves them alone', async () => {
      const copy = Uint8Array.from(bytes);
      expect(await readDocument(bytes, options)).toEqual(await readDocument(copy, options));
      expect(Buffer.compare(bytes, copy)).toBe(0);
    });

    it('answers a cut file with what is left of it or with a typed error', async () => {
      for (const share of [0.1, 0.5, 0.9, 0.99]) {
        const outcome = await readDocument(bytes.slice(0, Math.ceil(bytes.length * share)), options).catch(
          (error: unknown) => error,
        );
        if (outcome instanceof Error) expect(outcome.name, String(outcome.stack)).toBe('FieldkitError');
      }
    });

    if (bomb !== undefined) {
      it('stops at the limit of unpacked bytes', async () => {
        await expect(readDocument(bomb, { ...options, limits: { maxInflatedBytes: 1_000_000 } })).rejects.toMatchObject({
          code: 'FILE_TOO_LARGE',
        });
      });
    }
  });
}
