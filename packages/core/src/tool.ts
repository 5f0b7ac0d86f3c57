import { z } from 'zod';
import type { Caller } from './caller.ts';
import type { JsonSchema, ToolDefinition } from './chat-model.ts';
import { passageSchema } from './chunk.ts';
import type { Step } from './run.ts';

export interface ToolContext {
  readonly caller: Caller;
  /** The step's id, the same on every attempt: the idempotency key of a write. */
  readonly callId: string;
  readonly signal?: AbortSignal;
  /** Told by a tool that takes long how far it is; there is nobody to tell when it is absent. */
  readonly progress?: (step: ToolProgress) => void;
  /** Told by a tool of this process what it did on the way, for the run; a tool reached over a wire tells nothing. */
  readonly onStep?: (step: ToolStep) => void;
}

/** A part of a tool's step in the run. */
export interface ToolStep extends Pick<Step, 'name' | 'input' | 'output' | 'durationMs'> {
  readonly kind: 'retrieval' | 'embedding' | 'rerank';
}

export interface ToolProgress {
  /** Grows with every step. */
  readonly done: number;
  /** What `done` will be at the end, when that is known. */
  readonly total?: number;
  readonly message?: string;
}

export interface ToolResult {
  /** The structured output, valid against `outputSchema`. */
  readonly data: unknown;
  /** The same for a model, as lines that can be quoted. */
  readonly text: string;
  /** A typed failure of the customer's system ("no such order"): the model reads it and goes on. */
  readonly isError: boolean;
}

/**
 * Something a model may call. A tool reached over MCP and one of ours look the same here.
 *
 * `run` throws `FieldkitError` with a `TOOL_*` code, `TIMED_OUT` or `CANCELLED`; what the customer's system refused is a result
 * with `isError`.
 */
export interface Tool extends ToolDefinition {
  readonly outputSchema?: JsonSchema;
  /** `write` changes something outside and needs approval or a grant. */
  readonly effects: 'read' | 'write';
  /** Whether a write with the same `callId` takes effect once however often it is called. Default false. */
  readonly idempotent?: boolean;
  /**
   * Whether what it is asked leaves for somebody who may not know what the caller's documents and records say: a web search, a translation
   * service. Default false.
   */
  readonly outside?: boolean;
  /** Whether results are passages of the knowledge base (`passagesOutputSchema`) or records. Only our own search tool says `passages`. */
  readonly yields: 'passages' | 'record';
  readonly timeoutMs: number;
  run(input: unknown, context: ToolContext): Promise<ToolResult>;
}

/** What `search_knowledge` returns. */
export const passagesOutputSchema = z.object({ passages: z.array(passageSchema) });
export type PassagesOutput = Readonly<z.infer<typeof passagesOutputSchema>>;

/**
 * A record as lines `path: value`, one per leaf, so that a value can be quoted and found again: `items[0].sku: SEAL-204`.
 * Empty objects and lists are left out, null is `none`.
 */
export function recordLines(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => recordLines(item, `${path}[${index}]`));
  if (value !== null && typeof value === 'object') {
    return Object.entries(value).flatMap(([key, item]) => recordLines(item, path === '' ? key : `${path}.${key}`));
  }
  const text = value === null || value === undefined ? 'none' : String(value).replace(/\s+/g, ' ');
  return [path === '' ? text : `${path}: ${text}`];
}
