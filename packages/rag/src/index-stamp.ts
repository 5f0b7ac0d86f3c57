import { type AnalyzeTextOptions, analyzerStamp, type Embedder, FieldkitError } from '@fieldkit/core';
import type { IndexStamp } from './index-contract.ts';

/** The stamp of an index built now. An embedder without meaning (`semantic: false`) gives a lexical index. */
export function indexStamp(parts: {
  readonly embedder?: Embedder;
  readonly analyzer?: AnalyzeTextOptions;
  readonly segmenter: string;
}): IndexStamp {
  const { embedder, analyzer, segmenter } = parts;
  const embedding =
    embedder?.semantic === true ? { embedding: { model: embedder.model, dimensions: embedder.dimensions } } : {};
  return { ...embedding, analyzer: analyzerStamp(analyzer), segmenter };
}

const REMEDY =
  'build it again with `fieldkit index rebuild` (keeps the parsed documents) or `fieldkit ingest --rebuild` (reads the files again)';

/** @throws {FieldkitError} `INDEX_MISMATCH` that names each difference and the remedy. */
export function requireSameStamp(stored: IndexStamp, wanted: IndexStamp): void {
  const differences = stampDifferences(stored, wanted);
  if (differences.length === 0) return;
  throw new FieldkitError(
    'INDEX_MISMATCH',
    `the index was built with other settings (${differences.join('; ')}): ${REMEDY}`,
    {
      details: { stored, wanted },
    },
  );
}

function stampDifferences(stored: IndexStamp, wanted: IndexStamp): string[] {
  const name = ({ embedding }: IndexStamp) =>
    embedding === undefined ? 'no embeddings' : `${embedding.model} with ${embedding.dimensions} dimensions`;
  const differences: string[] = [];
  if (name(stored) !== name(wanted)) differences.push(`embedding: ${name(stored)} then, ${name(wanted)} now`);
  if (stored.analyzer !== wanted.analyzer) {
    differences.push('text analysis: its options or the ICU version of this Node differ');
  }
  if (stored.segmenter !== wanted.segmenter) {
    differences.push(`segmentation: ${stored.segmenter} then, ${wanted.segmenter} now`);
  }
  return differences;
}
