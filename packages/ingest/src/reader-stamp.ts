import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

let stamp: string | undefined;

/**
 * Changes whenever the code that turns bytes into documents may: a hash of this package's own files. A stored document with another
 * stamp is read again.
 */
export function readerStamp(): string {
  stamp ??= hashOfPackage();
  return stamp;
}

function hashOfPackage(): string {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const files = globSync('**/*.{ts,js}', { cwd: folder })
    .filter((name) => !/\.(test|d)\.ts$/.test(name) && !/^(segment|duplicates|inventory|advice|report)[\\/]/.test(name))
    .sort();
  const hash = createHash('sha256');
  for (const name of files) hash.update(name.replaceAll('\\', '/')).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}
