import { FieldkitError } from '@fieldkit/core';
import { MEDIA } from '../file-type.ts';
import type { DraftBlock, Reader } from '../reader.ts';
import { plainTextBlocks } from '../text/plain-text-blocks.ts';

/** Word 97 to 2003: the text without its formatting; headings by numbering, tables by their tabs. */
export const docReader: Reader = {
  name: 'Word 97-2003',
  mediaTypes: [MEDIA.doc],
  extensions: ['doc', 'dot'],
  async read(bytes, { uri }) {
    const { default: WordExtractor } = await import('word-extractor');
    let body: string;
    let notes: string;
    let heads: string;
    try {
      const document = await new WordExtractor().extract(Buffer.from(bytes));
      body = document.getBody();
      notes = [document.getFootnotes(), document.getEndnotes()].filter((text) => text.trim() !== '').join('\n');
      heads = document.getHeaders();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : '';
      if (/encrypt|password/i.test(message)) {
        throw new FieldkitError('FILE_ENCRYPTED', `${uri} needs a password: save it without one`, { cause });
      }
      throw new FieldkitError('FILE_DAMAGED', `${uri} cannot be read as a Word 97-2003 document: save it as .docx`, {
        cause,
      });
    }
    const footnotes = notes
      .split('\n')
      .flatMap((text): DraftBlock[] => (text.trim() === '' ? [] : [{ kind: 'footnote', text: text.trim() }]));
    const runningHeads = [...new Set(heads.split('\n').map((text) => text.trim()))].filter((text) => text !== '');
    return {
      blocks: [...plainTextBlocks(body), ...footnotes],
      metadata: runningHeads.length === 0 ? {} : { runningHeads },
      findings: [
        {
          severity: 'warning',
          code: 'legacy-format',
          message:
            'old Word format: headings, automatic numbers and table structure are not in the text that can be read',
          where: uri,
          suggestion: 'Save it as .docx.',
        },
      ],
    };
  },
};
