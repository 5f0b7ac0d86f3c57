import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Agent, AgentEvent, LongTermMemory } from '@fieldkit/agent';
import {
  answer,
  gather,
  type NodeSpec,
  nodeName,
  type PipelinePlan,
  pipelinePlan,
  understand,
} from '@fieldkit/agent/plan';
import {
  type AnalyzeTextOptions,
  columnsAt,
  type Embedder,
  FieldkitError,
  headingsAt,
  isFieldkitError,
  placesOf,
  type Tool,
  type ToolContext,
} from '@fieldkit/core';
import type { ToolPolicy } from '@fieldkit/mcp-tools';
import type { Index, RetrievalSettings, SyncResult } from '@fieldkit/rag';
import { chooseEndpoint } from './choose-endpoint.ts';
import type { ProjectConfig } from './config-schema.ts';
import { describeValue, resolveValue } from './config-values.ts';
import { type DocumentStore, openDocumentStore } from './document-store.ts';
import { cachedEmbedder } from './embedding-cache.ts';
import { projectPaths } from './find-project.ts';
import { loadProjectConfig } from './load-project-config.ts';
import { openContexts, type ProjectContexts, withoutContext } from './open-contexts.ts';
import { type OpenEndpoint, openEndpoint } from './open-endpoint.ts';
import { openIndex } from './open-index.ts';
import { openToolEntry } from './open-tools.ts';
import type { OpenProjectOptions, Project, ProjectChange } from './project.ts';
import { lockProject } from './project-lock.ts';
import { openRunStore } from './run-store.ts';

/** @throws {FieldkitError} `INVALID_CONFIG`, or a store's error. */
export async function openProject(root: string, options: OpenProjectOptions): Promise<Project> {
  const { environment, signal, onFinding, recording, change = {} } = options;
  const cancellable = signal === undefined ? {} : { signal };
  const written = await loadProjectConfig(root);
  const config = change.config?.(written) ?? written;
  const paths = projectPaths(root);
  const documents = openDocumentStore(paths.documents);
  const runs = openRunStore(paths.runs);
  const closers: (() => Promise<void> | void)[] = [() => documents.close(), () => runs.close()];
  const closeLater = <T extends { close(): Promise<void> | void }>(opened: T): T => {
    closers.push(() => opened.close());
    return opened;
  };

  /** Contexts of calls that were approved before they reached the tools. */
  const approved = new WeakSet<ToolContext>();

  const endpoint = once(async () =>
    closeLater(await openEndpoint(config, { root, environment, ...cancellable, ...(recording && { recording }) })),
  );
  const index = once(async () => closeLater(await openIndex(config, paths, environment)));
  /** Embeddings on this machine, where the configuration names a model. */
  const localEmbedder = once(async (): Promise<Embedder | undefined> => {
    if (config.embeddings === undefined) return undefined;
    const { createOnnxEmbedder } = await import('@fieldkit/models');
    const { engine: _, folder: named, ...settings } = config.embeddings;
    const folder = resolveValue(named, environment);
    if (folder === undefined)
      throw new FieldkitError('INVALID_CONFIG', `embeddings.folder: ${describeValue(named)} is not set`);
    const model = await createOnnxEmbedder({ ...settings, folder: resolve(root, folder), installedIn: [root] });
    closeLater(model);
    return closeLater(cachedEmbedder(model, join(paths.cache, 'embeddings.db')));
  });
  /** Known without opening anything; a recording says itself what it was made with. */
  const choosesStandin = () => recording?.mode !== 'replay' && chooseEndpoint(config, environment).kind === 'standin';
  /** Embeddings and reranking; the stand-in has none that mean anything, so it is not even started for them. */
  const retrievalModels = async (): Promise<Partial<Pick<OpenEndpoint, 'embedder' | 'reranker'>>> => {
    const { embedder, reranker } = choosesStandin() ? {} : await endpoint();
    const own = (await localEmbedder()) ?? embedder;
    return { ...(own === undefined ? {} : { embedder: own }), ...(reranker === undefined ? {} : { reranker }) };
  };
  const analyzer: AnalyzeTextOptions = config.index.han === undefined ? {} : { han: config.index.han };
  const makeRetriever = async (settings: RetrievalSettings = {}) => {
    const { createRetriever } = await import('@fieldkit/rag');
    const { embedder, reranker } = await retrievalModels();
    const models = { ...(embedder === undefined ? {} : { embedder }), ...(reranker === undefined ? {} : { reranker }) };
    const textOf = (id: string, start: number, end: number) => documents.get(id)?.text.slice(start, end);
    const defaults = { ...config.retrieval, ...settings };
    return createRetriever({ index: await index(), ...models, analyzer, textOf, defaults });
  };
  const retriever = once(makeRetriever);
  const tools = once(async () => {
    const { connectTools } = await import('@fieldkit/mcp-tools');
    const around = { root, environment, retriever, closeLater, ...cancellable, ...(onFinding ? { onFinding } : {}) };
    const entries = await Promise.all(config.tools.map((spec) => openToolEntry(spec, around)));
    const policy: ToolPolicy = { grants: config.granted, approve: async ({ context }) => approved.has(context) };
    const connected = closeLater(await connectTools(entries, { policy }));
    for (const finding of connected.findings) onFinding?.(finding);
    const { tool: changed } = change;
    return changed === undefined ? connected.tools : connected.tools.map((tool) => changed(tool));
  });
  const approvedTools = once(async () =>
    (await tools()).map((tool): Tool => {
      if (tool.effects === 'read') return tool;
      return {
        ...tool,
        run(input, context) {
          const own = { ...context };
          approved.add(own);
          return tool.run(input, own);
        },
      };
    }),
  );
  const longTermMemory = once(async (): Promise<LongTermMemory> => {
    const { createLongTermMemory } = await import('./long-term-memory.ts');
    const { index: engine } = config;
    const own = engine.engine === 'lance' ? engine : { ...engine, name: `${engine.name ?? config.name}-memory` };
    const notes = closeLater(
      await openIndex({ ...config, index: own }, { ...paths, index: paths.memory }, environment),
    );
    return createLongTermMemory(notes, (await retrievalModels()).embedder);
  });
  const agent = once(async (): Promise<Agent> => {
    const { createAgent } = await import('@fieldkit/agent');
    const plan = planOf(config);
    const shared = sessionsPlace(config, environment);
    const memory = plan.memory.longTerm === 0 ? {} : { longTermMemory: await longTermMemory() };
    const { chat } = await endpoint();
    const open = plan.nodes.some(({ kind }) => kind === 'react')
      ? await import('@fieldkit/models/langchain')
      : undefined;
    return closeLater(
      createAgent({
        plan,
        ...memory,
        ...(open === undefined ? {} : { langchain: (model) => new open.FieldkitChatModel(model) }),
        models: (name) => (change.model === undefined ? chat(name) : change.model(chat(name), name)),
        tools: await approvedTools(), // the agent has each write approved itself, and remembers it
        prompts: { ...projectPrompts(root, plan.nodes), ...textsOf(change.prompts) },
        locate: (documentId, start, end) => locate(documents, documentId, start, end),
        ...(shared === undefined ? { checkpoints: paths.sessions, archive: runs } : { checkpoints: shared }),
      }),
    );
  });

  /** Stores a run when it has ended, unless the agent does: one that is shared by several machines has its results with its sessions. */
  async function* stored(events: AsyncIterable<AgentEvent>): AsyncIterable<AgentEvent> {
    for await (const event of events) {
      if (event.type === 'run-end' && config.sessions !== undefined) await runs.put(event.run);
      yield event;
    }
  }

  /** Undefined when the configuration asks for none, or nobody is there to write them. */
  async function writtenContexts(): Promise<ProjectContexts | undefined> {
    const { contexts } = config.knowledge;
    if (contexts === undefined) return undefined;
    const extractive = choosesStandin() || (await endpoint()).standin;
    if (!extractive) return openContexts(contexts, paths, await endpoint());
    onFinding?.({
      severity: 'warning',
      code: 'contexts-not-written',
      message:
        'knowledge.contexts asks a model to write, and the stand-in is none: chunks have title and headings only',
      where: 'knowledge.contexts',
      suggestion: 'set the variables of endpoint, then run `fieldkit ingest` again',
    });
    return undefined;
  }

  let indexed = false; // once something is there, asking again on every question would cost more than it tells
  async function requireIndex(): Promise<void> {
    if (indexed) return;
    const { chunks } = await (await index()).stats();
    indexed = chunks > 0;
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
    analyzer,
    retriever: (settings) => (settings === undefined ? retriever() : makeRetriever(settings)),
    tools,
    approvedTools,
    caller: callerOf,

    async ingest({ onIndex, rebuild = false, ...reading } = {}) {
      const started = performance.now();
      const lock = lockProject(paths.lock, 'run `fieldkit ingest`');
      let contexts: ProjectContexts | undefined;
      try {
        const [{ segmentDocument, segmenterStamp }, { syncIndex }, { readDocuments, requireFiles }] = await Promise.all(
          [import('@fieldkit/ingest'), import('@fieldkit/rag'), import('./ingest-project.ts')],
        );
        const files = await readDocuments(root, config, documents, {
          ...reading,
          model: async (name) => (await endpoint()).chat(name),
        });
        const { segmentation } = config.knowledge;
        const readable = documents.list().filter(({ failure }) => failure === undefined);
        const { embedder } = await retrievalModels();
        contexts = await writtenContexts();
        const { contextLine } = config.knowledge;
        const contextStamp = [
          ...(contextLine ? [] : ['no context line']),
          ...(contexts === undefined ? [] : [contexts.stamp]),
        ];
        const syncInto = (target: Index) =>
          syncIndex({
            index: target,
            documents: readable.map(({ id, contentHash, readerStamp, groups, tenant }) => ({
              id,
              contentStamp: JSON.stringify([contentHash, readerStamp, tenant, groups, ...contextStamp]),
            })),
            chunksOf: async (id) => {
              const document = documents.get(id);
              if (document === undefined) return [];
              const cut = segmentDocument(document, segmentation);
              const chunks = contextLine ? cut : cut.map(withoutContext);
              return contexts?.add(document, chunks, reading.signal) ?? chunks;
            },
            stamp: { segmenter: segmenterStamp(segmentation) },
            analyzer,
            ...(embedder === undefined ? {} : { embedder }),
            ...(reading.signal === undefined ? {} : { signal: reading.signal }),
            ...(onIndex === undefined ? {} : { onProgress: ({ done, total }) => onIndex(done, total) }),
          });
        const sync = await syncOrRebuild(await index(), syncInto, rebuild);
        requireFiles(files, root, config.knowledge.include); // what was read before has left the index by now
        const { chunks } = await (await index()).stats();
        return {
          files,
          documents: readable.length,
          pages: readable.reduce((sum, { pageCount }) => sum + (pageCount ?? 0), 0),
          chunks,
          findings: files.reduce((sum, { findings }) => sum + findings.length, 0),
          failed: files.filter(({ outcome }) => outcome === 'failed').length,
          sync,
          ...(contexts === undefined ? {} : { contexts: contexts.summary() }),
          durationMs: performance.now() - started,
        };
      } finally {
        contexts?.close();
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
      yield* stored((await agent()).ask({ question, caller, ...rest }));
    },

    plan: () => planOf(config),
    agent,
    longTermMemory,

    async *resume(runId, { caller = callerOf(), ...rest } = {}) {
      yield* stored((await agent()).resume({ runId, caller, ...rest }));
    },

    async *replay(run, options) {
      await requireIndex();
      yield* stored((await agent()).replay(run, options));
    },

    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

/** What a configuration without a pipeline runs. */
export const DEFAULT_PIPELINE: readonly NodeSpec[] = [understand({ model: 'fast' }), gather(), answer()];

/** A server for sessions, when the configuration names one. @throws {FieldkitError} `INVALID_CONFIG` when its address is not set. */
function sessionsPlace({ name, sessions }: ProjectConfig, environment: OpenProjectOptions['environment']) {
  if (sessions === undefined) return undefined;
  const postgres = resolveValue(sessions.postgres, environment);
  if (postgres === undefined) {
    throw new FieldkitError('INVALID_CONFIG', `sessions.postgres: ${describeValue(sessions.postgres)} is not set`);
  }
  const usual = `fieldkit_${name.toLowerCase().replace(/[^a-z0-9]+/g, '_')}`.slice(0, 63);
  return { postgres, schema: sessions.schema ?? usual };
}

/** The pipeline of a configuration with all that bounds and guards it. */
function planOf({ pipeline, edges, memory, budget, granted, approval, guards }: ProjectConfig): PipelinePlan {
  const nodes = [...(pipeline ?? DEFAULT_PIPELINE)];
  return pipelinePlan({ nodes, edges, memory, budget, granted, approval, guards });
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

function textsOf(prompts: ProjectChange['prompts'] = {}): Record<string, { text: string }> {
  return Object.fromEntries(Object.entries(prompts).map(([name, text]) => [name, { text }]));
}

/** Where a stretch of a stored document stands. */
function locate(documents: DocumentStore, documentId: string, start: number, end: number) {
  const document = documents.get(documentId);
  if (document === undefined) return { places: [], headings: [] };
  const places = placesOf(document, start, end);
  const columns = columnsAt(document, start);
  const found = { places, headings: headingsAt(document, start), ...(columns === undefined ? {} : { columns }) };
  const lines = places.length === 0 && String(document.metadata.mediaType).startsWith('text/');
  return lines ? { ...found, line: document.text.slice(0, start).split('\n').length } : found;
}
