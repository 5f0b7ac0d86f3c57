import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';

/** Word (DOCX): mammoth for the structure, numbering and pages rebuilt from the file's own parts. */
export const docxReader: Reader = {
  name: 'Word',
  mediaTypes: [MEDIA.docx],
  extensions: ['docx', 'docm', 'dotx'],
  async read(bytes, options) {
    const { readDocx } = await import('../word/read-docx.ts');
    return readDocx(bytes, options);
  },
};
