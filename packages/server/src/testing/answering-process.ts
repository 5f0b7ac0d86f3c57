import type { AgentEvent } from '@fieldkit/agent';
import { FieldkitError } from '@fieldkit/core';
import type { AskOptions, Project } from '@fieldkit/project';
import { answerForServer } from '../workers/answer-for-server.ts';
import type { ToWorker } from '../workers/messages.ts';

/** A process that answers for the tests of the pool: what happens is in the question. */
async function* ask(question: string, { signal, runId = '' }: AskOptions = {}): AsyncGenerator<AgentEvent, void, void> {
  yield { type: 'run-start', runId, question };
  if (question === 'crash') process.exit(3);
  if (question === 'fail') throw new FieldkitError('INDEX_NOT_FOUND', 'nothing is indexed yet');
  if (question === 'wait') {
    await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
    process.send?.({ type: 'lag', ms: 123 }); // seen from outside
    throw new FieldkitError('CANCELLED', 'cancelled');
  }
  if (question === 'block') {
    const end = performance.now() + 300;
    while (performance.now() < end);
  }
  yield { type: 'text-delta', text: `${process.pid}` };
}

const stop = new AbortController();
process.once('disconnect', () => stop.abort());
await answerForServer(
  { ask } as unknown as Project, // the part that is used
  {
    send: (message) => void process.send?.(message),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToWorker)),
  },
  stop.signal,
);
