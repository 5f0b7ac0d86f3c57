/** Text to the bytes of a TXT file in one of the encodings that customers' folders hold. */

export type TextEncoding = 'utf-8' | 'gb18030' | 'utf-16le';

/** UTF-16LE gets a byte order mark, the others none. Throws for a character that the encoding cannot hold. */
export function encodeText(text: string, encoding: TextEncoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'utf-16le') return Buffer.from(`\ufeff${text}`, 'utf16le');
  const table = gb18030Table();
  const parts = [...text].map((character) => {
    const bytes = table.get(character);
    if (bytes === undefined) throw new Error(`no GB18030 bytes for U+${character.codePointAt(0)?.toString(16)}`);
    return bytes;
  });
  return Buffer.concat(parts);
}

let gb18030: Map<string, Buffer> | undefined;

/** Character to bytes for ASCII and the two-byte area, read off the platform's own decoder. */
function gb18030Table(): Map<string, Buffer> {
  if (gb18030 !== undefined) return gb18030;
  gb18030 = new Map();
  const decoder = new TextDecoder('gb18030');
  for (let byte = 0; byte < 0x80; byte += 1) gb18030.set(String.fromCharCode(byte), Buffer.from([byte]));
  for (let lead = 0x81; lead <= 0xfe; lead += 1) {
    for (let trail = 0x40; trail <= 0xfe; trail += 1) {
      if (trail === 0x7f) continue;
      const bytes = Buffer.from([lead, trail]);
      const text = decoder.decode(bytes);
      if ([...text].length === 1 && text !== '\ufffd' && !gb18030.has(text)) gb18030.set(text, bytes);
    }
  }
  return gb18030;
}
