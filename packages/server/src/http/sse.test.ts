import { expect, it } from 'vitest';
import { eventStream } from './sse.ts';

const options = { pingMs: 60_000, bufferBytes: 1_000, stallMs: 50 };

it('waits for a slow reader instead of filling the memory', async () => {
  let sent = 0;
  const response = eventStream({ ...options, stallMs: 10_000 }, async (out) => {
    for (; sent < 100; sent += 1) await out.send('x'.repeat(100));
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(sent).toBeLessThan(15);
  expect((await response.text()).match(/data: /g)?.length).toBe(100);
});

it('drops a client that reads nothing, and tells who writes', async () => {
  let reason: unknown;
  const response = eventStream(options, async (out) => {
    out.signal.addEventListener('abort', () => {
      reason = out.signal.reason;
    });
    for (;;) await out.send('x'.repeat(100));
  });
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect(String(reason)).toContain('did not read');
  await expect(response.text()).rejects.toThrow(/dropped/);
});

it('a reader that leaves ends the writer', async () => {
  let ended = false;
  const response = eventStream(options, async (out) => {
    try {
      for (;;) await out.send('x'.repeat(100));
    } finally {
      ended = true;
    }
  });
  await response.body?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(ended).toBe(true);
});
