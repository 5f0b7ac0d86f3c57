import type { BaseCheckpointSaver } from '@langchain/langgraph-checkpoint';
import { validate } from '@langchain/langgraph-checkpoint-validation';
import { describe, it } from 'vitest';
import { openPostgresStore, type PostgresStore } from './postgres-store.ts';
import { type PostgresServer, postgresPrograms, startPostgres } from './testing/postgres-server.ts';

const programs = postgresPrograms();

/** The official saver as the agent opens it, on a server of its own; each set of validations in a schema of its own. */
if (programs === undefined) {
  describe('PostgreSQL', () => it.skip('no PostgreSQL server is installed', () => undefined));
} else {
  let server: PostgresServer;
  let sets = 0;
  const stores = new Map<BaseCheckpointSaver, PostgresStore>();
  validate({
    checkpointerName: '@langchain/langgraph-checkpoint-postgres as the agent opens it',
    beforeAllTimeout: 60_000,
    async beforeAll() {
      server = await startPostgres(programs);
    },
    async createCheckpointer() {
      sets += 1;
      const store = openPostgresStore({ postgres: server.url, schema: `set_${sets}` });
      const saver = await store.saver();
      stores.set(saver, store);
      return saver;
    },
    destroyCheckpointer: async (saver) => stores.get(saver)?.close(),
    afterAll: () => server.close(),
  });
}
