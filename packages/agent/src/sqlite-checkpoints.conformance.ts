import { validate } from '@langchain/langgraph-checkpoint-validation';
import { SqliteCheckpoints } from './sqlite-checkpoints.ts';
import { openStore } from './store.ts';

validate({
  checkpointerName: '@fieldkit/agent on node:sqlite',
  createCheckpointer: () => new SqliteCheckpoints(openStore(':memory:')),
});
