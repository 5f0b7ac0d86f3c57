import type { Caller, Passage, RetrievalFilter, Retriever } from '@fieldkit/core';
import type { CallbackManagerForRetrieverRun } from '@langchain/core/callbacks/manager';
import { Document } from '@langchain/core/documents';
import { BaseRetriever } from '@langchain/core/retrievers';

export interface LangChainRetrieverOptions {
  readonly retrieve: Retriever;
  /** Who asks; LangChain has no notion of it, so a retriever is made for each caller. */
  readonly caller: Caller;
  readonly filter?: RetrievalFilter;
  /** Default: the retriever's. */
  readonly limit?: number;
}

/**
 * Our retriever as a LangChain retriever. A document's `pageContent` is the passage's own text, its `id` the chunk's; `metadata` has
 * what citing needs: `documentId`, `start`, `end`, `headings`, `context`, `score`, and the document's own metadata.
 */
export function createLangChainRetriever(options: LangChainRetrieverOptions): BaseRetriever {
  return new FieldkitRetriever(options);
}

/** LangChain asks for a class. */
class FieldkitRetriever extends BaseRetriever {
  override lc_namespace = ['fieldkit', 'rag'];
  readonly #options: LangChainRetrieverOptions;

  constructor(options: LangChainRetrieverOptions) {
    super();
    this.#options = options;
  }

  override async _getRelevantDocuments(query: string, _manager?: CallbackManagerForRetrieverRun): Promise<Document[]> {
    const { retrieve, caller, filter, limit } = this.#options;
    const passages = await retrieve(query, caller, {
      ...(filter === undefined ? {} : { filter }),
      ...(limit === undefined ? {} : { limit }),
    });
    return passages.map(toDocument);
  }
}

function toDocument(passage: Passage): Document {
  const { id, text, documentId, index, start, end, headings, context, score, metadata } = passage;
  return new Document({
    id,
    pageContent: text,
    metadata: { ...metadata, documentId, index, start, end, headings, context, score },
  });
}
