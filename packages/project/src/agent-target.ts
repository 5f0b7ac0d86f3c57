import { randomUUID } from 'node:crypto';
import type { Answer, Run } from '@fieldkit/core';
import { FieldkitError } from '@fieldkit/core';
import type { Target } from '@fieldkit/eval';
import type { Project } from './open-project.ts';

/**
 * The project's own agent as a target for evaluation. Earlier questions of a case are asked first, in a session of the case's own that no
 * other case sees. A run that failed is an outcome with its error.
 */
export function createAgentTarget(project: Project): Target {
  return async (item, { signal }) => {
    const caller = project.caller({ subject: 'evaluation', ...item.caller });
    const sessionId = `eval-${item.id}-${randomUUID()}`;
    let last: { answer: Answer; run: Run } | undefined;
    for (const question of [...item.history, item.question]) {
      for await (const event of project.ask(question, { caller, sessionId, signal })) {
        if (event.type === 'run-end') last = { answer: event.answer, run: event.run };
      }
      signal.throwIfAborted();
    }
    if (last === undefined) throw new FieldkitError('INTERNAL', `case ${item.id}: the agent gave no answer`);
    const { answer, run } = last;
    // a stored run's error codes come from the same closed table
    return {
      answer,
      run,
      durationMs: run.durationMs,
      ...(run.error === undefined ? {} : { error: run.error as never }),
    };
  };
}
