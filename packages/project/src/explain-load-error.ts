import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FieldkitError, nearestName } from '@fieldkit/core';

/** Names that the message of Node's module loader puts forward. */
const UNKNOWN_NAME = [/^(\S+) is not defined$/, /does not provide an export named '(\S+)'/];

/**
 * Why a configuration file could not be loaded, for people: the place (file, line and the line itself where Node tells them), what is
 * wrong, and the nearest known name. `helpers` are the names that `@fieldkit/project` exports.
 */
export function loadError(path: string, cause: unknown, helpers: readonly string[]): FieldkitError {
  const message = cause instanceof Error ? cause.message.trim() : String(cause);
  const place = cause instanceof Error ? placeIn(cause.stack ?? '', path) : undefined;
  const where = place?.line === undefined ? path : `${path}, line ${place.line}`;
  const excerpt = place?.excerpt === undefined ? '' : `\n${place.excerpt}`;
  return new FieldkitError('INVALID_CONFIG', `cannot load ${where}: ${message}${hint(message, helpers)}${excerpt}`, {
    cause,
  });
}

function hint(message: string, helpers: readonly string[]): string {
  const name = UNKNOWN_NAME.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined);
  if (name !== undefined) {
    if (helpers.includes(name)) return `; add it to the names imported from '@fieldkit/project'`;
    const near = nearestName(name, helpers);
    return near === undefined ? '' : `; did you mean "${near}"?`;
  }
  const missing = /^Cannot find package '(\S+)'/.exec(message)?.[1];
  if (missing === undefined) return '';
  const near = nearestName(missing, ['@fieldkit/project']);
  return near === undefined ? `; install it where the project lies` : `; did you mean "${near}"?`;
}

/**
 * Node writes `path:line`, the line and a caret above a syntax error; a thrown error names `path:line:column` in its first frame.
 */
function placeIn(stack: string, path: string): { readonly line: string; readonly excerpt?: string } | undefined {
  const header = /^(?<file>.+):(?<line>\d+)\n(?<excerpt>[\s\S]*?\n\s*\^+)/.exec(stack)?.groups;
  if (header?.line !== undefined && header.file?.endsWith(basename(path))) {
    return { line: header.line, excerpt: header.excerpt ?? '' };
  }
  const address = pathToFileURL(path).href;
  const frame = stack.split('\n').find((line) => line.includes(address));
  const line = frame === undefined ? undefined : /:(\d+):\d+\)?$/.exec(frame)?.[1];
  return line === undefined ? undefined : { line };
}
