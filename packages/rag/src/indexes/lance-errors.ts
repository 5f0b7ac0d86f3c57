import { FieldkitError, toFieldkitError } from '@fieldkit/core';

/** What LanceDB throws, as our error. Its messages are the only thing that tells failures apart. */
export function lanceError(error: unknown, doing: string): FieldkitError {
  if (error instanceof FieldkitError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (/no space left|disk quota|os error 28\b/i.test(message)) {
    return new FieldkitError('DISK_FULL', `${doing}: the disk is full: free some space and run the command again`, {
      cause: error,
    });
  }
  if (/commit conflict|too many concurrent writers|concurrent commit/i.test(message)) {
    return new FieldkitError('STORE_LOCKED', `${doing}: another process is writing to the index; try again`, {
      cause: error,
    });
  }
  if (/permission denied|read-only file system/i.test(message)) {
    return new FieldkitError('FILE_UNREADABLE', `${doing}: permission denied: check who owns the index folder`, {
      cause: error,
    });
  }
  if (
    /not found|corrupt|invalid (file|data|magic)|unexpected eof|was not a|encountered (an )?internal/i.test(message)
  ) {
    return new FieldkitError(
      'INDEX_DAMAGED',
      `${doing}: files of the index are missing or damaged; build it again with \`fieldkit index rebuild\``,
      { cause: error },
    );
  }
  return toFieldkitError(error, 'INDEX_UNAVAILABLE', doing);
}
