import { FieldkitError, toFieldkitError } from '@fieldkit/core';

/** What Qdrant's client throws, as our error. */
export function qdrantError(error: unknown, doing: string, host: string): FieldkitError {
  if (error instanceof FieldkitError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const status = statusOf(error, message);
  const options = { cause: error, details: { host, ...(status === undefined ? {} : { status }) } };
  if (status === 401 || status === 403) {
    return new FieldkitError(
      'INVALID_CONFIG',
      `${doing}: Qdrant at ${host} refused the API key: check index.apiKey`,
      options,
    );
  }
  if (status === 404) {
    return new FieldkitError(
      'INDEX_NOT_FOUND',
      `${doing}: there is no such index at ${host} yet: run \`fieldkit ingest\``,
      options,
    );
  }
  if (status === 507 || /no space|disk is full|out of disk/i.test(message)) {
    return new FieldkitError('DISK_FULL', `${doing}: the disk of Qdrant at ${host} is full`, options);
  }
  if (status === 400 || status === 422) {
    return new FieldkitError(
      'INDEX_MISMATCH',
      `${doing}: Qdrant at ${host} refused the request: ${detail(error, message)}; version 1.19 or later is needed`,
      options,
    );
  }
  if (status === undefined && !/fetch failed|timed? ?out|econn|network|socket/i.test(`${message} ${causeOf(error)}`)) {
    return toFieldkitError(error, 'INDEX_UNAVAILABLE', doing);
  }
  return new FieldkitError(
    'INDEX_UNAVAILABLE',
    `${doing}: Qdrant at ${host} does not answer (${detail(error, message)}): is it running?`,
    options,
  );
}

function statusOf(error: unknown, message: string): number | undefined {
  if (error !== null && typeof error === 'object' && 'status' in error && typeof error.status === 'number')
    return error.status;
  const [, status] = /unexpected response: (\d{3})/i.exec(message) ?? [];
  return status === undefined ? undefined : Number(status);
}

function detail(error: unknown, message: string): string {
  if (error !== null && typeof error === 'object' && 'data' in error) {
    const { data } = error;
    if (data !== null && typeof data === 'object' && 'status' in data) {
      const { status } = data;
      if (status !== null && typeof status === 'object' && 'error' in status) return String(status.error);
    }
  }
  return message.slice(0, 200);
}

function causeOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
}
