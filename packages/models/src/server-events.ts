import { StringDecoder } from 'node:string_decoder';

/**
 * The data of server-sent events (WHATWG HTML, "Server-sent events"), parsed as JSON, those of one network piece together. After
 * `[DONE]` nothing counts, but the body is read to its end, so that its connection can be used again.
 *
 * @throws {SyntaxError} for data that is not JSON.
 */
export async function* serverEvents(body: AsyncIterable<Uint8Array>, onDone: () => void): AsyncGenerator<unknown[]> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let data: string | undefined;
  let first = true;
  let done = false;
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
    const values: unknown[] = [];
    let at = 0;
    for (let end = text.indexOf('\n'); end !== -1; at = end + 1, end = text.indexOf('\n', at)) {
      if (end === at) {
        if (data === '[DONE]') {
          done = true;
          break;
        }
        if (data !== undefined && data !== '') values.push(parse(data));
        if (values.at(-1) instanceof SyntaxError) break;
        data = undefined;
      } else if (text.startsWith('data:', at)) {
        const value = text.slice(text[at + 5] === ' ' ? at + 6 : at + 5, end);
        data = data === undefined ? value : `${data}\n${value}`;
      }
    }
    rest = text.slice(at);
    const wrong = values.at(-1) instanceof SyntaxError ? values.pop() : undefined;
    if (values.length > 0) yield values;
    if (wrong !== undefined) throw wrong; // after what came before it
    if (done) onDone();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
