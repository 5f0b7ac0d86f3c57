import {
  type ChatEvent,
  type ChatModel,
  documentId,
  estimateTokens,
  findQuote,
  type Passage,
  passagesOutputSchema,
  type Tool,
} from '@fieldkit/core';
import type { Case, Change } from '@fieldkit/eval';
import type { ProjectConfig } from './config-schema.ts';
import { DEFAULT_PIPELINE } from './open-project.ts';
import type { Project, ProjectChange } from './project.ts';

/** The present item of a replay: replays run one after the other. */
export interface ReplayItem {
  current: Case | undefined;
}

export interface ReplayChangeOptions {
  /** Of the unchanged project: where gold passages come from. */
  readonly project: Project;
  readonly item: ReplayItem;
  /** A model of the endpoint that is expected to be better. Without it `stronger-model` cannot be made. */
  readonly stronger?: string;
}

/** How one of the usual changes is made to a project; undefined when it cannot be made. */
export function replayChange(
  change: Change,
  { project, item, stronger }: ReplayChangeOptions,
): ProjectChange | undefined {
  switch (change.name) {
    case 'gold-context':
      return { tool: (tool) => (tool.yields === 'passages' ? withGoldPassages(tool, project, item) : tool) };
    case 'larger-k':
      return { config: (config) => withRoom(withLargerLimit(config)) };
    case 'gold-tool-result':
      return { model: (model) => withGoldCalls(model, item) };
    case 'stronger-model': {
      if (stronger === undefined) return undefined;
      return { config: (config) => withNodes(config, (node) => ({ ...node, model: stronger })) };
    }
    case 'thinking-on':
      return { config: (config) => withNodes(config, (node) => ({ ...node, thinking: true })) };
    default:
      return undefined;
  }
}

type Node = NonNullable<ProjectConfig['pipeline']>[number];

function withNodes(
  config: ProjectConfig,
  change: (node: Node) => Node,
  nodes: readonly Node[] = config.pipeline ?? DEFAULT_PIPELINE,
) {
  return { ...config, pipeline: nodes.map(change) };
}

/** Four times the passages. */
function withLargerLimit(config: ProjectConfig): ProjectConfig {
  const tools = config.tools.map((spec) =>
    spec.kind === 'search-knowledge' ? { ...spec, limit: Math.min(50, spec.limit * 4) } : spec,
  );
  return { ...config, tools };
}

/** Room in the last prompt for all that is retrieved. */
function withRoom(config: ProjectConfig): ProjectConfig {
  return withNodes(config, (node) =>
    node.kind === 'answer' ? { ...node, evidenceTokens: Math.max(24_000, node.evidenceTokens) } : node,
  );
}

/** The search tool with the passages of the gold places before what it finds itself. */
function withGoldPassages(tool: Tool, project: Project, item: ReplayItem): Tool {
  return {
    ...tool,
    async run(input, context) {
      const result = await tool.run(input, context);
      const parsed = passagesOutputSchema.safeParse(result.data);
      if (!parsed.success || item.current === undefined) return result;
      const gold = goldPassages(item.current, project);
      const found = parsed.data.passages.filter(({ id }) => !gold.some((passage) => passage.id === id));
      return { ...result, data: { passages: [...gold, ...found] } };
    },
  };
}

/** Words around a gold quote that come along, in UTF-16 code units. */
const AROUND = 300;

/** A gold place as retrieval would give it; of a document that was never read, the quote alone. */
function goldPassages({ gold }: Case, project: Project): Passage[] {
  return gold.flatMap((place, index): Passage[] => {
    const { quote } = place;
    if (quote === undefined) return [];
    const stored = project.documents.list().find(({ uri }) => uri === place.document);
    const document = stored === undefined ? undefined : project.documents.get(stored.id);
    const span = document === undefined ? undefined : findQuote(document.text, quote);
    const start = span === undefined ? 0 : Math.max(0, span.start - AROUND);
    const text = document === undefined || span === undefined ? quote : document.text.slice(start, span.end + AROUND);
    return [
      {
        id: `gold-${index}`,
        documentId: document?.id ?? documentId(project.config.knowledge.tenant, place.document),
        index: 0,
        start,
        end: start + text.length,
        text,
        context: '',
        headings: place.headings ?? [],
        tokens: estimateTokens(text),
        metadata: { ...document?.metadata, uri: place.document, title: document?.title ?? place.document },
        tenant: document?.tenant ?? project.config.knowledge.tenant,
        groups: document?.groups ?? [],
        score: 1,
        ranks: {},
      },
    ];
  });
}

/** A model that, when it may first call tools, makes the calls that the case expects, and of its own only those of tools that search. */
function withGoldCalls(model: ChatModel, item: ReplayItem): ChatModel {
  return {
    ...model,
    async *chat(request, options): AsyncIterable<ChatEvent> {
      const expected = item.current?.tools ?? [];
      const first = request.tools !== undefined && !request.messages.some(({ role }) => role === 'tool');
      if (!first || expected.length === 0) {
        yield* model.chat(request, options);
        return;
      }
      for await (const event of model.chat(request, options)) {
        if (event.type === 'tool-call' && !isSearch(event.call.name, request.tools)) continue;
        if (event.type !== 'finish') {
          yield event;
          continue;
        }
        for (const [index, { name, arguments: values }] of expected.entries()) {
          if (request.tools?.some((tool) => tool.name === name) !== true) continue;
          yield {
            type: 'tool-call',
            call: { id: `gold-${index}`, name, arguments: JSON.stringify(plainValues(values)) },
          };
        }
        yield { ...event, reason: 'tool-calls' };
      }
    },
  };
}

/** A tool that takes a `query` looks for something; every other call is one that the case could have expected. */
function isSearch(
  name: string,
  tools: readonly { name: string; inputSchema: Readonly<Record<string, unknown>> }[] = [],
) {
  const properties = tools.find((tool) => tool.name === name)?.inputSchema.properties;
  return properties !== null && typeof properties === 'object' && 'query' in properties;
}

/** Of several accepted values the first; an argument that may be left out is. */
function plainValues(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      const choice = value !== null && typeof value === 'object' && 'anyOf' in value ? value.anyOf : [value];
      const [first] = Array.isArray(choice) ? choice : [];
      return first === undefined ? [] : [[key, first]];
    }),
  );
}
