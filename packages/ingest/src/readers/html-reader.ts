import { MEDIA } from '../file-type.ts';
import { htmlBlocks, htmlTitle } from '../html/html-blocks.ts';
import type { Reader } from '../reader.ts';
import { decodeText } from '../text/decode-text.ts';

/** Web pages: navigation and footers are left out, nothing that the page refers to is fetched. */
export const htmlReader: Reader = {
  name: 'HTML',
  mediaTypes: [MEDIA.html],
  extensions: ['html', 'htm', 'xhtml'],
  async read(bytes) {
    const declared = /<meta[^>]+charset\s*=\s*["']?([\w-]+)/i.exec(
      Buffer.from(bytes.subarray(0, 4096)).toString('latin1'),
    )?.[1];
    const { text, encoding } = decodeDeclared(bytes, declared);
    const title = htmlTitle(text);
    return {
      blocks: htmlBlocks(text, { skipBoilerplate: true }),
      ...(title !== undefined && { title }),
      metadata: { encoding },
      findings: [],
    };
  },
};

/** The page's own declaration counts unless the bytes contradict it. */
function decodeDeclared(bytes: Uint8Array, declared: string | undefined): { text: string; encoding: string } {
  const found = decodeText(bytes);
  if (declared === undefined || found.basis !== 'statistics') return found;
  try {
    return { text: new TextDecoder(declared, { fatal: true }).decode(bytes), encoding: declared.toLowerCase() };
  } catch {
    return found;
  }
}
