import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serverEvents } from './server-events.ts';

async function read(pieces: readonly Uint8Array[]): Promise<{ values: unknown[]; done: boolean }> {
  let done = false;
  const body = (async function* () {
    yield* pieces;
  })();
  const values: unknown[] = [];
  const read = serverEvents(body, 'host', () => {
    done = true;
  });
  for await (const events of read) values.push(...events);
  return { values, done };
}
const bytes = (text: string) => Buffer.from(text);

describe('serverEvents', () => {
  it('gives the same whatever pieces the bytes come in and however lines end', async () => {
    const values = [{ text: 'Grüße, 你好 🙂' }, [1, 2], 'x', { deep: { text: 'a\nb' } }];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat({ max: 200 }), { maxLength: 12 }),
        async (end, cuts) => {
          const lines = values.flatMap((value) => [': ping', `data: ${JSON.stringify(value)}`, 'id: 7', '']);
          const all = bytes(['event: message', ...lines, 'data:[DONE]', '', 'data: {"late":1}', '', ''].join(end));
          const places = [0, ...cuts.map((cut) => Math.min(cut, all.length)).sort((a, b) => a - b), all.length];
          const pieces = places.slice(1).map((to, index) => all.subarray(places[index], to));
          expect(await read(pieces)).toEqual({ values, done: true });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('joins the lines of one event, leaves out a byte order mark and what is no data, and an event without its end', async () => {
    const { values, done } = await read([
      bytes('\uFEFFdata: [1,\ndata: 2]\n\nretry: 5\n\n{"no":"data"}\n\ndata: {"cut"'),
    ]);
    expect({ values, done }).toEqual({ values: [[1, 2]], done: false });
  });

  it('throws for data that is not JSON', async () => {
    await expect(read([bytes('data: {"a":\n\n')])).rejects.toMatchObject({ code: 'MODEL_STREAM_BROKEN' });
  });
});
