import { type Chunk, chunkIds, documentId, type Embedder, estimateTokens, sha256 } from '@fieldkit/core';

/** Chunks of a made-up document, one per text. */
export function chunksOf(uri: string, texts: readonly string[], more: Partial<Chunk> = {}): Chunk[] {
  const tenant = more.tenant ?? 'default';
  const id = documentId(tenant, uri);
  const nextId = chunkIds(id);
  let at = 0;
  return texts.map((text, index) => {
    const start = at;
    at += text.length + 2;
    return {
      id: nextId(text),
      documentId: id,
      index,
      start,
      end: start + text.length,
      text,
      context: '',
      headings: [],
      tokens: estimateTokens(text),
      tenant,
      groups: [],
      ...more,
      metadata: { title: uri, uri, mediaType: 'text/plain', language: 'en', ...more.metadata },
    };
  });
}

/** Vectors of length 1 that depend on the words, so that texts with common words are near; counts what it embedded. */
export function createHashEmbedder(dimensions = 32, options: { model?: string; semantic?: boolean } = {}) {
  const { model = 'hash', semantic = true } = options;
  const embedded: string[] = [];
  const embedder: Embedder & { readonly embedded: readonly string[] } = {
    model,
    dimensions,
    semantic,
    embedded,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      embedded.push(...texts);
      return texts.map((text) => unitVector(text, dimensions));
    },
  };
  return embedder;
}

export function unitVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions).fill(0.01);
  for (const word of text.toLowerCase().match(/\p{L}+|\p{N}+/gu) ?? []) {
    const at = Number.parseInt(sha256(word).slice(0, 8), 16) % dimensions;
    vector[at] = (vector[at] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
