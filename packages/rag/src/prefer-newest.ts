import type { Passage } from '@fieldkit/core';

export interface VersionOptions {
  /** Metadata field that names what a document is a version of. Default `series`. */
  readonly series?: string;
  /** Metadata fields that order versions, the first present one counts. Default `version`, `effective`, `date`, `modified`. */
  readonly order?: readonly string[];
}

/**
 * Keeps passages of the newest version where documents say that they are versions of one another (the same `series`). Documents that
 * say nothing are all kept; a version without any of the `order` fields is the oldest.
 */
export function preferNewest<T extends Pick<Passage, 'metadata' | 'documentId'>>(
  passages: readonly T[],
  options: VersionOptions = {},
): T[] {
  const { series = 'series', order = ['version', 'effective', 'date', 'modified'] } = options;
  const newest = new Map<string, T>();
  for (const passage of passages) {
    const name = passage.metadata[series];
    if (typeof name !== 'string') continue;
    const best = newest.get(name);
    if (best === undefined || compareVersions(passage, best, order) > 0) newest.set(name, passage);
  }
  return passages.filter((passage) => {
    const name = passage.metadata[series];
    const best = typeof name === 'string' ? newest.get(name) : undefined;
    return best === undefined || best.documentId === passage.documentId || compareVersions(passage, best, order) === 0;
  });
}

function compareVersions(a: Pick<Passage, 'metadata'>, b: Pick<Passage, 'metadata'>, order: readonly string[]): number {
  const value = ({ metadata }: Pick<Passage, 'metadata'>) => {
    const field = order.find((name) => metadata[name] !== undefined);
    return field === undefined ? '' : String(metadata[field]);
  };
  // numeric: version 10 is newer than version 9, and ISO dates order as text
  return value(a).localeCompare(value(b), 'en', { numeric: true });
}
