import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';

export const CONFIG_FILE = 'fieldkit.config.ts';

/**
 * The folder of a project: `given` itself, or the nearest folder at or above `from` that holds a `fieldkit.config.ts`.
 *
 * @throws {FieldkitError} `CONFIG_NOT_FOUND`.
 */
export function findProject(from: string, given?: string): string {
  if (given !== undefined) {
    const root = resolve(from, given);
    if (existsSync(join(root, CONFIG_FILE))) return root;
    throw new FieldkitError(
      'CONFIG_NOT_FOUND',
      `no ${CONFIG_FILE} in ${root}; make a project there with \`fieldkit init ${given}\``,
    );
  }
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, CONFIG_FILE))) return folder;
    if (folder === dirname(folder)) break;
  }
  throw new FieldkitError(
    'CONFIG_NOT_FOUND',
    `no ${CONFIG_FILE} in ${resolve(from)} or above; name a project with --project DIR, or make one with \`fieldkit init DIR\``,
  );
}

/** Where a project keeps what it makes; what stands under `work` can be made again. */
export interface ProjectPaths {
  readonly root: string;
  readonly work: string;
  readonly documents: string;
  readonly index: string;
  /** Notes of the long-term memory, an index of their own. */
  readonly memory: string;
  readonly runs: string;
  /** The ledger of `fieldkit eval run --ledger`; evidence, so it is kept apart from what can be deleted. */
  readonly evaluations: string;
  readonly sessions: string;
  readonly cache: string;
  readonly spending: string;
  readonly lock: string;
}

export function projectPaths(root: string): ProjectPaths {
  const work = join(root, '.fieldkit');
  return {
    root,
    work,
    documents: join(work, 'documents', 'documents.db'),
    index: join(work, 'index'),
    memory: join(work, 'memory'),
    runs: join(work, 'runs.db'),
    evaluations: join(root, 'evidence', 'evaluation.sqlite'),
    sessions: join(work, 'sessions.db'),
    cache: join(work, 'cache'),
    spending: join(work, 'spending.db'),
    lock: join(work, 'write.lock'),
  };
}
