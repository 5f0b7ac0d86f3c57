import { counted, FieldkitError } from '@fieldkit/core';
import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';
import { decodeText } from '../text/decode-text.ts';
import { plainTextBlocks } from '../text/plain-text-blocks.ts';

/** Plain text in whatever encoding; headings by numbering and layout. */
export const textReader: Reader = {
  name: 'plain text',
  mediaTypes: [MEDIA.text, MEDIA.xml],
  extensions: ['txt', 'text', 'log'],
  async read(bytes, { uri }) {
    const { text, encoding, basis } = decodeText(bytes);
    if (text.trim() === '') throw new FieldkitError('FILE_EMPTY', `${uri} holds only white space`);
    const damaged = text.match(/\ufffd/g)?.length ?? 0;
    return {
      blocks: plainTextBlocks(text),
      metadata: { encoding, encodingBasis: basis },
      findings:
        damaged === 0
          ? []
          : [
              {
                severity: 'warning',
                code: 'undecodable-bytes',
                message: `${counted(damaged, 'character')} could not be decoded as ${encoding}`,
                where: uri,
                suggestion: 'Save the file as UTF-8.',
              },
            ],
    };
  },
};
