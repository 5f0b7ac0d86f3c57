import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Run } from '@fieldkit/core';
import { FieldkitError } from '@fieldkit/core';
import type { NamedTarget, Target } from '@fieldkit/eval';
import type { Project } from './project.ts';

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

/** The agent with all that its answers depend on: another pipeline, model, prompt or document is another target. */
export async function namedAgentTarget(project: Project, name: string): Promise<NamedTarget> {
  const { baseUrl, standin, modelNames } = await project.endpoint();
  const { retrieval, tools, knowledge, index } = project.config;
  const documents = createHash('sha256');
  const files = project.documents.list().map(({ id, contentHash, readerStamp }) => [id, contentHash, readerStamp]);
  documents.update(JSON.stringify(files.sort()));
  return {
    name,
    identity: {
      plan: project.plan(),
      prompts: promptFiles(project.paths.root),
      models: modelNames,
      endpoint: standin ? 'stand-in' : baseUrl, // a stand-in takes another port each time
      retrieval,
      tools,
      segmentation: knowledge.segmentation,
      engine: index.engine,
      documents: documents.digest('hex'),
    },
    ask: createAgentTarget(project),
  };
}

/** All prompt files of a project by name, also those that no node reads. */
export function promptFiles(root: string): Record<string, { text: string }> {
  const folder = join(root, 'prompts');
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.md') && name !== 'README.md')
    .sort();
  return Object.fromEntries(
    names.map((name) => [name.slice(0, -'.md'.length), { text: readFileSync(join(folder, name), 'utf8') }]),
  );
}
