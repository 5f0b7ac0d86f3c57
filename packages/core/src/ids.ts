import { createHash, randomUUID } from 'node:crypto';

/** SHA-256 as 64 hexadecimal digits. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function shortHash(parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 24);
}

/** A path as it is stored: forward slashes, no leading `./`, Unicode NFC. Windows separators become forward slashes. */
export function normalizeUri(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(/^(\.\/)+/, '')
    .normalize('NFC');
}

/** Of the tenant and the project-relative path: 24 hexadecimal digits, the same on every platform. */
export function documentId(tenant: string, uri: string): string {
  return shortHash([tenant, normalizeUri(uri)]);
}

/**
 * Returns a function that gives each content of one document its id, in document order. The id depends on the content and on
 * how many equal contents came before, so that a change elsewhere in the document leaves it alone.
 */
export function chunkIds(document: string): (content: string) => string {
  const seen = new Map<string, number>();
  return (content) => {
    const ordinal = seen.get(content) ?? 0;
    seen.set(content, ordinal + 1);
    return shortHash([document, content, String(ordinal)]);
  };
}

/** Sorts by time of creation: `run-20261122T101500123-1a2b3c4d`. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:.Z]/g, '');
  return `run-${stamp}-${randomUUID().slice(0, 8)}`;
}
