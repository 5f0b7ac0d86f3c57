import { StringDecoder } from 'node:string_decoder';
import { FieldkitError } from '@fieldkit/core';

/**
 * The data of server-sent events (WHATWG HTML, "Server-sent events"), parsed as JSON: those of each network piece as an iterable, which parses them
 * one by one, so that of many streams at once only text is held. After `[DONE]` nothing counts, but the body is read to its end, so that its
 * connection can be used again.
 *
 * @throws {FieldkitError} `MODEL_STREAM_BROKEN` for data that is not JSON.
 */
export async function* serverEvents(
  body: AsyncIterable<Uint8Array>,
  host: string,
  onDone: () => void,
): AsyncGenerator<Iterable<unknown>> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let data: string | undefined;
  let first = true;
  let done = false;

  /** Reads whole lines; what follows the last of them is the new rest. */
  function* events(text: string): Generator<unknown> {
    let at = 0;
    for (let end = text.indexOf('\n'); end !== -1 && !done; at = end + 1, end = text.indexOf('\n', at)) {
      if (end > at) {
        if (!text.startsWith('data:', at)) continue;
        const value = text.slice(text[at + 5] === ' ' ? at + 6 : at + 5, end);
        data = data === undefined ? value : `${data}\n${value}`;
        continue;
      }
      const whole = data;
      data = undefined;
      if (whole === '[DONE]') done = true;
      else if (whole !== undefined && whole !== '') yield parse(whole, host);
    }
    rest = text.slice(at);
  }

  for await (const bytes of body) {
    if (done) continue;
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
    yield events(text);
    if (done) onDone();
  }
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
