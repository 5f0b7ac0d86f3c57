import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type Document, documentId, FieldkitError } from '@fieldkit/core';
import { type DuplicateReport, findDuplicates, type UnreadFile } from '@fieldkit/ingest';
import { type KnowledgeFile, listKnowledgeFiles, type Project } from '@fieldkit/project';

/** What is stored of a project's documents, and what is not. */
export interface StoredKnowledge {
  readonly documents: readonly Document[];
  readonly duplicates: DuplicateReport;
  /** Files that are no stored document, each with the reason. */
  readonly unread: readonly UnreadFile[];
  /** How many of those only wait for the next `fieldkit ingest`. */
  readonly waiting: number;
  readonly files: readonly KnowledgeFile[];
  uriOf(documentId: string): string;
}

/**
 * The stored documents whose files are still as they were read. New and changed files are listed as unread, so that nothing is counted
 * that nobody has looked at.
 *
 * @throws {FieldkitError} `DOCUMENT_NOT_FOUND` when nothing was read yet.
 */
export async function storedKnowledge(project: Project, signal: AbortSignal): Promise<StoredKnowledge> {
  const { include, exclude, tenant } = project.config.knowledge;
  const files = listKnowledgeFiles(project.paths.root, { include, exclude, tenant });
  const stored = new Map(project.documents.list().map((file) => [file.id, file]));
  const documents: Document[] = [];
  const unread: UnreadFile[] = [];
  let waiting = 0;
  for (const file of files) {
    signal.throwIfAborted();
    const id = documentId(file.tenant, file.uri);
    const known = stored.get(id);
    const { uri, groups } = file;
    const leaveOut = (reason: string) => unread.push({ uri, tenant: file.tenant, groups, reason });
    if (file.outside === true) {
      leaveOut('a link out of the project');
      continue;
    }
    if (known === undefined || known.contentHash !== (await hashOf(file.path))) {
      waiting += 1;
      leaveOut(known === undefined ? 'not read yet' : 'changed since it was read');
      continue;
    }
    const document = known.failure === undefined ? project.documents.get(id) : undefined;
    if (document !== undefined) documents.push(document);
    else leaveOut(known.failure?.message.replace(`${uri} `, '') ?? 'not stored'); // the file is named beside it
  }
  if (documents.length === 0 && unread.length === waiting) {
    throw new FieldkitError(
      'DOCUMENT_NOT_FOUND',
      files.length === 0
        ? `there are no documents in ${project.paths.root} (${include.join(', ')})`
        : 'no document was read yet; run `fieldkit ingest` first',
    );
  }
  const uris = new Map(documents.map(({ id, uri }) => [id, uri]));
  return {
    documents,
    duplicates: findDuplicates(documents),
    unread,
    waiting,
    files,
    uriOf: (id) => uris.get(id) ?? id,
  };
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part);
  return hash.digest('hex');
}
