import { type ChatModel, FieldkitError, type Passage, type Tool } from '@fieldkit/core';
import { type AgentOptions, createAgent } from '../agent.ts';
import type { AgentEvent } from '../events.ts';
import { answer, gather, type PipelinePlanInput, understand } from '../plan.ts';
import type { RunArchive } from '../run-records.ts';

/** Small in-memory material for this package's tests. */

export const caller = { tenant: 'default', subject: 'tester', groups: [] };

export function passageOf(id: string, text: string, fields: Partial<Passage> = {}): Passage {
  return {
    id,
    documentId: `doc-${id}`,
    index: 0,
    start: 100,
    end: 100 + text.length,
    text,
    context: '',
    headings: ['Service'],
    tokens: 20,
    metadata: {
      title: `Manual ${id}`,
      uri: `knowledge/${id}.pdf`,
      mediaType: 'application/pdf',
      language: 'en',
      pages: '3',
    },
    tenant: 'default',
    groups: [],
    score: 1,
    ranks: { lexical: 1 },
    ...fields,
  };
}

/** A knowledge search over the given passages: those that share a word with the query. */
export function searchTool(passages: readonly Passage[], calls: unknown[] = []): Tool {
  return {
    name: 'search_knowledge',
    description: 'Finds passages in the documents',
    inputSchema: { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] },
    effects: 'read',
    yields: 'passages',
    timeoutMs: 1000,
    async run(input) {
      calls.push(input);
      const found = passages.filter(({ text }) => sharesWord(text, JSON.stringify(input)));
      return { data: { passages: found }, text: found.map(({ text }) => text).join('\n'), isError: false };
    },
  };
}

function sharesWord(text: string, query: string): boolean {
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []);
  return (query.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? []).some((word) => words.has(word));
}

/** Looks an order up. */
export function orderTool(fields: Partial<Tool> = {}): Tool {
  return {
    name: 'get_order',
    description: 'Finds an order by its number',
    inputSchema: { type: 'object', properties: { order: { type: 'string' } }, required: ['order'] },
    effects: 'read',
    yields: 'record',
    timeoutMs: 1000,
    async run(input) {
      const { order } = input as { order: string }; // the tests call it with an order
      if (order === 'SO-9')
        return { data: { message: 'no such order: SO-9' }, text: 'no such order: SO-9', isError: true };
      const data = { order, shippedOn: '2026-03-04', items: [{ sku: 'SEAL-204', quantity: 2 }] };
      return { data, text: JSON.stringify(data), isError: false };
    },
    ...fields,
  };
}

export const callSearch = (query: string, id = 'c1') => ({
  id,
  name: 'search_knowledge',
  arguments: JSON.stringify({ query }),
});

export interface TestAgentOptions {
  readonly model: ChatModel | Readonly<Record<string, ChatModel>>;
  readonly tools?: readonly Tool[];
  readonly plan?: Partial<PipelinePlanInput>;
  readonly checkpoints?: AgentOptions['checkpoints'];
  readonly archive?: RunArchive;
}

export function testAgent({ model, tools = [], plan = {}, checkpoints = ':memory:', archive }: TestAgentOptions) {
  return createAgent({
    plan: { nodes: [understand(), gather(), answer()], ...plan },
    models: (name) => {
      if ('chat' in model && typeof model.chat === 'function') return model as ChatModel; // checked just now
      const found = (model as Readonly<Record<string, ChatModel>>)[name]; // the other half of the union
      if (found === undefined) throw new FieldkitError('INVALID_CONFIG', `no model ${name}`);
      return found;
    },
    tools,
    locate: (_, start) => ({ places: [{ page: 3, box: [0, 0, 1, 1] }], line: start, headings: ['Service'] }),
    checkpoints,
    ...(archive === undefined ? {} : { archive }),
  });
}

/** All events of a run, its text, and its end. */
export async function listen(events: AsyncIterable<AgentEvent>) {
  const all: AgentEvent[] = [];
  for await (const event of events) all.push(event);
  const end = all.at(-1);
  if (end?.type !== 'run-end') throw new Error('a run ends with run-end');
  const text = all.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
  const findings = all.flatMap((event) => (event.type === 'finding' ? [event.finding.code] : []));
  return { events: all, text, findings, answer: end.answer, run: end.run };
}
