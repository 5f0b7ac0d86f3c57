import { documentId, type Passage } from '@fieldkit/core';
import type { AttributionFacts, Case } from '@fieldkit/eval';
import type { Project } from './project.ts';

/** Passages looked at to tell one that ranks too low from one that is not found. */
const WIDE = 50;

/**
 * What the project knows beside the traces: its documents, the chunks that are really in the index, who may see what, and a wider retrieval.
 * The index is read once, when the first failure asks for it.
 */
export async function attributionFacts(project: Project): Promise<AttributionFacts> {
  const { tenant } = project.config.knowledge;
  const stored = project.documents.list().filter(({ failure }) => failure === undefined);
  const writes = new Set((await project.tools()).filter(({ effects }) => effects === 'write').map(({ name }) => name));
  const { steps } = project.plan().budget;
  let chunks: Promise<Map<string, { start: number; end: number }[]>> | undefined;
  const callerOf = ({ caller }: Case) => project.caller({ subject: 'evaluation', ...caller });
  return {
    uris: stored.map(({ uri }) => uri),
    document(uri) {
      const document =
        project.documents.get(documentId(tenant, uri)) ??
        project.documents.get(stored.find((file) => file.uri === uri)?.id ?? '');
      if (document === undefined) return undefined;
      const { id, text, groups, metadata, language } = document;
      return { id, text, tenant: document.tenant, groups, metadata: { ...metadata, uri: document.uri, language } };
    },
    async chunks(id) {
      chunks ??= chunksOf(project);
      return (await chunks).get(id) ?? [];
    },
    async retrieveWide(item, queries) {
      const found: Passage[] = [];
      for (const query of queries) found.push(...(await project.search(query, callerOf(item), { limit: WIDE })));
      return found;
    },
    ...(steps === undefined ? {} : { steps }),
    defaultCaller: project.caller({ subject: 'evaluation' }),
    writes: (tool) => writes.has(tool),
  };
}

async function chunksOf(project: Project): Promise<Map<string, { start: number; end: number }[]>> {
  const byDocument = new Map<string, { start: number; end: number }[]>();
  for await (const rows of (await project.index()).scan()) {
    for (const { chunk } of rows) {
      const known = byDocument.get(chunk.documentId) ?? [];
      known.push({ start: chunk.start, end: chunk.end });
      byDocument.set(chunk.documentId, known);
    }
  }
  return byDocument;
}
