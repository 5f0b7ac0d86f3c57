import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';

/** PowerPoint (PPTX): titles, lists, tables and speaker notes of each slide, with places. Read by yauzl and saxes within our own limits. */
export const pptxReader: Reader = {
  name: 'PowerPoint',
  mediaTypes: [MEDIA.pptx],
  extensions: ['pptx', 'pptm', 'ppsx', 'potx'],
  async read(bytes, options) {
    const { readPptx } = await import('../office/read-pptx.ts');
    return readPptx(bytes, options);
  },
};
