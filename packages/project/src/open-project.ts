import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Agent,
  type AgentEvent,
  answer,
  createAgent,
  defaultPrompts,
  gather,
  type NodeSpec,
  nodeName,
  parsePrompt,
  pipelinePlan,
  understand,
} from '@fieldkit/agent';
import {
  type Caller,
  FieldkitError,
  type Finding,
  headingsAt,
  maySee,
  type Passage,
  placesOf,
  type RetrieveOptions,
  type Tool,
} from '@fieldkit/core';
import { segmentDocument, segmenterStamp } from '@fieldkit/ingest';
import { connectTools, lookupRecord, searchKnowledge } from '@fieldkit/mcp-tools';
import { createLanceIndex, createRetriever, type Index, type SyncResult, syncIndex } from '@fieldkit/rag';
import type { ProjectConfig, ToolSpec } from './config-schema.ts';
import { resolveValue } from './config-values.ts';
import { type DocumentStore, openDocumentStore } from './document-store.ts';
import { type ProjectPaths, projectPaths } from './find-project.ts';
import { type IngestedFile, type ReadDocumentsOptions, readDocuments, requireFiles } from './ingest-project.ts';
import { loadProjectConfig } from './load-project-config.ts';
import { type OpenEndpoint, openEndpoint } from './open-endpoint.ts';
import { lockProject } from './project-lock.ts';
import { openRunStore, type RunStore } from './run-store.ts';
import { type Service, startService } from './start-service.ts';

export interface IngestSummary {
  readonly files: readonly IngestedFile[];
  readonly documents: number;
  readonly pages: number;
  readonly chunks: number;
  readonly findings: number;
  readonly failed: number;
  readonly sync: SyncResult;
  readonly durationMs: number;
}

export interface AskOptions {
  readonly caller?: Caller;
  readonly sessionId?: string;
  readonly signal?: AbortSignal;
}

/** One customer's project, open: everything is made when it is first needed and closed by `close`. */
export interface Project {
  readonly config: ProjectConfig;
  readonly paths: ProjectPaths;
  readonly documents: DocumentStore;
  readonly runs: RunStore;
  /** The caller of a command: the project's tenant, no groups unless given. */
  caller(options?: {
    readonly groups?: readonly string[] | undefined;
    readonly tenant?: string | undefined;
    readonly subject?: string | undefined;
  }): Caller;
  endpoint(): Promise<OpenEndpoint>;
  /** Reads the documents and brings the index up to date; a second process that writes is refused. */
  ingest(
    options?: ReadDocumentsOptions & {
      readonly rebuild?: boolean;
      readonly onIndex?: (done: number, total: number) => void;
    },
  ): Promise<IngestSummary>;
  search(query: string, caller: Caller, options?: RetrieveOptions): Promise<Passage[]>;
  /** The tools of the configuration, connected over MCP; the customer's dev servers are started when needed. */
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
  const config = await loadProjectConfig(root);
  const paths = projectPaths(root);
  const closers: (() => Promise<void> | void)[] = [];
  const documents = openDocumentStore(paths.documents);
  const runs = openRunStore(paths.runs);
  closers.push(
    () => documents.close(),
    () => runs.close(),
  );

  const endpoint = once(async () => {
    const opened = await openEndpoint(config, { environment, ...(signal === undefined ? {} : { signal }) });
    closers.push(() => opened.close());
    return opened;
  });
  const index = once(async () => {
    const opened = await createLanceIndex({ directory: paths.index });
    closers.push(() => opened.close());
    return opened;
  });
  const retriever = once(async () => {
    const { embedder, reranker } = await endpoint();
    return createRetriever({
      index: await index(),
      ...(embedder === undefined ? {} : { embedder }),
      ...(reranker === undefined ? {} : { reranker }),
    });
  });
  const tools = once(async () => {
    const local = await Promise.all(config.tools.map((spec) => openTool(spec)));
    const connected = await connectTools([{ tools: local }]);
    closers.push(() => connected.close());
    for (const finding of connected.findings) onFinding?.(finding);
    return connected.tools;
  });
  const agent = once(async (): Promise<Agent> => {
    const { chat } = await endpoint();
    const nodes: readonly NodeSpec[] = config.pipeline ?? [understand({ model: 'fast' }), gather(), answer()];
    const { steps, tokens, seconds, cost } = config.budget;
    const plan = pipelinePlan({
      nodes: [...nodes],
      edges: config.edges,
      memory: config.memory,
      budget: { steps, tokens, seconds, ...(cost === undefined ? {} : { cost }) },
    });
    const created = await createAgent({
      plan,
      models: chat,
      tools: await tools(),
      prompts: loadPrompts(root, nodes),
      locate,
      checkpoints: paths.sessions,
    });
    closers.push(() => created.close());
    return created;
  });

  async function openTool(spec: ToolSpec): Promise<Tool> {
    if (spec.kind === 'search-knowledge')
      return searchKnowledge({ retrieve: await retriever(), defaults: { limit: spec.limit } });
    const { name, openapi, operations, devServer, timeoutMs } = spec;
    let baseUrl = resolveValue(spec.baseUrl, environment);
    if (baseUrl === undefined && devServer !== undefined) {
      const service: Service = await startService({
        name: `${name} (${devServer})`,
        script: join(root, devServer),
        cwd: root,
        ...(signal === undefined ? {} : { signal }),
      });
      closers.push(() => service.close());
      baseUrl = service.url;
      onFinding?.({
        severity: 'info',
        code: 'dev-server-started',
        message: `${name} uses the project's own test server ${devServer}`,
        where: `tools.${name}`,
      });
    }
    if (baseUrl === undefined) {
      throw new FieldkitError(
        'INVALID_CONFIG',
        `tools.${name}.baseUrl is not set; set its environment variable, or name a devServer script for tests`,
      );
    }
    const path = join(root, openapi);
    if (!existsSync(path))
      throw new FieldkitError('INVALID_CONFIG', `tools.${name}.openapi: there is no file ${openapi} in ${root}`);
    return lookupRecord({ name, openapi: path, operations, baseUrl, timeoutMs });
  }

  function locate(documentId: string, start: number, end: number) {
    const document = documents.get(documentId);
    if (document === undefined) return { places: [], headings: [] };
    const line = document.text.slice(0, start).split('\n').length;
    return { places: placesOf(document, start, end), line, headings: headingsAt(document, start) };
  }

  async function requireIndex(caller: Caller): Promise<void> {
    const { chunks } = await (await index()).stats();
    if (chunks === 0)
      throw new FieldkitError(
        'INDEX_NOT_FOUND',
        `nothing is indexed yet for tenant ${caller.tenant}; run \`fieldkit ingest\` first`,
      );
  }

  const callerOf: Project['caller'] = ({ groups = [], tenant = config.knowledge.tenant, subject = 'cli' } = {}) => ({
    tenant,
    subject,
    groups: [...groups],
  });

  return {
    config,
    paths,
    documents,
    runs,
    endpoint,
    tools,
    caller: callerOf,

    async ingest({ onIndex, rebuild = false, ...reading } = {}) {
      const started = performance.now();
      const lock = lockProject(paths.lock, 'run `fieldkit ingest`');
      try {
        const files = await readDocuments(root, config, documents, reading);
        requireFiles(files, root, config.knowledge.include);
        const { embedder } = await endpoint();
        const { segmentation } = config.knowledge;
        const readable = documents.list().filter(({ failure }) => failure === undefined);
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
        const current = await index();
        const sync = rebuild ? await current.rebuild(syncInto) : await syncInto(current);
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

    async search(query, caller, searchOptions) {
      await requireIndex(caller);
      return (await retriever())(query, caller, searchOptions);
    },

    async *ask(question, askOptions = {}) {
      const { caller = callerOf(), ...rest } = askOptions;
      await requireIndex(caller);
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

/** `prompts/NAME.md` of the project, or the default of the node's kind. */
function loadPrompts(root: string, nodes: readonly NodeSpec[]) {
  return Object.fromEntries(
    nodes.map((node) => {
      const name = nodeName(node);
      const path = join(root, 'prompts', `${name}.md`);
      const text = existsSync(path) ? readFileSync(path, 'utf8') : defaultPrompts[node.kind];
      return [name, parsePrompt(text, `prompts/${name}.md`)];
    }),
  );
}

/** Whether a caller may see a stored document; the same rule as retrieval. */
export function visibleDocument(project: Project, id: string, caller: Caller) {
  const document = project.documents.get(id);
  return document !== undefined && maySee(caller, document) ? document : undefined;
}
