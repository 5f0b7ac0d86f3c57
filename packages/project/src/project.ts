import type { Agent, AgentEvent, LongTermMemory, ReplayOptions, Turn } from '@fieldkit/agent';
import type { PipelinePlan } from '@fieldkit/agent/plan';
import {
  type AnalyzeTextOptions,
  type Caller,
  type ChatModel,
  type Document,
  type Finding,
  maySee,
  type Passage,
  type RetrieveOptions,
  type Retriever,
  type Run,
  type Tool,
} from '@fieldkit/core';
import type { Index, IndexStats, RetrievalSettings, SyncResult } from '@fieldkit/rag';
import type { ProjectConfig } from './config-schema.ts';
import type { DocumentStore } from './document-store.ts';
import type { ProjectPaths } from './find-project.ts';
import type { IngestedFile, ReadDocumentsOptions } from './ingest-project.ts';
import type { ContextSummary } from './open-contexts.ts';
import type { OpenEndpoint } from './open-endpoint.ts';
import type { Recording } from './recorded-endpoint.ts';
import type { RunStore } from './run-store.ts';

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
  /** Present when `knowledge.contexts` is set and a model was there to write them. */
  readonly contexts?: ContextSummary;
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
  /** Earlier turns, oldest first, in place of what the session remembers. */
  readonly history?: readonly Turn[];
  /** Default: a new one. */
  readonly runId?: string;
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
  /** How texts and queries become terms. */
  readonly analyzer: AnalyzeTextOptions;
  /** Finds passages in the index with the project's models; `settings` override those of the configuration. */
  retriever(settings?: RetrievalSettings): Promise<Retriever>;
  indexStats(): Promise<IndexStats>;
  /** @throws {FieldkitError} `INDEX_NOT_FOUND` before the first `ingest`. */
  search(query: string, caller: Caller, options?: RetrieveOptions): Promise<Passage[]>;
  /**
   * The tools of the configuration, connected over MCP; dev servers are started when their address is not set. One that writes and has no grant
   * refuses with `TOOL_NEEDS_APPROVAL`.
   */
  tools(): Promise<readonly Tool[]>;
  /** The same for a caller that has each write approved itself. */
  approvedTools(): Promise<readonly Tool[]>;
  /** Answers one question; the run is stored when it has ended, also when it failed. */
  ask(question: string, options?: AskOptions): AsyncIterable<AgentEvent>;
  /** What the agent runs. @throws {FieldkitError} `INVALID_CONFIG` for an edge to nowhere or a name used twice. */
  plan(): PipelinePlan;
  /** Notes kept beyond sessions, whether or not the plan uses them. */
  longTermMemory(): Promise<LongTermMemory>;
  /** The agent itself: unfinished runs, approvals. Runs that it makes are stored by `ask`, `resume` and `replay` only. */
  agent(): Promise<Agent>;
  /** Goes on with a run that did not end; stored like any other. */
  resume(runId: string, options?: Pick<AskOptions, 'caller' | 'signal'>): AsyncIterable<AgentEvent>;
  /** Runs a stored run again as a new one, which is stored too. */
  replay(run: Run, options?: ReplayOptions): AsyncIterable<AgentEvent>;
  /** Ends every connection and child process; may be called twice. */
  close(): Promise<void>;
}

export interface OpenProjectOptions {
  /** Variables that the configuration may name. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  /** Told of things worth saying that are no errors: a dev server that was started, a tool that is missing. */
  readonly onFinding?: (finding: Finding) => void;
  /** The project with something changed, for a comparison; its files stay as they are. */
  readonly change?: ProjectChange;
  /** Model calls are recorded, or given back from a recording. */
  readonly recording?: Recording;
}

/** Parts of a project that an experiment puts another in place of. */
export interface ProjectChange {
  readonly config?: (config: ProjectConfig) => ProjectConfig;
  readonly tool?: (tool: Tool) => Tool;
  /** `name` is the alias or model id that a node asks for. */
  readonly model?: (model: ChatModel, name: string) => ChatModel;
  /** Texts in place of `prompts/NAME.md`. */
  readonly prompts?: Readonly<Record<string, string>>;
}

/** A stored document if the caller may see it: the same rule as retrieval. */
export function visibleDocument(project: Project, id: string, caller: Caller): Document | undefined {
  const document = project.documents.get(id);
  return document !== undefined && maySee(caller, document) ? document : undefined;
}
