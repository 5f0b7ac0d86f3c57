import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';
import { decodeText } from '../text/decode-text.ts';
import { markdownBlocks } from '../text/markdown-blocks.ts';

/** Markdown: headings, lists, code, pipe tables and HTML tables. */
export const markdownReader: Reader = {
  name: 'Markdown',
  mediaTypes: [MEDIA.markdown, MEDIA.text],
  extensions: ['md', 'markdown', 'mdx'],
  async read(bytes) {
    const { text, encoding } = decodeText(bytes);
    const { blocks, frontMatter } = markdownBlocks(text);
    const title = frontMatter.title;
    return { blocks, ...(title !== undefined && { title }), metadata: { encoding, ...frontMatter }, findings: [] };
  },
};
