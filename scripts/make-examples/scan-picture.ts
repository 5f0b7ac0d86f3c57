/** Makes a rendered page look like the output of an office scanner: slightly turned, grey, with specks. */

import { crc32, deflateSync } from 'node:zlib';

/** A binary PGM (P5, 8 bit) as written by `pdftoppm -gray`, to a grey PNG. The same `seed` gives the same specks. */
export function scannedPng(pgm: Buffer, seed: number): Buffer {
  const header = /^P5\s+(\d+)\s+(\d+)\s+(\d+)\s/.exec(pgm.toString('latin1', 0, 64));
  if (header === null) throw new Error('not a binary PGM picture');
  const width = Number(header[1]);
  const height = Number(header[2]);
  const pixels = pgm.subarray(header[0].length);
  const random = mulberry32(seed);
  const angle = 0.006;
  const out = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const fromX = Math.round(x + (y - height / 2) * angle);
      const fromY = Math.round(y - (x - width / 2) * angle);
      const inside = fromX >= 0 && fromX < width && fromY >= 0 && fromY < height;
      let grey = inside ? (pixels[fromY * width + fromX] ?? 255) : 225;
      if (random() < 0.004) grey = Math.max(0, grey - 40 - random() * 120);
      // Sixteen levels keep the file small and the paper slightly off-white.
      out[y * (width + 1) + 1 + x] = Math.min(246, Math.round(grey / 16) * 16);
    }
  }
  return png(width, height, out);
}

function png(width: number, height: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.writeUInt8(8, 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** A small seeded generator of numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
