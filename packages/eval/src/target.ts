import { type Answer, type Cost, type errorRecord, NO_USAGE, type Run } from '@fieldkit/core';
import type { Case } from './data/case.ts';

/** A tool call that a target made. */
export interface ToolCallMade {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Whether the tool refused or failed, when it is known. */
  readonly isError?: boolean;
  /** What it answered, as text. */
  readonly result?: string;
}

/** What a target did with one case. */
export interface Outcome {
  readonly answer: Answer;
  /** The trace, when the target has one. */
  readonly run?: Run;
  readonly durationMs: number;
  /** Why there is no answer, or none worth scoring. */
  readonly error?: ReturnType<typeof errorRecord>;
  /** Text that the target answered from, when it is known without a trace. */
  readonly contexts?: readonly string[];
  /** Calls in order, when they are known without a trace. */
  readonly toolCalls?: readonly ToolCallMade[];
  /** How the model ended, when it is known without a trace. */
  readonly finish?: 'stop' | 'length' | 'tool-calls' | 'content-filter';
  readonly reasoning?: string;
  readonly cost?: Cost;
}

/** Something that can be asked: an agent, a prompt on a model, a customer's endpoint, a file of outputs. A throw becomes an outcome's `error`. */
export type Target = (item: Case, options: { readonly signal: AbortSignal }) => Promise<Outcome>;

/** An answer of plain text, for targets that have nothing else. */
export function textAnswer(text: string, fields: Partial<Answer> = {}): Answer {
  return { text, citations: [], status: 'answered', language: 'und', usage: NO_USAGE, runId: '', ...fields };
}
