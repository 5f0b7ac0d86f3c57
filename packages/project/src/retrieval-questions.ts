import { type Caller, documentId, findQuote } from '@fieldkit/core';
import type { Case } from '@fieldkit/eval';
import type { RetrievalQuestion } from '@fieldkit/rag';
import type { DocumentStore } from './document-store.ts';

export interface LabelledQuestions {
  readonly questions: RetrievalQuestion[];
  /** Ids of cases whose gold places could not be found in the stored documents, with the reason. */
  readonly left: readonly { readonly id: string; readonly reason: string }[];
}

/**
 * Retrieval labels that follow from a question set: each gold place becomes the span of its quote in the stored document, or the whole
 * document when there is no quote. Cases without a gold place, and follow-ups (which a retriever alone cannot understand), are left out
 * silently; a place that is not in the documents is reported.
 */
export function labelQuestions(
  cases: readonly Case[],
  documents: DocumentStore,
  callerOf: (item: Case) => Caller,
): LabelledQuestions {
  const questions: RetrievalQuestion[] = [];
  const left: { id: string; reason: string }[] = [];
  for (const item of cases) {
    if (item.gold.length === 0 || item.history.length > 0 || item.expect !== 'answered') continue;
    const caller = callerOf(item);
    const places = item.gold.map((gold) =>
      [gold, ...(gold.alternatives ?? [])].flatMap((place) => spanOf(place, documents, caller.tenant)),
    );
    const missing = item.gold.find((_, index) => places[index]?.length === 0);
    if (missing !== undefined) {
      left.push({ id: item.id, reason: `its gold place is not in ${missing.document} as it was read` });
      continue;
    }
    questions.push({
      id: item.id,
      text: item.question,
      kind: item.kind,
      caller,
      gold: places.map(([first, ...alternatives]) => ({
        ...(first ?? { documentId: '' }),
        ...(alternatives.length === 0 ? {} : { alternatives }),
      })),
      ...(item.tags.includes('synthetic') ? { synthetic: true } : {}),
    });
  }
  return { questions, left };
}

function spanOf(
  place: { readonly document: string; readonly quote?: string | undefined },
  documents: DocumentStore,
  tenant: string,
): { documentId: string; start?: number; end?: number }[] {
  const id = documentId(tenant, place.document);
  const document = documents.get(id);
  if (document === undefined) return [];
  if (place.quote === undefined) return [{ documentId: id }];
  const span = findQuote(document.text, place.quote);
  return span === undefined ? [] : [{ documentId: id, start: span.start, end: span.end }];
}
