import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file whole or not at all; its folder is made. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, content);
  renameSync(`${file}.part`, file);
}

/** Writes a file piece by piece, whole or not at all. */
export function writePieces(file: string, pieces: Iterable<string>): void {
  mkdirSync(dirname(file), { recursive: true });
  const part = openSync(`${file}.part`, 'w');
  try {
    for (const piece of pieces) writeSync(part, piece);
  } finally {
    closeSync(part);
  }
  renameSync(`${file}.part`, file);
}
