import { globSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { FieldkitError, normalizeUri } from '@fieldkit/core';
import { z } from 'zod';

export interface KnowledgeFile {
  /** Absolute. */
  readonly path: string;
  /** Project-relative, forward slashes, NFC. */
  readonly uri: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  readonly bytes: number;
  /** A link leads it out of the project: it is not read. */
  readonly outside?: true;
}

/** Beside documents, for the folder and those below it: who may see them. */
export const ACCESS_FILE = 'access.json';

const accessSchema = z.strictObject({
  /** Callers in one of these groups see the documents. An empty list would say nobody and mean everybody: it is refused. */
  groups: z.array(z.string().min(1)).min(1).optional(),
  /** Opens a folder below a closed one to the whole tenant again. */
  everybody: z.literal(true).optional(),
  tenant: z.string().min(1).optional(),
});

/** Never documents: traces of editors and operating systems, hidden files. */
const IGNORED = [/(^|\/)\./, /(^|\/)~\$/, /(^|\/)Thumbs\.db$/i, /(^|\/)desktop\.ini$/i];

export interface ListKnowledgeOptions {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly tenant: string;
}

/**
 * The files of a project's knowledge folders, sorted by uri. `access.json` of the nearest folder at or above a file decides who sees it.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` when an `access.json` cannot be understood: guessing could show a document to the wrong people.
 */
export function listKnowledgeFiles(root: string, { include, exclude, tenant }: ListKnowledgeOptions): KnowledgeFile[] {
  const found = new Set(include.flatMap((pattern) => globSync(pattern, { cwd: root, exclude: [...exclude] })));
  const access = new Map<string, { tenant: string; groups: readonly string[] }>();
  const accessOf = (folder: string): { tenant: string; groups: readonly string[] } => {
    const known = access.get(folder);
    if (known !== undefined) return known;
    const above =
      relative(root, folder) === '' || folder === dirname(folder) ? { tenant, groups: [] } : accessOf(dirname(folder));
    const own = readAccess(folder);
    const groups = own.everybody === true ? [] : (own.groups ?? above.groups);
    const result = { tenant: own.tenant ?? above.tenant, groups };
    access.set(folder, result);
    return result;
  };
  const files: KnowledgeFile[] = [];
  const inside = `${realpathSync(root)}${sep}`;
  for (const name of found) {
    const uri = normalizeUri(name);
    const path = join(root, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (
      stats?.isFile() !== true ||
      IGNORED.some((pattern) => pattern.test(uri)) ||
      uri.toLowerCase().endsWith(`/${ACCESS_FILE}`)
    )
      continue;
    const outside = !realpathSync(path).startsWith(inside);
    files.push({ path, uri, bytes: stats.size, ...accessOf(dirname(path)), ...(outside && { outside }) });
  }
  return files.sort((a, b) => (a.uri < b.uri ? -1 : 1));
}

/** The access file of a folder, whatever the case of its name: Windows does not tell `Access.json` from `access.json`. */
function readAccess(folder: string): z.infer<typeof accessSchema> {
  const [name, second] = readdirSync(folder).filter((file) => file.toLowerCase() === ACCESS_FILE);
  if (name === undefined) return {};
  const path = join(folder, name);
  if (second !== undefined) throw accessError(path, `there is also ${second}`);
  const text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  try {
    const result = accessSchema.safeParse(JSON.parse(text));
    if (result.success) return result.data;
    throw accessError(
      path,
      result.error.issues.map(({ path: at, message }) => `${at.join('.')} ${message}`.trim()).join('; '),
    );
  } catch (error) {
    if (error instanceof FieldkitError) throw error;
    throw accessError(path, error instanceof Error ? error.message : String(error), error);
  }
}

function accessError(path: string, why: string, cause?: unknown): FieldkitError {
  return new FieldkitError(
    'INVALID_CONFIG',
    `cannot understand ${path} (${why}): write {"groups": ["staff"]}, or {"everybody": true} to open a folder below a closed one; nothing was read, so that no document is shown to the wrong people`,
    { cause },
  );
}
