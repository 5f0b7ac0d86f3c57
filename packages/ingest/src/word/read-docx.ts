import { FieldkitError } from '@fieldkit/core';
import mammoth from 'mammoth';
import { htmlBlocks } from '../html/html-blocks.ts';
import type { DraftDocument, ReaderOptions } from '../reader.ts';
import { readZip, storeZip } from '../zip.ts';

const WANTED =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|docProps\/(?:core|app)\.xml|word\/(?:[^/]+\.xml|_rels\/[^/]+\.rels))$/;

export async function readDocx(bytes: Uint8Array, { uri, limits }: ReaderOptions): Promise<DraftDocument> {
  const parts = await readZip(bytes, (name) => WANTED.test(name), { uri, maxInflatedBytes: limits.maxInflatedBytes });
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: storeZip(parts) },
      { includeEmbeddedStyleMap: false, externalFileAccess: false },
    );
    return { blocks: htmlBlocks(value), metadata: {}, findings: [] };
  } catch (cause) {
    throw new FieldkitError('FILE_DAMAGED', `${uri} cannot be read as a Word document: save it again from Word`, {
      cause,
    });
  }
}
