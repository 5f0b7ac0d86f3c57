import { type Document, FieldkitError, normalizeUri, sha256 } from '@fieldkit/core';
import type { CleanOptions } from './clean-blocks.ts';
import { documentFrom } from './document-from.ts';
import { detectFileType, MEDIA } from './file-type.ts';
import { DEFAULT_READ_LIMITS, type OcrStep, type Reader, type ReadLimits } from './reader.ts';
import { readers as allReaders } from './readers.ts';
import { bytesBehindZip } from './zip.ts';

export interface ReadDocumentOptions {
  /** Project-relative path. */
  readonly uri: string;
  readonly tenant: string;
  /** Access groups; empty means everybody of the tenant. Default empty. */
  readonly groups?: readonly string[];
  /** Default `DEFAULT_READ_LIMITS`. */
  readonly limits?: Partial<ReadLimits>;
  /** Default all `readers`. */
  readonly readers?: readonly Reader[];
  /** Cleaning steps switched on or off. Default: each step's own. */
  readonly clean?: CleanOptions;
  readonly ocr?: OcrStep;
  readonly signal?: AbortSignal;
}

/**
 * Reads a file's bytes in this process. Files from outside belong into `createParserPool`, which bounds time and memory.
 *
 * @throws {FieldkitError} `FILE_EMPTY`, `FILE_TOO_LARGE`, `FILE_TYPE_UNKNOWN`, `FILE_ENCRYPTED`, `FILE_DAMAGED`.
 */
export async function readDocument(bytes: Uint8Array, options: ReadDocumentOptions): Promise<Document> {
  const { tenant, groups = [], readers = allReaders, clean, signal, ocr } = options;
  const uri = normalizeUri(options.uri);
  const limits = { ...DEFAULT_READ_LIMITS, ...options.limits };
  if (bytes.length === 0) {
    throw new FieldkitError('FILE_EMPTY', `${uri} is empty (0 bytes): put the right file there or remove it`);
  }
  if (bytes.length > limits.maxBytes) {
    throw new FieldkitError(
      'FILE_TOO_LARGE',
      `${uri} has ${megabytes(bytes.length)}, the limit is ${megabytes(limits.maxBytes)}: split it or raise the limit`,
      { details: { bytes: bytes.length, maxBytes: limits.maxBytes } },
    );
  }

  const reader = chooseReader(bytes, uri, readers);
  const readerOptions = { uri, limits, ...(signal && { signal }), ...(ocr && { ocr }) };
  const draft = await reader.read(bytes, readerOptions);
  return documentFrom(draft, {
    uri,
    tenant,
    groups,
    contentHash: sha256(bytes),
    mediaType: reader.mediaTypes[0] ?? MEDIA.unknown,
    findings: [...mislabelled(reader, uri), ...trailingBytes(bytes, uri)],
    ...(clean && { clean }),
  });
}

function chooseReader(bytes: Uint8Array, uri: string, readers: readonly Reader[]): Reader {
  const { mediaType, certain } = detectFileType(bytes);
  const extension = extensionOf(uri);
  const byType = readers.find(({ mediaTypes }) => mediaTypes.includes(mediaType));
  const claimed = readers.find(({ extensions }) => extensions.includes(extension));
  // Text (an error page, often) under the name of a binary format is not what its name promises, and not what anybody wanted.
  if (
    mediaType.startsWith('text/') &&
    claimed !== undefined &&
    !claimed.mediaTypes.some((type) => type.startsWith('text/'))
  ) {
    throw new FieldkitError(
      'FILE_TYPE_UNKNOWN',
      `${uri} is named .${extension} but holds ${mediaType}: export it again, or rename it if that is what it should be`,
      { details: { mediaType } },
    );
  }
  if (certain) {
    if (byType !== undefined) return byType;
    throw refusal(mediaType, uri);
  }
  const reader = claimed ?? byType; // the extension says which kind of text
  if (reader !== undefined) return reader;
  throw refusal(mediaType, uri);
}

function refusal(mediaType: string, uri: string): FieldkitError {
  if (mediaType === MEDIA.encryptedOffice) {
    return new FieldkitError('FILE_ENCRYPTED', `${uri} needs a password: save it without one`);
  }
  if (mediaType.startsWith('image/')) {
    return new FieldkitError('FILE_NEEDS_OCR', `${uri} is a picture (${mediaType}): its text needs OCR`);
  }
  return new FieldkitError(
    'FILE_TYPE_UNKNOWN',
    `${uri} is ${mediaType}, which no reader knows: convert it to PDF or DOCX`,
    {
      details: { mediaType },
    },
  );
}

/** Bytes behind the end of an office file, which is read without them. */
function trailingBytes(bytes: Uint8Array, uri: string): Document['findings'] {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const behind = isZip ? bytesBehindZip(bytes) : 0;
  if (behind === 0) return [];
  return [
    {
      severity: 'warning',
      code: 'trailing-bytes',
      message: `${uri} has ${behind} bytes behind its end, which were left out`,
      where: uri,
      suggestion: 'Open it in its program and save it again.',
    },
  ];
}

/** A file whose bytes are of another format than its name says. */
function mislabelled(reader: Reader, uri: string): Document['findings'] {
  const extension = extensionOf(uri);
  if (extension === '' || reader.extensions.includes(extension) || reader.mediaTypes.includes(MEDIA.text)) return [];
  return [
    {
      severity: 'warning',
      code: 'mislabelled',
      message: `${uri} is named .${extension} but its bytes are ${reader.name}; it was read as that`,
      where: uri,
      suggestion: `Rename it to .${reader.extensions[0] ?? reader.name}.`,
    },
  ];
}

function extensionOf(uri: string): string {
  return /\.([^./]+)$/.exec(uri)?.[1]?.toLowerCase() ?? '';
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
