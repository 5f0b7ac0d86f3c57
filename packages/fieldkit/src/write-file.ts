import { closeSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate } from 'node:timers/promises';

/** Writes a file whole or not at all; its folder is made. */
export function writeWhole(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.part`, content);
  renameSync(`${file}.part`, file);
}

/** Writes a file piece by piece, whole or not at all; the event loop has its turns between, and `onProgress` is told how many are written. */
export async function writePieces(
  file: string,
  pieces: Iterable<string>,
  onProgress?: (written: number) => void,
): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  const part = openSync(`${file}.part`, 'w');
  try {
    let count = 0;
    for (const piece of pieces) {
      writeSync(part, piece);
      count += 1;
      if (count % 500 > 0) continue;
      onProgress?.(count);
      await setImmediate();
    }
  } finally {
    closeSync(part);
  }
  renameSync(`${file}.part`, file);
}
