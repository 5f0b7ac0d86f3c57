import type { EventStore, JSONRPCMessage } from '@modelcontextprotocol/server';

/** Messages kept per session, so that a client that lost its stream can ask for what it missed. */
const KEPT = 256;
/** And characters of them as JSON; the last message is kept however long it is. */
const KEPT_LENGTH = 200_000;

/** The last messages of one session's streams, in memory. */
export function createEventStore(): EventStore {
  const events: {
    readonly id: string;
    readonly stream: string;
    readonly message: JSONRPCMessage;
    readonly length: number;
  }[] = [];
  let count = 0;
  let total = 0;
  return {
    async storeEvent(stream, message) {
      count += 1;
      const id = `${stream}_${count}`;
      const { length } = JSON.stringify(message);
      events.push({ id, stream, message, length });
      total += length;
      while (events.length > KEPT || (total > KEPT_LENGTH && events.length > 1)) total -= events.shift()?.length ?? 0;
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
