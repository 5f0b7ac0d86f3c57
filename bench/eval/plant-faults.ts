/**
 * Plants faults in the two examples, one stage at a time, and asks for the planted cause back.
 *
 *   node --conditions=@fieldkit/source bench/eval/plant-faults.ts [--only CAUSE,…] [--items 12] [--out FILE]
 *
 * Each example is copied, ingested and asked as it is; only questions that pass then are used. For each fault the real pipeline runs with one
 * part broken: files, documents, chunks, access, index, queries, ranking, evidence, records, tool calls, the answering model, bounds, labels.
 * Counted are the items that fail under the fault: how many get the planted cause as their first. Prints a row per fault and writes JSON.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type ChatEvent,
  type ChatModel,
  type ChatRequest,
  type Chunk,
  type Document,
  FieldkitError,
  findQuote,
  mapConcurrent,
  type Tool,
  type ToolCall,
} from '../../packages/core/src/index.ts';
import {
  agentScorers,
  askTarget,
  attribute,
  type Case,
  type Cause,
  caseSchema,
  readCases,
  type Scorer,
  scoreOutcome,
  toolCallsOf,
} from '../../packages/eval/src/index.ts';
import { segmentDocument, segmenterStamp } from '../../packages/ingest/src/index.ts';
import {
  attributionFacts,
  createAgentTarget,
  openProject,
  type Project,
  type ProjectChange,
  type ProjectConfig,
} from '../../packages/project/src/index.ts';
import { syncIndex } from '../../packages/rag/src/index.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    items: { type: 'string', default: '12' },
    out: { type: 'string' },
  },
});
const most = Number(values.items);
const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'fieldkit-faults-'));
// the configurations of the copies import our package by name
mkdirSync(join(folder, 'node_modules', '@fieldkit'), { recursive: true });
symlinkSync(
  fileURLToPath(new URL('../../packages/project', import.meta.url)),
  join(folder, 'node_modules', '@fieldkit', 'project'),
);
const signal = new AbortController().signal;
/** Without a model endpoint, whatever the environment has: the stand-in answers. */
const environment: Record<string, string | undefined> = { PATH: process.env.PATH };

interface Fault {
  readonly name: string;
  readonly cause: Cause;
  /** Which of the questions that pass; default those with a gold quote that are to be answered. */
  readonly items?: (world: World) => readonly Case[];
  readonly change?: ProjectChange;
  /** Breaks a copy of the project on disk, before it is opened or after. */
  readonly files?: (root: string, items: readonly Case[]) => void;
  readonly stores?: (project: Project, items: readonly Case[]) => Promise<void>;
  readonly label?: (item: Case) => Case;
  readonly judge?: Scorer;
}

interface World {
  readonly example: string;
  readonly root: string;
  /** Questions of documents, of records, and not to be answered, that the unbroken pipeline gets right. */
  readonly documents: readonly Case[];
  readonly records: readonly Case[];
  readonly unanswerable: readonly Case[];
}

// --- parts that misbehave

interface Reply {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly reason?: 'stop' | 'length';
}

/** A model whose finished reply is changed before anybody sees it. */
function rewriting(model: ChatModel, change: (reply: Reply, request: ChatRequest) => Reply): ChatModel {
  return {
    ...model,
    async *chat(request, options): AsyncIterable<ChatEvent> {
      let text = '';
      const calls: ToolCall[] = [];
      for await (const event of model.chat(request, options)) {
        if (event.type === 'text-delta') text += event.text;
        else if (event.type === 'tool-call') calls.push(event.call);
        else if (event.type === 'finish') {
          const reply = change({ text, calls }, request);
          if (reply.text !== '') yield { type: 'text-delta', text: reply.text };
          for (const call of reply.calls) yield { type: 'tool-call', call };
          yield { ...event, reason: reply.reason ?? (reply.calls.length > 0 ? 'tool-calls' : 'stop') };
        } else yield event;
      }
    },
  };
}

/** The answering model alone: it is asked without tools and without a schema. */
function answering(change: (reply: Reply, request: ChatRequest) => Reply): ProjectChange {
  return {
    model: (model) =>
      rewriting(model, (reply, request) =>
        request.tools === undefined && request.output === undefined && !/^Sentence: /.test(lastUser(request))
          ? change(reply, request)
          : reply,
      ),
  };
}

/** The model that chooses tools alone. */
function choosing(change: (reply: Reply, request: ChatRequest) => Reply): ProjectChange {
  return {
    model: (model) =>
      rewriting(model, (reply, request) => (request.tools === undefined ? reply : change(reply, request))),
  };
}

const lastUser = ({ messages }: ChatRequest) => messages.findLast(({ role }) => role === 'user')?.content ?? '';
const isSearch = ({ name }: { name: string }) => name === 'search_knowledge';
const withArguments = (
  call: ToolCall,
  change: (input: Record<string, unknown>) => Record<string, unknown>,
): ToolCall => ({
  ...call,
  arguments: JSON.stringify(change(JSON.parse(call.arguments))),
});
const onSearch = (change: (tool: Tool) => Tool) => (tool: Tool) => (tool.yields === 'passages' ? change(tool) : tool);
const onAnswer = (config: ProjectConfig, fields: Record<string, unknown>): ProjectConfig => ({
  ...config,
  pipeline: (config.pipeline ?? []).map((node) => (node.kind === 'answer' ? { ...node, ...fields } : node)),
});
/** Lines of the evidence that the answering model is shown, with their number. */
function evidenceLines(request: ChatRequest): { number: number; line: string }[] {
  const lines: { number: number; line: string }[] = [];
  let number = 0;
  let inText = false;
  for (const line of lastUser(request).split('\n')) {
    const opened = /<evidence-\S+ .*?(\d+)/.exec(line);
    if (opened !== null) [number, inText] = [Number(opened[1]), false];
    else if (/^--- text /.test(line)) inText = true;
    else if (/^<\/evidence-/.test(line)) inText = false;
    else if (inText && line.trim().length > 20 && line.length < 300) lines.push({ number, line: line.trim() });
  }
  return lines;
}

/** A document with the words of a quote unreadable, as a failed reader leaves them; lengths stay. */
function garbled(document: Document, quotes: readonly string[]): Document {
  let { text } = document;
  for (const quote of quotes) {
    const span = findQuote(text, quote);
    if (span === undefined) continue;
    const blind = text.slice(span.start, span.end).replace(/[^\s|]/gu, '▯');
    text = text.slice(0, span.start) + blind + text.slice(span.end);
  }
  let at = 0;
  const blocks = document.blocks.map((block) => {
    const part = text.slice(at, at + block.text.length);
    at += block.text.length + 2;
    // A table's text is made of its cells: a paragraph with the same text is what a reader without tables leaves.
    const { table: _, ...plain } = block;
    return part === block.text ? block : { ...plain, kind: 'paragraph' as const, text: part };
  });
  return { ...document, text, blocks };
}

/** Builds the index anew from chunks that somebody has changed. */
async function reindex(
  project: Project,
  change: (chunk: Chunk, document: Document) => readonly Chunk[],
): Promise<void> {
  const { segmentation } = project.config.knowledge;
  const index = await project.index();
  const files = project.documents.list().filter(({ failure }) => failure === undefined);
  await index.rebuild((target) =>
    syncIndex({
      index: target,
      documents: files.map(({ id, contentHash, readerStamp, groups, tenant }) => ({
        id,
        contentStamp: JSON.stringify([contentHash, readerStamp, tenant, groups]),
      })),
      chunksOf: async (id) => {
        const document = project.documents.get(id);
        return document === undefined
          ? []
          : segmentDocument(document, segmentation).flatMap((chunk) => change(chunk, document));
      },
      stamp: { segmenter: segmenterStamp(segmentation) },
    }),
  );
}

/** Every quote of a document that some item needs, alternatives included. */
function quotesIn(items: readonly Case[], uri: string): string[] {
  return items.flatMap(({ gold }) =>
    gold
      .flatMap(({ alternatives = [], ...place }) => [place, ...alternatives])
      .flatMap(({ document, quote }) => (document === uri && quote !== undefined ? [quote] : [])),
  );
}

function cutInside(chunk: Chunk, document: Document, quotes: readonly string[]): Chunk[] {
  for (const quote of quotes) {
    const span = findQuote(document.text, quote);
    if (span === undefined) continue;
    const middle = Math.floor((span.start + span.end) / 2);
    if (chunk.start < middle && middle < chunk.end) {
      const pieces = [
        { ...chunk, id: `${chunk.id}-a`, end: middle, text: document.text.slice(chunk.start, middle) },
        { ...chunk, id: `${chunk.id}-b`, start: middle, text: document.text.slice(middle, chunk.end) },
      ];
      return pieces.flatMap((piece) =>
        cutInside(
          piece,
          document,
          quotes.filter((other) => other !== quote),
        ),
      );
    }
  }
  return [chunk];
}

const goldFiles = (items: readonly Case[]) => [
  ...new Set(
    items.flatMap(({ gold }) =>
      gold.flatMap(({ document, alternatives = [] }) => [document, ...alternatives.map((place) => place.document)]),
    ),
  ),
];

const faults: readonly Fault[] = [
  {
    name: 'the files are missing',
    cause: 'content-gap',
    files: (root, items) => {
      for (const file of goldFiles(items)) rmSync(join(root, file), { force: true });
    },
  },
  {
    name: 'the reader loses the words',
    cause: 'parse-loss',
    async stores(project, items) {
      for (const { id, uri, readerStamp } of project.documents.list()) {
        const document = project.documents.get(id);
        const quotes = quotesIn(items, uri);
        if (document !== undefined && quotes.length > 0)
          project.documents.putDocument(garbled(document, quotes), readerStamp);
      }
      await reindex(project, (chunk) => [chunk]);
    },
  },
  {
    name: 'the folders are closed',
    cause: 'filter-drop',
    files: (root, items) => {
      for (const file of goldFiles(items))
        writeFileSync(join(root, dirname(file), 'access.json'), '{"groups":["board"]}');
    },
  },
  {
    name: 'chunks end inside the sentences',
    cause: 'chunk-split',
    stores: (project, items) =>
      reindex(project, (chunk, document) => cutInside(chunk, document, quotesIn(items, document.uri))),
  },
  {
    name: 'the query is rewritten into something else',
    cause: 'retrieval-miss',
    change: choosing(({ calls }) => ({
      text: '',
      calls: calls.map((call) =>
        isSearch(call) ? withArguments(call, ({ query }) => ({ query: enciphered(String(query)) })) : call,
      ),
    })),
  },
  {
    name: 'chunks were never written to the index',
    cause: 'retrieval-miss',
    stores: (project, items) =>
      reindex(project, (chunk, document) =>
        quotesIn(items, document.uri).some((quote) => {
          const span = findQuote(document.text, quote);
          return span !== undefined && chunk.start < span.end && span.start < chunk.end;
        })
          ? []
          : [chunk],
      ),
  },
  {
    name: 'the ranking is upside down',
    cause: 'ranking-miss',
    change: {
      tool: onSearch((tool) => ({
        ...tool,
        async run(input, context) {
          const result = await tool.run({ ...(input as object), limit: 20 }, context);
          const { passages } = result.data as { passages: unknown[] };
          return { ...result, data: { passages: passages.toReversed().slice(0, 4) } };
        },
      })),
    },
  },
  {
    name: 'room for one short passage',
    cause: 'context-overflow',
    change: { config: (config) => onAnswer(config, { evidenceTokens: 100 }) },
  },
  {
    name: 'the search tool is down',
    cause: 'tool-failure',
    change: {
      tool: onSearch((tool) => ({
        ...tool,
        run: async () => {
          throw new FieldkitError('TOOL_UNAVAILABLE', 'the search service does not answer');
        },
      })),
    },
  },
  {
    name: 'the record system is down',
    cause: 'tool-failure',
    items: ({ records }) => records,
    change: {
      tool: (tool) =>
        tool.yields === 'record'
          ? {
              ...tool,
              run: async () => ({ data: { error: 'down' }, text: 'the system is down for maintenance', isError: true }),
            }
          : tool,
    },
  },
  {
    name: 'numbers are copied wrong into the call',
    cause: 'bad-arguments',
    items: ({ records }) => records,
    change: choosing(({ text, calls }) => ({
      text,
      calls: calls.map((call) =>
        isSearch(call)
          ? call
          : withArguments(call, (input) =>
              Object.fromEntries(
                Object.entries(input).map(([key, value]) => [
                  key,
                  typeof value === 'string'
                    ? value.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 5) % 10))
                    : value,
                ]),
              ),
            ),
      ),
    })),
  },
  {
    name: 'another tool is called about the same thing',
    cause: 'wrong-tool',
    items: ({ records, example }) => (example === 'equipment-desk' ? records : []),
    change: {
      // each operation is a tool of its own, and the wrong one is chosen
      config: (config) => ({
        ...config,
        tools: config.tools.flatMap((spec) =>
          spec.kind !== 'lookup-record'
            ? [spec]
            : [
                {
                  kind: 'openapi-tools' as const,
                  name: 'records',
                  openapi: spec.openapi,
                  baseUrl: spec.baseUrl,
                  devServer: spec.devServer,
                  operations: spec.operations,
                  timeoutMs: 10_000,
                },
              ],
        ),
      }),
      ...choosing(({ text, calls }, { tools = [] }) => {
        const names = tools.map(({ name }) => name).filter((name) => name !== 'search_knowledge');
        return {
          text,
          calls: calls.map((call) =>
            isSearch(call)
              ? call
              : {
                  ...call,
                  name: names[(names.indexOf(call.name) + 1) % names.length] ?? call.name,
                  arguments: swapKey(call, tools, names),
                },
          ),
        };
      }),
    },
  },
  {
    name: 'the record is not looked up',
    cause: 'missing-tool',
    items: ({ records }) => records,
    change: choosing(({ text, calls }, request) => ({
      text,
      calls: calls.some(isSearch) ? calls.filter(isSearch) : [searchCall(lastUser(request).slice(0, 80))],
    })),
  },
  {
    name: 'the same call again and again',
    cause: 'loop',
    items: ({ records }) => records,
    change: choosing(() => ({ text: '', calls: [searchCall('general information')] })),
  },
  {
    name: 'the bound of steps is one',
    cause: 'early-stop',
    change: { config: (config) => ({ ...config, budget: { ...config.budget, steps: 1 } }) },
  },
  {
    name: 'the endpoint is overloaded',
    cause: 'infrastructure',
    change: {
      model: (model) => ({
        ...model,
        // biome-ignore lint/correctness/useYield: it fails before the first word
        async *chat() {
          throw new FieldkitError('MODEL_OVERLOADED', 'the endpoint answered 503');
        },
      }),
    },
  },
  {
    name: 'the token limit is too low',
    cause: 'truncated',
    change: answering(({ text, calls }) => ({
      text: text.slice(0, Math.floor(text.length / 4)),
      calls,
      reason: 'length',
    })),
  },
  {
    name: 'the model answers whatever it is asked',
    cause: 'missed-refusal',
    items: ({ unanswerable }) => unanswerable,
    change: answering((reply, request) => {
      const [first] = evidenceLines(request);
      return first === undefined ? reply : { text: `${first.line} [${first.number}: "${first.line}"]`, calls: [] };
    }),
  },
  {
    name: 'the model does not dare',
    cause: 'over-refusal',
    change: answering(() => ({ text: 'INSUFFICIENT_EVIDENCE', calls: [] })),
  },
  {
    name: 'the model invents numbers',
    cause: 'ungrounded',
    items: ({ documents }) => documents.filter(({ gold }) => gold.every(({ quote = '' }) => /\d/.test(quote))),
    change: answering(({ text, calls }) => ({
      text: text.replace(/("[^"]*")|\d+(?:[.,]\d+)?/g, (whole, quoted) =>
        quoted === undefined && !/^\d$/.test(whole) ? `${whole}777` : whole,
      ),
      calls,
    })),
  },
  {
    name: 'the model quotes another passage',
    cause: 'not-extracted',
    items: ({ documents }) => documents.filter(({ gold }) => gold.length === 1),
    change: answering((reply, request) => {
      const said = reply.text;
      const other = evidenceLines(request).findLast(
        ({ line, number }) => !said.includes(line) && !said.includes(`[${number}`),
      );
      return other === undefined ? reply : { text: `${other.line} [${other.number}: "${other.line}"]`, calls: [] };
    }),
  },
  {
    name: 'citations point nowhere',
    cause: 'citation-error',
    change: answering(({ text, calls }) => ({
      text: text.replace(/\[\d+: "[^"]*"\]/g, '[99: "as everybody knows"]'),
      calls,
    })),
  },
  {
    name: 'the model answers in another language',
    cause: 'language',
    items: ({ documents, example }) =>
      example === 'equipment-desk' ? documents.filter(({ language }) => language === 'en') : [],
    change: answering((reply, request) => {
      const mark = /\[(\d+): "([^"]*)"\]/.exec(reply.text);
      const [first] = evidenceLines(request);
      const [number, quote] = mark === null ? [first?.number, first?.line] : [mark[1], mark[2]];
      return {
        text: `根据文件的规定，请按照所引用的内容办理，具体要求请参阅原文。 [${number}: "${quote}"]`,
        calls: [],
      };
    }),
  },
  {
    name: 'the label says another number',
    cause: 'gold-suspect',
    items: ({ documents }) =>
      documents.filter(
        ({ references, gold, kind }) =>
          kind !== 'calculation' &&
          gold.length === 1 &&
          references.some((text) => /\d/.test(text)) &&
          /\d/.test(gold[0]?.quote ?? ''),
      ),
    label: (item) => ({
      ...item,
      references: item.references.map((text) => text.replace(/\d+(?:[.,]\d+)?/g, (number) => `${number}91`)),
    }),
  },
  {
    name: 'the judge fails everything',
    cause: 'judge-suspect',
    judge: {
      name: 'strict-judge',
      kind: 'judge',
      description: 'a judge that passes nothing',
      score: () => ({ value: 0, reason: 'not good enough' }),
    },
  },
];

/** Words that nobody has written: each letter and digit is one further on. */
function enciphered(text: string): string {
  return text.replace(/[\p{L}\p{N}]/gu, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 1));
}

function searchCall(query: string): ToolCall {
  return { id: 'planted', name: 'search_knowledge', arguments: JSON.stringify({ query }) };
}

/** The identifier under the name that the other tool gives it. */
function swapKey(call: ToolCall, tools: NonNullable<ChatRequest['tools']>, names: readonly string[]): string {
  const other = tools.find(({ name }) => name === names[(names.indexOf(call.name) + 1) % names.length]);
  const [key = 'id'] = Object.keys((other?.inputSchema.properties as object | undefined) ?? {});
  return JSON.stringify({ [key]: Object.values(JSON.parse(call.arguments))[0] });
}

// --- running

async function outcomeOf(project: Project, item: Case, scorers: readonly Scorer[]) {
  const outcome = await askTarget(createAgentTarget(project), item, signal);
  const documentText = (id: string) => project.documents.get(id)?.text;
  return { item, outcome, scores: await scoreOutcome(scorers, item, outcome, { documentText }) };
}

async function passing(project: Project, items: readonly Case[]): Promise<Case[]> {
  const done = await mapConcurrent(items, 3, async (item) => {
    const result = await outcomeOf(project, item, agentScorers);
    return (await attribute(result)) === undefined ? [{ item, made: toolCallsOf(result.outcome) ?? [] }] : [];
  });
  return done.flat().flatMap(({ item }) => item);
}

/** A question about each record, in the words of the example. */
function recordQuestions(example: string, root: string): Case[] {
  const data = JSON.parse(readFileSync(join(root, 'tools', 'records-data.json'), 'utf8'));
  const ids: [string, string, string, string][] =
    example === 'equipment-desk'
      ? data.orders.map(({ id, status }: Record<string, string>) => [
          id,
          `What is the status of order ${id}?`,
          'order',
          status,
        ])
      : data.claims.map(({ claimNumber: id, status }: Record<string, string>) => [
          id,
          `报销单${id}现在是什么状态？`,
          'claim',
          status,
        ]);
  return ids.map(([id, question, record, status]) =>
    caseSchema.parse({
      id: `record-${id}`,
      question,
      kind: 'record',
      references: [status],
      tools: [{ name: 'lookup_record', arguments: { record: { anyOf: [record], optional: true }, id } }],
    }),
  );
}

async function prepare(example: string): Promise<World> {
  const root = join(folder, example);
  cpSync(join(examples, example), root, {
    recursive: true,
    filter: (path) => !/node_modules|\.fieldkit|evidence/.test(path),
  });
  const project = await openProject(root, { environment });
  try {
    await project.ingest();
    const all: Case[] = [];
    for await (const item of readCases(join(root, 'evals', 'questions.jsonl'))) all.push(item);
    const foreign: Case[] = [];
    const other = example === 'equipment-desk' ? 'policy-desk-zh' : 'equipment-desk';
    for await (const item of readCases(join(examples, other, 'evals', 'questions.jsonl')))
      if (item.gold.length > 0 && item.history.length === 0)
        foreign.push({
          ...item,
          expect: 'insufficient',
          gold: [],
          references: [],
          kind: 'not-answerable',
          caller: undefined,
        } as Case);
    const documents = all.filter(
      ({ expect, gold, tools }) =>
        expect === 'answered' &&
        gold.length > 0 &&
        tools.length === 0 &&
        gold.every(({ quote }) => quote !== undefined),
    );
    const unanswerable = [...all.filter(({ expect }) => expect === 'insufficient'), ...foreign.slice(0, 30)];
    return {
      example,
      root,
      documents: await passing(project, documents),
      records: await passing(project, recordQuestions(example, root)),
      unanswerable: await passing(project, unanswerable),
    };
  } finally {
    await project.close();
  }
}

interface Row {
  readonly fault: string;
  readonly cause: Cause;
  readonly tried: number;
  readonly failed: number;
  readonly named: number;
  readonly instead: Readonly<Record<string, number>>;
  readonly examples: readonly string[];
}

async function plant(fault: Fault, worlds: readonly World[]): Promise<Row> {
  let [tried, failed, named] = [0, 0, 0];
  const instead: Record<string, number> = {};
  const shown: string[] = [];
  for (const world of worlds) {
    // a fault that one example alone can have gets all its items from there
    const alone = worlds.filter((other) => (fault.items?.(other) ?? other.documents).length > 0).length === 1;
    const items = (fault.items?.(world) ?? world.documents).slice(0, alone ? 2 * most : most);
    if (items.length === 0) continue;
    const onDisk = fault.files !== undefined || fault.stores !== undefined;
    const root = onDisk ? join(folder, `${world.example}-broken`) : world.root;
    if (onDisk) {
      rmSync(root, { recursive: true, force: true });
      mkdirSync(root);
      cpSync(world.root, root, { recursive: true });
      fault.files?.(root, items);
    }
    const project = await openProject(root, {
      environment,
      ...(fault.change === undefined ? {} : { change: fault.change }),
    });
    try {
      if (fault.files !== undefined) await project.ingest();
      await fault.stores?.(project, items);
      const facts = await attributionFacts(project);
      const scorers = fault.judge === undefined ? agentScorers : [...agentScorers, fault.judge];
      const judges = fault.judge === undefined ? [] : [fault.judge.name];
      const expected = fault.cause === 'wrong-tool' ? await callsWithout(world, fault, items) : items;
      const results = await mapConcurrent(expected, 3, async (asked) => {
        const item = fault.label?.(asked) ?? asked;
        const result = await outcomeOf(project, item, scorers);
        return { item, found: await attribute(result, { facts, judges }) };
      });
      for (const { item, found } of results) {
        tried += 1;
        if (found === undefined) continue;
        failed += 1;
        if (found.cause === fault.cause) named += 1;
        else {
          instead[found.cause] = (instead[found.cause] ?? 0) + 1;
          shown.push(`${item.id} ${found.cause}: ${found.evidence}`);
        }
      }
    } finally {
      await project.close();
    }
  }
  return { fault: fault.name, cause: fault.cause, tried, failed, named, instead, examples: shown.slice(0, 5) };
}

/** What the same configuration calls when nothing is broken: the expected calls under its own names. */
async function callsWithout(world: World, { change }: Fault, items: readonly Case[]): Promise<Case[]> {
  const project = await openProject(world.root, {
    environment,
    change: change?.config === undefined ? {} : { config: change.config },
  });
  try {
    const made = await mapConcurrent(items, 3, async (item) => {
      const bare = { ...item, tools: [] };
      const { outcome } = await outcomeOf(project, bare, []);
      const calls = (toolCallsOf(outcome) ?? []).filter((call) => !isSearch(call));
      return calls.length === 0
        ? []
        : [{ ...item, tools: calls.map(({ name, arguments: values }) => ({ name, arguments: { ...values } })) }];
    });
    return made.flat();
  } finally {
    await project.close();
  }
}

const started = performance.now();
const worlds = [await prepare('equipment-desk'), await prepare('policy-desk-zh')];
for (const { example, documents, records, unanswerable } of worlds)
  console.log(
    `${example}: ${documents.length} questions of documents, ${records.length} of records, ${unanswerable.length} not answerable pass unbroken`,
  );
const only = values.only?.split(',');
const rows: Row[] = [];
for (const fault of faults.filter(({ cause }) => only === undefined || only.includes(cause))) {
  const row = await plant(fault, worlds);
  rows.push(row);
  if (values.out !== undefined) keep(values.out, rows);
  const others = Object.entries(row.instead).map(([cause, count]) => `${cause} ${count}`);
  console.log(
    `${row.cause.padEnd(18)} ${row.named} of ${row.failed} that fail (${row.tried} tried)  ${row.fault}${others.length === 0 ? '' : `; instead: ${others.join(', ')}`}`,
  );
  for (const line of row.examples) console.log(`      ${line}`);
}
rmSync(folder, { recursive: true, force: true });
console.log(`${Math.round((performance.now() - started) / 1000)} s`);

/** Adds rows to the result file, in place of earlier ones of the same faults. */
function keep(file: string, fresh: readonly Row[]): void {
  const known: Row[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : [];
  const all = faults.flatMap(({ name }) => [...fresh, ...known].find(({ fault }) => fault === name) ?? []);
  const failed = all.reduce((sum, row) => sum + row.failed, 0);
  const named = all.reduce((sum, row) => sum + row.named, 0);
  const enough = new Set(all.filter((row) => row.failed >= 20).map(({ cause }) => cause)).size;
  const total = { failed, named, share: Math.round((named / failed) * 1e4) / 1e4, causesWith20Items: enough };
  writeFileSync(file, `${JSON.stringify({ ...total, rows: all }, null, 1)}\n`);
}
