import { createReadStream } from 'node:fs';
import { FieldkitError, toFieldkitError } from '@fieldkit/core';

/**
 * The lines of a UTF-8 file, one at a time, without their line ends (LF or CRLF) and without a byte order mark. Only LF ends a line: U+2028
 * inside a JSON string does not. `raw` keeps the byte order mark and carriage returns, so that byte lengths are those of the file.
 *
 * @throws {FieldkitError} `FILE_NOT_FOUND` or `FILE_UNREADABLE`; `DATASET_INVALID` when the bytes are not UTF-8.
 */
export async function* readLines(
  path: string,
  { raw = false }: { readonly raw?: boolean } = {},
): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: raw });
  const bare = (line: string) => (!raw && line.endsWith('\r') ? line.slice(0, -1) : line);
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw new FieldkitError('DATASET_INVALID', `${path} is not UTF-8 text; save it as UTF-8`, { cause: error });
    }
  };
  let rest = '';
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 16 })) {
      rest += decode(bytes);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) yield bare(line);
    }
  } catch (error) {
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${path}`);
  }
  rest += decode();
  if (rest !== '') yield bare(rest);
}
