import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addCost, addUsage, type Chunk, type Cost, type Document, NO_USAGE, type Usage } from '@fieldkit/core';
import type { createContextCache } from '@fieldkit/rag';
import type { ProjectConfig } from './config-schema.ts';
import type { ProjectPaths } from './find-project.ts';
import type { OpenEndpoint } from './open-endpoint.ts';

/** What model-written contexts came to in one ingest. */
export interface ContextSummary {
  readonly model: string;
  readonly written: number;
  /** Taken from what was written before for the same content. */
  readonly reused: number;
  /** Chunks without one, because the model's answer was of no use. */
  readonly failed: number;
  readonly usage: Usage;
  readonly cost?: Cost;
}

export interface ProjectContexts {
  /** Part of a document's content stamp. */
  readonly stamp: readonly unknown[];
  add(document: Document, chunks: readonly Chunk[], signal?: AbortSignal): Promise<readonly Chunk[]>;
  summary(): ContextSummary;
  close(): void;
}

export type ContextCacheStore = ReturnType<typeof createContextCache>;

/** Where written contexts are kept, made when absent. */
export async function openContextCache({ cache }: Pick<ProjectPaths, 'cache'>): Promise<ContextCacheStore> {
  const { createContextCache } = await import('@fieldkit/rag');
  mkdirSync(cache, { recursive: true });
  return createContextCache(join(cache, 'contexts.db'));
}

/** `knowledge.contexts` of a configuration at work. */
export async function openContexts(
  { model: name, maxDocumentTokens }: NonNullable<ProjectConfig['knowledge']['contexts']>,
  paths: ProjectPaths,
  { chat }: Pick<OpenEndpoint, 'chat'>,
): Promise<ProjectContexts> {
  const { contextsVersion, writeContexts } = await import('@fieldkit/rag');
  const model = chat(name);
  const cache = await openContextCache(paths);
  const counts = { written: 0, reused: 0, failed: 0 };
  let usage = NO_USAGE;
  let cost: Cost | undefined;
  return {
    stamp: ['contexts', contextsVersion, model.name, maxDocumentTokens],
    async add(document, chunks, signal) {
      const result = await writeContexts({
        model,
        chunks,
        documentText: document.text,
        cache,
        maxDocumentTokens,
        ...(signal === undefined ? {} : { signal }),
      });
      for (const key of ['written', 'reused', 'failed'] as const) counts[key] += result[key];
      usage = addUsage(usage, result.usage);
      cost = addCost(cost, result.cost);
      return result.chunks;
    },
    summary: () => ({ model: model.name, ...counts, usage, ...(cost === undefined ? {} : { cost }) }),
    close: () => cache.close(),
  };
}

/** The chunk as `knowledge.contextLine: false` has it. */
export function withoutContext(chunk: Chunk): Chunk {
  return { ...chunk, context: '' };
}
