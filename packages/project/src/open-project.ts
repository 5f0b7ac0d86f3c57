import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, AgentEvent } from '@fieldkit/agent';
import { answer, gather, type NodeSpec, nodeName, understand } from '@fieldkit/agent/plan';
import {
  type Caller,
  type Document,
  FieldkitError,
  type Finding,
  headingsAt,
  isFieldkitError,
  maySee,
  type Passage,
  placesOf,
  type RetrieveOptions,
  type Tool,
} from '@fieldkit/core';
import type { Index, IndexStats, SyncResult } from '@fieldkit/rag';
import type { ProjectConfig, ToolSpec } from './config-schema.ts';
import { resolveValue } from './config-values.ts';
import { type DocumentStore, openDocumentStore } from './document-store.ts';
import { type ProjectPaths, projectPaths } from './find-project.ts';
import type { IngestedFile, ReadDocumentsOptions } from './ingest-project.ts';
import { loadProjectConfig } from './load-project-config.ts';
import { type OpenEndpoint, openEndpoint } from './open-endpoint.ts';
import { openIndex } from './open-index.ts';
import { lockProject } from './project-lock.ts';
import { openRunStore, type RunStore } from './run-store.ts';
import { startService } from './start-service.ts';

export interface IngestSummary {
  readonly files: readonly IngestedFile[];
  /** Documents that can be searched now. */
  readonly documents: number;
  /** Of the documents that have pages. */
  readonly pages: number;
  readonly chunks: number;
  readonly findings: number;
  /** Files that are no documents. */
  readonly failed: number;
  readonly sync: SyncResult;
  readonly durationMs: number;
}

export interface IngestOptions extends ReadDocumentsOptions {
  /**
   * `true`: build the index anew beside the old one and swap. `when-needed`: only if it was built with other settings. Default false: other
   * settings are an `INDEX_MISMATCH`.
   */
  readonly rebuild?: boolean | 'when-needed';
  /** Told after each document that enters the index. */
  readonly onIndex?: (done: number, total: number) => void;
}

export interface AskOptions {
  /** Default: the project's own caller, in no group. */
  readonly caller?: Caller;
  readonly sessionId?: string;
  readonly signal?: AbortSignal;
}

/** One customer's project, open: everything is made when it is first needed and ended by `close`. */
export interface Project {
  readonly config: ProjectConfig;
  readonly paths: ProjectPaths;
  readonly documents: DocumentStore;
  readonly runs: RunStore;
  /** A caller of the project's tenant, in no group unless given. */
  caller(options?: {
    readonly groups?: readonly string[] | undefined;
    readonly tenant?: string | undefined;
    readonly subject?: string | undefined;
  }): Caller;
  endpoint(): Promise<OpenEndpoint>;
  /** Reads the documents and brings the index up to date. @throws {FieldkitError} `STORE_LOCKED` while another process writes. */
  ingest(options?: IngestOptions): Promise<IngestSummary>;
  index(): Promise<Index>;
  indexStats(): Promise<IndexStats>;
  /** @throws {FieldkitError} `INDEX_NOT_FOUND` before the first `ingest`. */
  search(query: string, caller: Caller, options?: RetrieveOptions): Promise<Passage[]>;
  /** The tools of the configuration, connected over MCP; dev servers are started when their address is not set. */
  tools(): Promise<readonly Tool[]>;
  /** Answers one question; the run is stored when it has ended, also when it failed. */
  ask(question: string, options?: AskOptions): AsyncIterable<AgentEvent>;
  /** Ends every connection and child process; may be called twice. */
  close(): Promise<void>;
}

export interface OpenProjectOptions {
  /** Variables that the configuration may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Told of things worth saying that are no errors: a dev server that was started, a tool that is missing. */
  readonly onFinding?: (finding: Finding) => void;
}

/** @throws {FieldkitError} `INVALID_CONFIG`, or a store's error. */
export async function openProject(root: string, options: OpenProjectOptions): Promise<Project> {
  const { environment, signal, onFinding } = options;
  const cancellable = signal === undefined ? {} : { signal };
  const config = await loadProjectConfig(root);
  const paths = projectPaths(root);
  const documents = openDocumentStore(paths.documents);
  const runs = openRunStore(paths.runs);
  const closers: (() => Promise<void> | void)[] = [() => documents.close(), () => runs.close()];
  const closeLater = <T extends { close(): Promise<void> | void }>(opened: T): T => {
    closers.push(() => opened.close());
    return opened;
  };

  const endpoint = once(async () => closeLater(await openEndpoint(config, { environment, ...cancellable })));
  const index = once(async () => closeLater(await openIndex(config, paths, environment)));
  const retriever = once(async () => {
    const { createRetriever } = await import('@fieldkit/rag');
    const { embedder, reranker } = await endpoint();
    const models = { ...(embedder === undefined ? {} : { embedder }), ...(reranker === undefined ? {} : { reranker }) };
    return createRetriever({ index: await index(), ...models, defaults: config.retrieval });
  });
  const tools = once(async () => {
    const { connectTools } = await import('@fieldkit/mcp-tools');
    const local = await Promise.all(config.tools.map(openTool));
    const connected = closeLater(await connectTools([{ tools: local }]));
    for (const finding of connected.findings) onFinding?.(finding);
    return connected.tools;
  });
  const agent = once(async (): Promise<Agent> => {
    const { createAgent } = await import('@fieldkit/agent');
    const { chat } = await endpoint();
    const nodes: readonly NodeSpec[] = config.pipeline ?? [understand({ model: 'fast' }), gather(), answer()];
    const { edges, memory, budget } = config;
    return closeLater(
      createAgent({
        plan: { nodes: [...nodes], edges, memory, budget },
        models: chat,
        tools: await tools(),
        prompts: projectPrompts(root, nodes),
        locate: (documentId, start, end) => locate(documents, documentId, start, end),
        checkpoints: paths.sessions,
      }),
    );
  });

  async function openTool(spec: ToolSpec): Promise<Tool> {
    const { lookupRecord, searchKnowledge } = await import('@fieldkit/mcp-tools');
    if (spec.kind === 'search-knowledge') {
      return searchKnowledge({ retrieve: await retriever(), defaults: { limit: spec.limit } });
    }
    const { name, openapi, operations, timeoutMs } = spec;
    const path = join(root, openapi);
    if (!existsSync(path)) {
      throw new FieldkitError('INVALID_CONFIG', `tools.${name}.openapi: there is no file ${openapi} in ${root}`);
    }
    return lookupRecord({ name, openapi: path, operations, baseUrl: await baseUrlOf(spec), timeoutMs });
  }

  async function baseUrlOf(spec: Extract<ToolSpec, { kind: 'lookup-record' }>): Promise<string> {
    const { name, devServer } = spec;
    const given = resolveValue(spec.baseUrl, environment);
    if (given !== undefined) return given;
    if (devServer === undefined) {
      throw new FieldkitError(
        'INVALID_CONFIG',
        `tools.${name}.baseUrl is not set; set its environment variable, or name a devServer script for tests`,
      );
    }
    const script = join(root, devServer);
    const service = closeLater(
      await startService({ name: `${name} (${devServer})`, script, cwd: root, ...cancellable }),
    );
    onFinding?.({
      severity: 'info',
      code: 'dev-server-started',
      message: `${name} looks records up in the project's own test server, ${devServer}`,
      where: `tools.${name}`,
    });
    return service.url;
  }

  async function requireIndex(): Promise<void> {
    const { chunks } = await (await index()).stats();
    if (chunks === 0) throw new FieldkitError('INDEX_NOT_FOUND', 'nothing is indexed yet; run `fieldkit ingest` first');
  }

  const callerOf: Project['caller'] = ({ groups, tenant, subject } = {}) => ({
    tenant: tenant ?? config.knowledge.tenant,
    subject: subject ?? 'cli',
    groups: [...(groups ?? [])],
  });

  return {
    config,
    paths,
    documents,
    runs,
    endpoint,
    index,
    tools,
    caller: callerOf,

    async ingest({ onIndex, rebuild = false, ...reading } = {}) {
      const started = performance.now();
      const lock = lockProject(paths.lock, 'run `fieldkit ingest`');
      try {
        const [{ segmentDocument, segmenterStamp }, { syncIndex }, { readDocuments, requireFiles }] = await Promise.all(
          [import('@fieldkit/ingest'), import('@fieldkit/rag'), import('./ingest-project.ts')],
        );
        const files = await readDocuments(root, config, documents, reading);
        requireFiles(files, root, config.knowledge.include);
        const { segmentation } = config.knowledge;
        const readable = documents.list().filter(({ failure }) => failure === undefined);
        const { embedder } = await endpoint();
        const syncInto = (target: Index) =>
          syncIndex({
            index: target,
            documents: readable.map(({ id, contentHash, readerStamp, groups, tenant }) => ({
              id,
              contentStamp: JSON.stringify([contentHash, readerStamp, tenant, groups]),
            })),
            chunksOf: async (id) => {
              const document = documents.get(id);
              return document === undefined ? [] : segmentDocument(document, segmentation);
            },
            stamp: { segmenter: segmenterStamp(segmentation) },
            ...(embedder === undefined ? {} : { embedder }),
            ...(reading.signal === undefined ? {} : { signal: reading.signal }),
            ...(onIndex === undefined ? {} : { onProgress: ({ done, total }) => onIndex(done, total) }),
          });
        const sync = await syncOrRebuild(await index(), syncInto, rebuild);
        const { chunks } = await (await index()).stats();
        return {
          files,
          documents: readable.length,
          pages: readable.reduce((sum, { pageCount }) => sum + (pageCount ?? 0), 0),
          chunks,
          findings: files.reduce((sum, { findings }) => sum + findings.length, 0),
          failed: files.filter(({ outcome }) => outcome === 'failed').length,
          sync,
          durationMs: performance.now() - started,
        };
      } finally {
        lock.release();
      }
    },

    indexStats: async () => (await index()).stats(),

    async search(query, caller, searchOptions) {
      await requireIndex();
      return (await retriever())(query, caller, searchOptions);
    },

    async *ask(question, { caller = callerOf(), ...rest } = {}) {
      await requireIndex();
      for await (const event of (await agent()).ask({ question, caller, ...rest })) {
        if (event.type === 'run-end') runs.put(event.run);
        yield event;
      }
    },

    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** Makes a value on the first call and gives the same promise to all; a failure is forgotten, so that the next call tries again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function syncOrRebuild(
  index: Index,
  syncInto: (target: Index) => Promise<SyncResult>,
  rebuild: boolean | 'when-needed',
): Promise<SyncResult> {
  if (rebuild === true) return index.rebuild(syncInto);
  try {
    return await syncInto(index);
  } catch (error) {
    if (rebuild !== 'when-needed' || !isFieldkitError(error, 'INDEX_MISMATCH')) throw error;
    return index.rebuild(syncInto);
  }
}

/** The texts of `prompts/NAME.md` that the project has; the other nodes keep their default. */
function projectPrompts(root: string, nodes: readonly NodeSpec[]): Record<string, { text: string }> {
  const paths = nodes.map((node) => [nodeName(node), join(root, 'prompts', `${nodeName(node)}.md`)] as const);
  const own = paths.filter(([, path]) => existsSync(path));
  return Object.fromEntries(own.map(([name, path]) => [name, { text: readFileSync(path, 'utf8') }]));
}

/** Where a stretch of a stored document stands. */
function locate(documents: DocumentStore, documentId: string, start: number, end: number) {
  const document = documents.get(documentId);
  if (document === undefined) return { places: [], headings: [] };
  const places = placesOf(document, start, end);
  const headings = headingsAt(document, start);
  if (places.length > 0) return { places, headings };
  return { places, headings, line: document.text.slice(0, start).split('\n').length };
}

/** A stored document if the caller may see it: the same rule as retrieval. */
export function visibleDocument(project: Project, id: string, caller: Caller): Document | undefined {
  const document = project.documents.get(id);
  return document !== undefined && maySee(caller, document) ? document : undefined;
}
