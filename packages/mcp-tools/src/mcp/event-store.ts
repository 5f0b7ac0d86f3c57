import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

/** Messages kept per session, so that a client that lost its stream can ask for what it missed. */
const KEPT = 256;

/** The last messages of one session's streams, in memory. */
export function createEventStore(): EventStore {
  const events: { readonly id: string; readonly stream: string; readonly message: JSONRPCMessage }[] = [];
  let count = 0;
  return {
    async storeEvent(stream, message) {
      count += 1;
      const id = `${stream}_${count}`;
      events.push({ id, stream, message });
      if (events.length > KEPT) events.shift();
      return id;
    },
    async getStreamIdForEventId(id) {
      return events.find((event) => event.id === id)?.stream;
    },
    async replayEventsAfter(lastId, { send }) {
      const at = events.findIndex(({ id }) => id === lastId);
      const stream = events[at]?.stream;
      if (stream === undefined) return '';
      for (const event of events.slice(at + 1)) {
        // An event without content only primes the stream.
        if (event.stream === stream && Object.keys(event.message).length > 0) await send(event.id, event.message);
      }
      return stream;
    },
  };
}
