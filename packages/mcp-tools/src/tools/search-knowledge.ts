import {
  type Passage,
  type PassagesOutput,
  passagesOutputSchema,
  type RetrievalFilter,
  type RetrievalStep,
  type Retriever,
  retrievalFilterSchema,
  type Tool,
  type ToolStep,
} from '@fieldkit/core';
import { z } from 'zod';
import { invalidInput, jsonSchemaOf } from '../define-tool.ts';

export interface SearchFilterField {
  /** What the value means, for the model. */
  readonly description: string;
  /** Type of the metadata: "2026" and 2026 are not the same. Default `text`. */
  readonly type?: 'text' | 'number' | 'boolean';
  /** All values, if they are few. For `text` only. */
  readonly values?: readonly string[];
}

export interface SearchKnowledgeOptions {
  readonly retrieve: Retriever;
  /** Default `search_knowledge`. */
  readonly name?: string;
  /** What the documents are about, in a sentence; added to the description. */
  readonly about?: string;
  readonly defaults?: {
    /** Passages when the caller names no number, 1 to 20. Default 8. */
    readonly limit?: number;
  };
  /** Metadata that a caller may filter by. Default none. */
  readonly filters?: Readonly<Record<string, SearchFilterField>>;
  /** Default 20,000. */
  readonly timeoutMs?: number;
}

const MAX_LIMIT = 20;

/**
 * `search_knowledge`: passages of the knowledge base for a query. Tenant and access groups come from the caller of the tool, never from
 * its arguments.
 */
export function searchKnowledge({
  retrieve,
  name = 'search_knowledge',
  about,
  defaults: { limit: defaultLimit = 8 } = {},
  filters = {},
  timeoutMs = 20_000,
}: SearchKnowledgeOptions): Tool {
  const filterFields = Object.entries(filters).map(
    ([key, field]) => [key, filterSchema(field).optional().describe(field.description)] as const,
  );
  const input = z.strictObject({
    query: z
      .string()
      .trim()
      .min(1)
      .max(1000)
      .describe('What to look for, as a complete question or as key words, in the language of the user.'),
    limit: z.number().int().min(1).max(MAX_LIMIT).optional().describe(`Passages at most. Default ${defaultLimit}.`),
    ...(filterFields.length === 0
      ? {}
      : {
          filter: z
            .strictObject(Object.fromEntries(filterFields))
            .optional()
            .describe('Only passages of documents with these properties.'),
        }),
  });
  return {
    name,
    description:
      `Searches the documents of the knowledge base${about === undefined ? '' : ` (${about})`} and returns the passages that fit best, with their place. ` +
      'Use it for rules, instructions, specifications, conditions and other facts that are written down. ' +
      'Do not use it for the present state of a single record; look that up instead.',
    inputSchema: jsonSchemaOf(input, 'input'),
    outputSchema: jsonSchemaOf(passagesOutputSchema, 'output'),
    effects: 'read',
    yields: 'passages',
    timeoutMs,
    async run(raw, { caller, signal, onStep }) {
      const parsed = input.safeParse(raw);
      if (!parsed.success) throw invalidInput(name, z.prettifyError(parsed.error));
      const { query, limit = defaultLimit } = parsed.data;
      const filter = givenFilter('filter' in parsed.data ? parsed.data.filter : undefined);
      const passages = await retrieve(query, caller, {
        limit,
        ...(filter === undefined ? {} : { filter }),
        ...(signal === undefined ? {} : { signal }),
        ...(onStep === undefined ? {} : { onStep: (step) => onStep(toToolStep(step)) }),
      });
      const data: PassagesOutput = { passages };
      return { data, text: passagesText(passages).join('\n\n'), isError: false };
    },
  };
}

/** Passages that a step of the run names: enough to see what it did, not all of two long lists. */
const SHOWN = 10;

function toToolStep({ name, before, after, kept, dropped, durationMs, details }: RetrievalStep): ToolStep {
  const kind = name === 'embed' ? 'embedding' : name === 'rerank' ? 'rerank' : 'retrieval';
  const output = kind === 'embedding' ? null : { after, kept: kept.slice(0, SHOWN), dropped: dropped.slice(0, SHOWN) };
  return { name, kind, input: { ...details, before }, output, durationMs };
}

/** One value, or several of which any will do. */
function filterSchema({ type = 'text', values = [] }: SearchFilterField): z.ZodType {
  const [first, ...rest] = values;
  const text = first === undefined ? z.string().min(1).max(200) : z.enum([first, ...rest]);
  const value = type === 'number' ? z.number() : type === 'boolean' ? z.boolean() : text;
  return z.union([value, z.array(value).min(1).max(20)]);
}

/** What the schema above let through. */
function givenFilter(value: unknown): RetrievalFilter | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return entries.length === 0 ? undefined : retrievalFilterSchema.parse(Object.fromEntries(entries));
}

/** One text per passage: a line that says where it stands, then its own words. */
export function passagesText(passages: readonly Passage[]): string[] {
  if (passages.length === 0) return ['No passage was found.'];
  return passages.map((passage, index) => `[${index + 1}] ${passagePlace(passage)}\n${passage.text}`);
}

/** `Pump manual › Maintenance, page 3`, on one line. */
function passagePlace({ metadata, headings }: Passage): string {
  const { title, uri, pages } = metadata;
  const name = [title ?? uri ?? 'document', ...headings.filter((heading) => heading !== title)].join(' › ');
  return `${name}${pages === undefined ? '' : `, page ${pages}`}`.replace(/\s+/g, ' ');
}
