import { FieldkitError } from '@fieldkit/core';
import { MEDIA } from '../file-type.ts';
import type { DraftDocument, Reader, ReaderOptions } from '../reader.ts';

/** PDF by the positions of its characters. Loaded when first used: pdf.js costs 0.1 s. */
export const pdfReader: Reader = {
  name: 'PDF',
  mediaTypes: [MEDIA.pdf],
  extensions: ['pdf'],
  async read(bytes: Uint8Array, options: ReaderOptions): Promise<DraftDocument> {
    const { readPdf } = await import('../pdf/read-pdf.ts');
    options.signal?.throwIfAborted();
    try {
      return await readPdf(bytes, options);
    } catch (cause) {
      if (cause instanceof FieldkitError || options.signal?.aborted === true) throw cause;
      throw new FieldkitError('FILE_DAMAGED', `${options.uri} is damaged: export it again from its source`, { cause });
    }
  },
};
