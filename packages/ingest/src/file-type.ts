/** What the first bytes of a file say it is. */
export interface FileType {
  readonly mediaType: string;
  /** False when bytes cannot be told apart further (any text file): the extension may decide then. */
  readonly certain: boolean;
}

export const MEDIA = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  doc: 'application/msword',
  encryptedOffice: 'application/x-encrypted-office',
  ole: 'application/x-ole-storage',
  zip: 'application/zip',
  html: 'text/html',
  markdown: 'text/markdown',
  csv: 'text/csv',
  text: 'text/plain',
  rtf: 'application/rtf',
  xml: 'application/xml',
  unknown: 'application/octet-stream',
} as const;

const PICTURES: readonly (readonly [string, string])[] = [
  ['89504e47', 'image/png'],
  ['ffd8ff', 'image/jpeg'],
  ['47494638', 'image/gif'],
  ['49492a00', 'image/tiff'],
  ['4d4d002a', 'image/tiff'],
  ['1f8b', 'application/gzip'],
  ['377abcaf271c', 'application/x-7z-compressed'],
  ['526172211a07', 'application/vnd.rar'],
  ['7f454c46', 'application/x-elf'],
  ['4d5a9000', 'application/x-msdownload'],
];

/**
 * The type of a file by its bytes; the name is not asked. Office files are told apart by the names in the zip directory and by
 * the streams of the OLE container, text by the absence of control bytes.
 */
export function detectFileType(bytes: Uint8Array): FileType {
  const certain = (mediaType: string): FileType => ({ mediaType, certain: true });
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 4096));
  const head = start.toString('latin1');
  const hex = start.toString('hex', 0, 8);

  // Some producers write a few bytes before the mark, and readers accept 1,024 of them.
  const pdf = head.indexOf('%PDF-');
  if (pdf === 0 || (pdf > 0 && pdf < 1024 && !/^\s*(?:<|\{|\w)/.test(head))) return certain(MEDIA.pdf);
  if (hex.startsWith('504b0304') || hex.startsWith('504b0506')) return certain(zipType(bytes));
  if (hex.startsWith('d0cf11e0a1b11ae1')) return certain(oleType(bytes));
  if (head.startsWith('{\\rtf')) return certain(MEDIA.rtf);
  const picture = PICTURES.find(([magic]) => hex.startsWith(magic));
  if (picture !== undefined) return certain(picture[1]);
  if (isWebp(head)) return certain('image/webp');
  if (!looksLikeText(start)) return certain(MEDIA.unknown);
  if (/^(?:\xef\xbb\xbf)?\s*(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i.test(head))
    return certain(MEDIA.html);
  if (/^(?:\xef\xbb\xbf)?\s*<\?xml\b/.test(head)) {
    return certain(/<html\b/i.test(head) ? MEDIA.html : MEDIA.xml);
  }
  return { mediaType: MEDIA.text, certain: false };
}

function isWebp(head: string): boolean {
  return head.startsWith('RIFF') && head.startsWith('WEBP', 8);
}

/** Names stand in clear in local headers and in the directory at the end. */
function zipType(bytes: Uint8Array): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const holds = (name: string) => view.includes(name, 0, 'latin1');
  if (holds('word/document')) return MEDIA.docx;
  if (holds('xl/workbook')) return MEDIA.xlsx;
  if (holds('ppt/presentation')) return MEDIA.pptx;
  if (holds('word/')) return MEDIA.docx;
  return MEDIA.zip;
}

/** Stream names of an OLE container are UTF-16LE in its directory. */
function oleType(bytes: Uint8Array): string {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const holds = (name: string) => view.includes(Buffer.from(name, 'utf16le'));
  if (holds('EncryptedPackage') || holds('EncryptionInfo')) return MEDIA.encryptedOffice;
  if (holds('WordDocument')) return MEDIA.doc;
  return MEDIA.ole;
}

/** UTF-16 with or without a mark, or bytes with at most a few control characters. */
function looksLikeText(start: Buffer): boolean {
  if (start.length === 0) return true;
  if ((start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff)) return true;
  let control = 0;
  let zeros = 0;
  for (const byte of start) {
    if (byte === 0) zeros += 1;
    else if (byte < 9 || (byte > 13 && byte < 32 && byte !== 0x1b)) control += 1;
  }
  if (control > start.length * 0.02) return false;
  // Latin text in UTF-16 without a mark has a zero in every other byte; a text file with a few stray zeros is still text.
  return zeros <= start.length * 0.2 || zeros >= start.length * 0.3;
}
