import { globSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sha256 } from '@fieldkit/core';
import { notFound } from './http/http-failure.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.bcmap': 'application/octet-stream',
};
/** Only our own scripts run, and they talk to nobody but this server; pdf.js needs workers, wasm and blob images. */
const POLICY =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data: blob:; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Compressed when it is first asked for: most files of a console are never. */
  readonly zipped: () => Uint8Array<ArrayBuffer> | undefined;
  readonly type: string;
  readonly etag: string;
}

/**
 * Delivers the files of a folder, read once at the start. A browser that opens an address without a file gets `index.html`: the address is
 * the console's own. Whoever asks for no page (a probe, a client with a wrong path) gets 404 there.
 *
 * @param directory A built console.
 */
export function createConsoleFiles(directory: string): (request: Request) => Response {
  const names = globSync('**/*', { cwd: directory, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, '/').length).replaceAll('\\', '/'));
  const files = new Map(names.map((name) => [`/${name}`, readStatic(join(directory, name))]));
  return (request) => {
    const { pathname } = new URL(request.url);
    const asset = files.get(pathname);
    const page =
      pathname === '/' || (extname(pathname) === '' && /\btext\/html\b/.test(request.headers.get('accept') ?? ''));
    const file = asset ?? (page ? files.get('/index.html') : undefined);
    if (file === undefined) throw notFound('there is nothing at this address');
    const immutable = asset !== undefined && pathname.startsWith('/assets/');
    const headers: Record<string, string> = {
      'content-type': file.type,
      etag: file.etag,
      vary: 'Accept-Encoding',
      'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
      'content-security-policy': POLICY,
    };
    if (request.headers.get('if-none-match') === file.etag) return new Response(null, { status: 304, headers });
    const zipped = /\bgzip\b/.test(request.headers.get('accept-encoding') ?? '') ? file.zipped() : undefined;
    return new Response(zipped ?? file.bytes, {
      headers: zipped === undefined ? headers : { ...headers, 'content-encoding': 'gzip' },
    });
  };
}

function readStatic(path: string): StaticFile {
  const bytes = new Uint8Array(readFileSync(path));
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  const small = bytes.byteLength < 1_024 || /^(image\/png|font\/)/.test(type);
  let made: Uint8Array<ArrayBuffer> | undefined;
  const zipped = () => {
    if (!small) made ??= new Uint8Array(gzipSync(bytes, { level: 9 }));
    return made;
  };
  return { bytes, zipped, type, etag: `"${sha256(bytes).slice(0, 32)}"` };
}
