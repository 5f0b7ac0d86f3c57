import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import type { Document } from '@fieldkit/core';
import { HttpFailure, notFound } from '../http/http-failure.ts';

/** Types that a browser may show in place; the others are downloaded. */
const SHOWN = /^(application\/pdf|text\/plain|text\/markdown|text\/csv|image\/(png|jpeg|webp))$/;
const REMEMBERED = 500;

/**
 * Delivers the files that documents were read from: only bytes that were read, so that marks fit and nothing else can get out.
 *
 * @param root The project.
 */
export function createDocumentFiles(root: string): (document: Document, request: Request) => Promise<Response> {
  const hashes = new Map<string, string>();
  const hashOf = async (path: string, stamp: string): Promise<string> => {
    const known = hashes.get(stamp);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    for await (const part of createReadStream(path)) hash.update(part);
    const digest = hash.digest('hex');
    const [oldest] = hashes.keys();
    if (hashes.size >= REMEMBERED && oldest !== undefined) hashes.delete(oldest);
    hashes.set(stamp, digest);
    return digest;
  };
  return async ({ uri, contentHash, mediaType }, request) => {
    const path = join(root, uri);
    const stats = await stat(path).catch(() => undefined);
    if (stats?.isFile() !== true) throw notFound('the file of this document is gone', 'file_gone');
    const { size, mtimeMs, ino } = stats;
    if ((await hashOf(path, `${path}:${ino}:${size}:${mtimeMs}`)) !== contentHash) {
      throw new HttpFailure({
        status: 409,
        type: 'invalid_request_error',
        code: 'file_changed',
        message: 'the file was changed after it was read; the operator runs `fieldkit ingest`',
      });
    }
    const etag = `"${contentHash.slice(0, 32)}"`;
    const headers = new Headers({
      'content-type': /^text\//.test(mediaType) ? `${mediaType}; charset=utf-8` : mediaType,
      'content-disposition': `${SHOWN.test(mediaType) ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(uri.split('/').at(-1) ?? 'file')}`,
      'cache-control': 'private, no-cache',
      'accept-ranges': 'bytes',
      etag,
    });
    // A PDF is shown by the browser's own viewer, which a sandbox switches off.
    if (mediaType !== 'application/pdf') headers.set('content-security-policy', "sandbox; default-src 'none'");
    if (request.headers.get('if-none-match') === etag) return new Response(null, { status: 304, headers });
    const range = rangeOf(request.headers.get('range'), size);
    if (range === 'unsatisfiable') {
      headers.set('content-range', `bytes */${size}`);
      return new Response(null, { status: 416, headers });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    headers.set('content-length', String(end - start + 1));
    if (range !== undefined) headers.set('content-range', `bytes ${start}-${end}/${size}`);
    const bytes = Readable.toWeb(createReadStream(path, { start, end }));
    const body = bytes as NodeReadableStream<Uint8Array> as ReadableStream<Uint8Array>; // one object, two declarations
    return new Response(body, { status: range === undefined ? 200 : 206, headers });
  };
}

/** One range of bytes; undefined for the whole file, also when the header is of a form we do not serve (RFC 9110, 14.2). */
function rangeOf(header: string | null, size: number): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return start > end || start >= size ? 'unsatisfiable' : { start, end };
}
