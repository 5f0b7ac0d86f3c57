import { FieldkitError } from '@fieldkit/core';
import { isRecord } from '../json-schema.ts';

/** Finds what a `$ref` names. */
export type Resolve = (reference: string) => unknown;

/**
 * References of one document to itself (`#/components/…`). References to other files or hosts are refused: bundle the description into
 * one file first.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` from the resolver for a reference that leads outside or nowhere.
 */
export function createResolver(root: unknown, where: string): Resolve {
  return (reference) => {
    if (!reference.startsWith('#')) {
      throw new FieldkitError(
        'INVALID_CONFIG',
        `${where}: the reference ${reference} leads to another file; bundle the description into one file first`,
      );
    }
    let current: unknown = root;
    for (const part of reference.slice(1).split('/').slice(1)) {
      const key = decodePart(part);
      current = Array.isArray(current)
        ? current[Number(key)]
        : isRecord(current) && Object.hasOwn(current, key)
          ? current[key]
          : undefined;
      if (current === undefined) {
        throw new FieldkitError('INVALID_CONFIG', `${where}: the reference ${reference} names nothing in the file`);
      }
    }
    return current;
  };
}

function decodePart(part: string): string {
  const plain = part.replaceAll('~1', '/').replaceAll('~0', '~');
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
