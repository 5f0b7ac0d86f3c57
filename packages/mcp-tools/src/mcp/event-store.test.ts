import { expect, it } from 'vitest';
import { createEventStore } from './event-store.ts';

const message = (length: number) => ({ jsonrpc: '2.0' as const, method: 'note', params: { text: 'x'.repeat(length) } });

it('gives again what was missed, and forgets the oldest when the messages are long', async () => {
  const store = createEventStore();
  const ids = [];
  for (const length of [10, 20, 150_000, 120_000]) ids.push(await store.storeEvent('a', message(length)));
  const replayed: string[] = [];
  const replayAfter = (id = '') => store.replayEventsAfter(id, { send: async (sent) => void replayed.push(sent) });
  expect(await replayAfter(ids[2])).toBe(''); // two long ones are too long together
  expect(await store.getStreamIdForEventId?.(ids[3] ?? '')).toBe('a');
  ids.push(await store.storeEvent('b', message(5)), await store.storeEvent('a', message(5)));
  expect(await replayAfter(ids[3])).toBe('a');
  expect(replayed).toEqual([ids[5]]);
});
