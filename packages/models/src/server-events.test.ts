import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createServerEventReader } from './server-events.ts';

function read(pieces: readonly Uint8Array[]): { values: unknown[]; done: boolean } {
  const values: unknown[] = [];
  const reader = createServerEventReader('host', (data) => values.push(data));
  for (const piece of pieces) reader.read(piece);
  return { values, done: reader.done() };
}
const bytes = (text: string) => Buffer.from(text);

describe('createServerEventReader', () => {
  it('gives the same whatever pieces the bytes come in and however lines end', async () => {
    const values = [{ text: 'Grüße, 你好 🙂' }, [1, 2], 'x', { deep: { text: 'a\nb' } }];
    await fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat({ max: 200 }), { maxLength: 12 }),
        (end, cuts) => {
          const lines = values.flatMap((value) => [': ping', `data: ${JSON.stringify(value)}`, 'id: 7', '']);
          const all = bytes(['event: message', ...lines, 'data:[DONE]', '', 'data: {"late":1}', '', ''].join(end));
          const places = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
          const pieces = places.slice(1).map((to, index) => all.subarray(places[index], to));
          expect(read(pieces)).toEqual({ values, done: true });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('joins the lines of one event, leaves out a byte order mark and what is no data, and an event without its end', () => {
    const { values, done } = read([bytes('\uFEFFdata: [1,\ndata: 2]\n\nretry: 5\n\n{"no":"data"}\n\ndata: {"cut"')]);
    expect({ values, done }).toEqual({ values: [[1, 2]], done: false });
  });

  it('reads events without empty lines between them, and a last one without its end', () => {
    const values: unknown[] = [];
    const reader = createServerEventReader('host', (data) => values.push(data));
    reader.read(bytes('data: {"a":1}\ndata: {"b":\ndata: 2}\ndata: {"c":3}'));
    reader.end();
    expect(values).toEqual([{ a: 1 }, { b: 2 }, { c: 3 }]);
    const cut = createServerEventReader('host', (data) => values.push(data));
    cut.read(bytes('data: {"d":'));
    cut.end();
    expect(values).toHaveLength(3);
  });

  it('gives up on a line that does not end', () => {
    const reader = createServerEventReader('host', () => undefined);
    const piece = bytes('x'.repeat(6 * 1024 * 1024));
    expect(() => [piece, piece, piece].forEach(reader.read)).toThrow(
      expect.objectContaining({ code: 'MODEL_STREAM_BROKEN' }),
    );
  });

  it('throws for data that is not JSON', () => {
    expect(() => read([bytes('data: {"a":\n\n')])).toThrow(expect.objectContaining({ code: 'MODEL_STREAM_BROKEN' }));
  });
});
