import { MEDIA } from '../file-type.ts';
import type { Reader } from '../reader.ts';
import { decodeText } from '../text/decode-text.ts';
import { markdownBlocks } from '../text/markdown-blocks.ts';
import { plainTextBlocks } from '../text/plain-text-blocks.ts';

const ANY_MARK =
  /^\s{0,3}#{1,6}\s|^\s*(?:```|~~~)|^\s*\|.*\||^(?:---|===)|\*\*\S|__\S|\]\(|<(?:table|p|br|div|span|h[1-6]|a|img|ul|ol|details)\b/im;

/** Markdown: headings, lists, code, pipe tables and HTML tables. A file without any of its marks is read as plain text. */
export const markdownReader: Reader = {
  name: 'Markdown',
  mediaTypes: [MEDIA.markdown, MEDIA.text],
  extensions: ['md', 'markdown', 'mdx'],
  async read(bytes) {
    const { text, encoding } = decodeText(bytes);
    if (!ANY_MARK.test(text)) return { blocks: plainTextBlocks(text), metadata: { encoding }, findings: [] };
    const { blocks, frontMatter } = markdownBlocks(text);
    const title = frontMatter.title;
    return { blocks, ...(title !== undefined && { title }), metadata: { encoding, ...frontMatter }, findings: [] };
  },
};
