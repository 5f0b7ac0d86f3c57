import { type AnalyzeTextOptions, analyzeText, type Chunk, sha256 } from '@fieldkit/core';
import type { IndexRow } from './index-contract.ts';

/** What is indexed and embedded of a chunk: its context (title › headings, a table's header) and its text. */
export function embeddingText(chunk: Pick<Chunk, 'context' | 'text'>): string {
  return chunk.context === '' ? chunk.text : `${chunk.context}\n${chunk.text}`;
}

/** Hash of what is embedded, 32 hexadecimal digits: the key under which vectors are reused. */
export function contentHash(chunk: Pick<Chunk, 'context' | 'text'>): string {
  return sha256(embeddingText(chunk)).slice(0, 32);
}

/** Hash of everything that is stored of a chunk, 32 hexadecimal digits. */
export function chunkStamp(chunk: Chunk): string {
  const { id, documentId, index, start, end, text, context, headings, tokens, metadata, tenant, groups } = chunk;
  const sorted = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields = [id, documentId, index, start, end, text, context, headings, tokens, sorted, tenant, groups];
  return sha256(JSON.stringify(fields)).slice(0, 32);
}

/** A chunk ready to be written, without its vector. */
export function indexRow(chunk: Chunk, analyzer: AnalyzeTextOptions = {}): IndexRow {
  return {
    chunk,
    stamp: chunkStamp(chunk),
    content: contentHash(chunk),
    terms: analyzeText(embeddingText(chunk), analyzer),
  };
}
