import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { counted, documentId, FieldkitError, isFieldkitError, nearestName, normalizeUri } from '@fieldkit/core';
import { openContextCache, sessionsStore } from '@fieldkit/project';
import { type DocumentStore, forgetDocument } from '@fieldkit/rag';
import { type Command, type ExitCode, flag, nextStep, PROJECT_OPTIONS } from '../command.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage: 'forget DOCUMENT [--project DIR] [--json]',
  description:
    'Removes a document everywhere: stored document, index, written contexts, evidence of unfinished runs; then looks for it by id and by text, and fails when\nanything is left. The file itself must be gone from knowledge/ first, or the next ingest would read it again. Finished runs that quoted it, and what was said in\nconversations, are kept: they are evidence.',
  options: PROJECT_OPTIONS,
  examples: ['rm knowledge/old-policy.pdf && fieldkit forget knowledge/old-policy.pdf'],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject<ExitCode>(input, context, async (project) => {
      const { terminal } = context;
      const given = normalizeUri(input.positionals[0] ?? '');
      const stored = project.documents.list();
      const known = stored.find(({ uri, id }) => uri === given || id === given);
      const id = known?.id ?? documentId(project.config.knowledge.tenant, given);
      if (known !== undefined && existsSync(join(project.paths.root, known.uri))) {
        throw new FieldkitError(
          'INVALID_OPTION',
          `${known.uri} still lies in the project; remove the file first, or the next ingest reads it again`,
        );
      }
      if (project.config.sessions !== undefined) {
        terminal.notice(
          'Conversations are on PostgreSQL: results of the last runs there may still hold passages of it, until newer runs have taken their place.',
        );
      }
      const contexts = await openContextCache(project.paths);
      const documents: DocumentStore = {
        name: 'stored documents',
        forget: async (document) => project.documents.remove(document),
        holds: async (document) => project.documents.list().some((file) => file.id === document),
      };
      const proof = await forgetDocument({
        index: await project.index(),
        documentId: id,
        stores: [documents, contexts, sessionsStore(project.paths.sessions)],
      })
        .catch((error: unknown) => {
          if (!isFieldkitError(error, 'DOCUMENT_NOT_FOUND')) throw error;
          const near = nearestName(
            given,
            stored.map(({ uri }) => uri),
          );
          const hint = near === undefined ? 'see `fieldkit status`' : `did you mean ${near}?`;
          throw new FieldkitError('DOCUMENT_NOT_FOUND', `no document ${JSON.stringify(given)} is known; ${hint}`, {
            cause: error,
          });
        })
        .finally(contexts.close);
      if (flag(input, 'json')) terminal.json(proof);
      terminal.line(
        `${given}: ${counted(proof.chunks, 'chunk')} removed; looked for it by id and by text in: ${proof.checked.join(', ')}; nothing is left`,
      );
      terminal.line(`\nNext: ${nextStep(context, input, 'status')}`);
      return 0;
    }),
};
