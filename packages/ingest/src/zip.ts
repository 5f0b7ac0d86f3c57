import { crc32, inflateRawSync } from 'node:zlib';
import { FieldkitError } from '@fieldkit/core';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';

export interface ZipOptions {
  readonly uri: string;
  /** Most bytes that all wanted parts may inflate to. */
  readonly maxInflatedBytes: number;
}

const MAX_ENTRIES = 20_000;

/**
 * The wanted parts of a zip file by name. The directory is checked before anything is inflated, and the inflated bytes are counted
 * while they come, so that a file that lies about its sizes is stopped as well.
 *
 * @throws {FieldkitError} `FILE_DAMAGED`, `FILE_TOO_LARGE`, `FILE_ENCRYPTED`.
 */
export async function readZip(
  bytes: Uint8Array,
  wanted: (name: string) => boolean,
  options: ZipOptions,
): Promise<Map<string, Buffer>> {
  const { uri, maxInflatedBytes } = options;
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const buffer = whole.subarray(0, whole.length - bytesBehindZip(whole));
  const zip = await openZip(buffer, uri);
  const parts = new Map<string, Buffer>();
  let inflated = 0;
  let entries = 0;
  for await (const entry of entriesOf(zip, uri)) {
    entries += 1;
    if (entries > MAX_ENTRIES) throw tooLarge(uri, `more than ${MAX_ENTRIES} parts`);
    if (entry.fileName.endsWith('/') || !wanted(entry.fileName)) continue;
    if ((entry.generalPurposeBitFlag & 1) !== 0)
      throw new FieldkitError('FILE_ENCRYPTED', `${uri} needs a password: save it without one`);
    if (inflated + entry.uncompressedSize > maxInflatedBytes)
      throw tooLarge(uri, `more than ${Math.round(maxInflatedBytes / 1e6)} MB when unpacked`);
    const content = inflate(buffer, entry, maxInflatedBytes - inflated, uri);
    inflated += content.length;
    parts.set(entry.fileName, content);
  }
  return parts;
}

/** Bytes behind the end of the directory, as some mail and document systems add them; 0 when there is no such end. */
export function bytesBehindZip(bytes: Uint8Array): number {
  const RECORD = 22;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = buffer.lastIndexOf(Buffer.from('PK\u0005\u0006', 'latin1'));
  if (at < 0 || at + RECORD > buffer.length) return 0;
  return Math.max(0, buffer.length - (at + RECORD + buffer.readUInt16LE(at + 20)));
}

function openZip(buffer: Buffer, uri: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true, decodeStrings: true, validateEntrySizes: true }, (error, zip) => {
      if (error) reject(damaged(uri, error));
      else resolve(zip);
    });
  });
}

async function* entriesOf(zip: ZipFile, uri: string): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const done = () => {
        zip.removeListener('entry', onEntry);
        zip.removeListener('end', onEnd);
        zip.removeListener('error', onError);
      };
      const onEntry = (found: Entry) => {
        done();
        resolve(found);
      };
      const onEnd = () => {
        done();
        resolve(undefined);
      };
      const onError = (error: unknown) => {
        done();
        reject(damaged(uri, error));
      };
      zip.on('entry', onEntry);
      zip.on('end', onEnd);
      zip.on('error', onError);
      zip.readEntry();
    });
    if (entry === undefined) return;
    yield entry;
  }
}

function inflate(buffer: Buffer, entry: Entry, limit: number, uri: string): Buffer {
  const header = entry.relativeOffsetOfLocalHeader;
  if (header + 30 > buffer.length || buffer.readUInt32LE(header) !== 0x04034b50) throw damaged(uri);
  const start = header + 30 + buffer.readUInt16LE(header + 26) + buffer.readUInt16LE(header + 28);
  const raw = buffer.subarray(start, start + entry.compressedSize);
  if (entry.compressionMethod === 0) return raw;
  if (entry.compressionMethod !== 8) throw damaged(uri);
  try {
    return inflateRawSync(raw, { maxOutputLength: Math.max(1, limit) });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      throw tooLarge(uri, 'more bytes when unpacked than its directory says');
    }
    throw damaged(uri, cause);
  }
}

function damaged(uri: string, cause?: unknown): FieldkitError {
  return new FieldkitError('FILE_DAMAGED', `${uri} is a damaged or cut office file: save it again from its program`, {
    cause,
  });
}

function tooLarge(uri: string, why: string): FieldkitError {
  return new FieldkitError('FILE_TOO_LARGE', `${uri} has ${why}: it looks like a zip bomb, or split it`);
}

/** A zip file of uncompressed parts, for libraries that want the archive itself. */
export function storeZip(parts: ReadonlyMap<string, Uint8Array>): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of parts) {
    const path = Buffer.from(name, 'utf8');
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0); // version needed
    fields.writeUInt16LE(0x0800, 2); // names are UTF-8
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(content.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(path.length, 22);
    local.push(
      Buffer.from('504b0304', 'hex'),
      fields,
      path,
      Buffer.from(content.buffer, content.byteOffset, content.length),
    );
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('504b01021400', 'hex'), fields, rest, path);
    offset += 30 + path.length + content.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(parts.size, 8);
  end.writeUInt16LE(parts.size, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...local, ...directory, end]);
}
