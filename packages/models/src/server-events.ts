import { StringDecoder } from 'node:string_decoder';
import { FieldkitError } from '@fieldkit/core';

export interface ServerEventReader {
  /**
   * Reads the next bytes of the body.
   * @throws {FieldkitError} `MODEL_STREAM_BROKEN` for data that is not JSON, or a line without an end.
   */
  read(bytes: Uint8Array): void;
  /** Reads what the body ended with, where the last line or event is not closed by a line of its own. */
  end(): void;
  /** Whether `[DONE]` was read; nothing counts after it. */
  done(): boolean;
}

/** Code units of one line: more is no answer. */
const LONGEST_LINE = 16 * 1024 * 1024;

/**
 * Reads server-sent events (WHATWG HTML, "Server-sent events"), whose data is told one by one, parsed as JSON. Between two pieces of the body
 * nothing is kept but the beginning of a line: of a thousand streams at once, the last pieces would be most of the memory. Two liberties for gateways that are careless with
 * line ends: data that is JSON by itself is an event although no empty line follows, and the end of the body closes the last one.
 */
export function createServerEventReader(host: string, onData: (data: unknown) => void): ServerEventReader {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let data: string | undefined;
  let first = true;
  let done = false;
  const tell = (whole: string) => {
    if (whole === '[DONE]') done = true;
    else if (whole !== '') onData(parse(whole, host));
  };
  const take = (value: string) => {
    if (data === undefined) data = value;
    else if (data === '' || !isWhole(data)) data = `${data}\n${value}`;
    else {
      tell(data);
      data = value;
    }
  };
  return {
    done: () => done,
    read(bytes) {
      if (done) return;
      let text = rest + decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      if (first) {
        if (text.startsWith('\uFEFF')) text = text.slice(1);
        first = text === '';
      }
      // A line may end with CR, LF or both; a CR at the end may be half of one.
      if (text.includes('\r')) {
        const half = text.endsWith('\r');
        text = text.slice(0, half ? -1 : undefined).replace(/\r\n?/g, '\n') + (half ? '\r' : '');
      }
      let at = 0;
      for (let end = text.indexOf('\n'); end !== -1 && !done; at = end + 1, end = text.indexOf('\n', at)) {
        if (end > at) {
          if (!text.startsWith('data:', at)) continue;
          const value = text.slice(text[at + 5] === ' ' ? at + 6 : at + 5, end);
          take(value);
          continue;
        }
        const whole = data;
        data = undefined;
        if (whole !== undefined) tell(whole);
      }
      rest = at === 0 ? text : ownCopy(text.slice(at));
      if (rest.length > LONGEST_LINE)
        throw new FieldkitError('MODEL_STREAM_BROKEN', `${host} sent a line without an end`, { details: { host } });
      if (data !== undefined) data = ownCopy(data);
    },
    end() {
      const line = rest.replace(/\r$/, '');
      if (!done && line.startsWith('data:')) take(line.slice(line[5] === ' ' ? 6 : 5));
      const whole = data;
      [rest, data] = ['', undefined];
      // half a piece is a body that broke off, which the caller finds out by what is missing
      if (!done && whole !== undefined && isWhole(whole)) tell(whole);
    },
  };
}

function isWhole(text: string): boolean {
  if (text === '[DONE]') return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A slice of a text keeps the whole of it in memory. */
function ownCopy(slice: string): string {
  return slice === '' ? '' : Buffer.from(slice).toString();
}

function parse(text: string, host: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FieldkitError('MODEL_STREAM_BROKEN', `${host} sent a piece of stream that is not JSON`, {
      cause,
      details: { host },
    });
  }
}
