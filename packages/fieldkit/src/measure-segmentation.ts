import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BLOCK_SEPARATOR,
  type Caller,
  type Document,
  findQuote,
  normalizeUri,
  type Passage,
  type TextSpan,
} from '@fieldkit/core';
import type { CandidateResult, MeasureRetrieval } from '@fieldkit/ingest';
import type { Project } from '@fieldkit/project';

/** Context that every candidate may fill for a question: several times the default chunk, as an answer gets. */
const CONTEXT_TOKENS = 2000;

interface GoldQuestion {
  readonly question: string;
  readonly caller: Caller;
  /** Each needs one of its places. */
  readonly gold: readonly (readonly GoldSpan[])[];
}

interface GoldSpan extends TextSpan {
  readonly documentId: string;
}

/**
 * Measures segmentation settings with the project's own questions: each candidate is indexed in a temporary folder, asked lexically (or
 * with the project's embedding model, when it has meaning), and scored by the gold quotes that stand whole within 2,000 tokens of
 * passages. Questions that are kept unseen are not asked. `undefined` without questions that name gold quotes.
 */
export async function segmentationMeasure(
  project: Project,
  documents: readonly Document[],
  {
    signal,
    onCandidate,
    onInvalid,
  }: {
    readonly signal: AbortSignal;
    readonly onCandidate?: (name: string) => void;
    /** Told of each line of the questions that cannot be understood; the others are asked. */
    readonly onInvalid?: (message: string) => void;
  },
): Promise<MeasureRetrieval | undefined> {
  const questions = await goldQuestions(project, documents, onInvalid);
  if (questions.length === 0) return undefined;
  const [{ createLanceIndex, createRetriever, syncIndex }, { segmentDocument, segmenterStamp }] = await Promise.all([
    import('@fieldkit/rag'),
    import('@fieldkit/ingest'),
  ]);
  const { embedder } = await project.endpoint();
  const model = embedder?.semantic === true ? { embedder } : {};
  const byId = new Map(documents.map((document) => [document.id, document]));

  return async (candidate): Promise<CandidateResult> => {
    onCandidate?.(`${candidate.strategy}/${candidate.maxTokens}`);
    const directory = mkdtempSync(join(tmpdir(), 'fieldkit-measure-'));
    const index = await createLanceIndex({ directory });
    try {
      await syncIndex({
        index,
        documents: documents.map(({ id, contentHash }) => ({ id, contentStamp: contentHash })),
        chunksOf: async (id) => {
          const document = byId.get(id);
          return document === undefined ? [] : segmentDocument(document, candidate);
        },
        stamp: { segmenter: segmenterStamp(candidate) },
        analyzer: project.analyzer,
        signal,
        ...model,
      });
      const retrieve = createRetriever({
        index,
        ...model,
        analyzer: project.analyzer,
        defaults: { tokens: CONTEXT_TOKENS, limit: 50 },
      });
      const recall: number[] = [];
      for (const { question, caller, gold } of questions) {
        signal.throwIfAborted();
        const passages = await retrieve(question, caller, { limit: 50, signal });
        recall.push(gold.filter((places) => places.some((place) => covers(passages, place))).length / gold.length);
      }
      return { recall, chunks: (await index.stats()).chunks, contextTokens: CONTEXT_TOKENS };
    } finally {
      await index.close();
      rmSync(directory, { recursive: true, force: true });
    }
  };
}

/** Whether the passages together hold every character of the quote. */
function covers(passages: readonly Passage[], { documentId, start, end }: GoldSpan): boolean {
  const own = passages
    .filter((passage) => passage.documentId === documentId)
    .sort((left, right) => left.start - right.start);
  let reached = start;
  for (const passage of own) {
    // Between two chunks lies at most the blank line between two blocks.
    if (passage.start <= reached + BLOCK_SEPARATOR.length && passage.end > reached) reached = passage.end;
  }
  return reached >= end && own.some((passage) => passage.start <= start && passage.end > start);
}

async function goldQuestions(
  project: Project,
  documents: readonly Document[],
  onInvalid: ((message: string) => void) | undefined,
): Promise<GoldQuestion[]> {
  const path = join(project.paths.root, 'evals', 'questions.jsonl');
  if (!existsSync(path)) return [];
  const { readCases } = await import('@fieldkit/eval');
  const byUri = new Map(documents.map((document) => [document.uri, document]));
  const groups = [...new Set(documents.flatMap((document) => document.groups))];
  const questions: GoldQuestion[] = [];
  for await (const item of readCases(path, { onInvalid: ({ message }) => onInvalid?.(message) })) {
    if (item.split === 'unseen' || item.history.length > 0 || item.expect !== 'answered') continue;
    const gold = item.gold.map((place) =>
      [place, ...(place.alternatives ?? [])].flatMap((one): GoldSpan[] => {
        const document = byUri.get(normalizeUri(one.document));
        const span =
          document === undefined || one.quote === undefined ? undefined : findQuote(document.text, one.quote);
        return document === undefined || span === undefined ? [] : [{ documentId: document.id, ...span }];
      }),
    );
    if (gold.length === 0 || gold.some((places) => places.length === 0)) continue;
    // Segmentation is measured, not access: the caller sees everything of the tenant.
    questions.push({ question: item.question, caller: project.caller({ groups, tenant: item.caller?.tenant }), gold });
  }
  return questions;
}
