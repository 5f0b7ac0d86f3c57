import { type Chunk, FieldkitError } from '@fieldkit/core';
import type { Index } from './index-contract.ts';

/** Another place that may keep something of a document: parsed documents, caches, model-written contexts. */
export interface DocumentStore {
  readonly name: string;
  forget(documentId: string, texts: readonly string[]): Promise<void>;
  /** Whether anything of the document, by id or by one of its texts, is still there. */
  holds(documentId: string, texts: readonly string[]): Promise<boolean>;
}

export interface ForgetDocumentOptions {
  readonly index: Index;
  readonly documentId: string;
  readonly stores?: readonly DocumentStore[];
}

export interface ForgetProof {
  readonly documentId: string;
  /** Chunks that were removed from the index. */
  readonly chunks: number;
  /** Each place that was looked at afterwards, by id and by text. None holds anything: else `forgetDocument` throws. */
  readonly checked: readonly string[];
}

/**
 * Removes a document from the index and from the given stores, and looks afterwards. Texts that stand in another document too stay
 * there.
 *
 * @throws {FieldkitError} `DOCUMENT_NOT_FOUND` when no place knows it; `INTERNAL` naming the places that still hold something.
 */
export async function forgetDocument({ index, documentId, stores = [] }: ForgetDocumentOptions): Promise<ForgetProof> {
  return index.exclusive(async () => {
    const chunks = await chunksOfDocument(index, documentId);
    const texts = chunks.map(({ text }) => text);
    const noted = (await index.documents()).has(documentId);
    const holding = await Promise.all(stores.map((store) => store.holds(documentId, texts)));
    if (chunks.length === 0 && !noted && !holding.includes(true)) {
      throw new FieldkitError('DOCUMENT_NOT_FOUND', `no document ${documentId} is known: see \`fieldkit status\``);
    }
    if (chunks.length > 0 || noted) await index.erase([documentId]);
    for (const store of stores) await store.forget(documentId, texts);

    const left: string[] = [];
    if ((await chunksOfDocument(index, documentId)).length > 0 || (await index.documents()).has(documentId))
      left.push('index');
    for (const store of stores) if (await store.holds(documentId, texts)) left.push(store.name);
    if (left.length > 0) {
      throw new FieldkitError(
        'INTERNAL',
        `document ${documentId} is still held by ${left.join(', ')}: run the command again`,
        {
          details: { documentId, left },
        },
      );
    }
    return { documentId, chunks: chunks.length, checked: ['index', ...stores.map(({ name }) => name)] };
  });
}

/** Every row is read, so that the proof rests on no filter. */
async function chunksOfDocument(index: Index, documentId: string): Promise<Chunk[]> {
  const found: Chunk[] = [];
  for await (const rows of index.scan()) {
    found.push(...rows.filter(({ chunk }) => chunk.documentId === documentId).map(({ chunk }) => chunk));
  }
  return found;
}
