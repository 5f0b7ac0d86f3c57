import {
  foldText,
  INSUFFICIENT_MARK,
  type Passage,
  parseEvidence,
  passageSchema,
  type Run,
  type Step,
} from '@fieldkit/core';
import { z } from 'zod';
import { toolCallsOf } from '../scorers/tool-calls.ts';
import type { Outcome } from '../target.ts';

/** A tool call as the trace shows it. */
export interface TracedCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Undefined when the trace does not say. */
  readonly failed?: boolean;
  readonly result?: string;
}

/** What a trace shows of the way from the question to the answer; absent fields are not in the trace. */
export interface TraceView {
  /** Passages that any retrieval returned, best first, each once. */
  readonly retrieved?: readonly Passage[];
  /** Passages that went into a reranking. */
  readonly candidates?: readonly Passage[];
  /** Texts in the last prompt that carried evidence, folded. */
  readonly shown?: readonly string[];
  readonly calls?: readonly TracedCall[];
  /** What was searched for, in order, each once. */
  readonly queries: readonly string[];
  /** What models wrote from evidence, before anything of it was checked or dropped. */
  readonly written?: string;
  /** Sentences that were written and not released. */
  readonly dropped: number;
  /** Model and tool calls. */
  readonly steps: number;
  /** A call that a model asked for again after it had been made. */
  readonly askedAgain?: string;
  /** Filters that retrievals were given. */
  readonly filters: readonly Readonly<Record<string, unknown>>[];
  /** How the last model call ended; `length` when any was cut off. */
  readonly finish?: string;
}

const passagesSchema = z.object({ passages: z.array(passageSchema) });

export function traceViewOf(outcome: Outcome): TraceView {
  const { run, contexts, finish } = outcome;
  const steps = run?.steps ?? [];
  const retrieved = passagesOf(steps, 'output');
  const candidates = steps.filter(({ kind }) => kind === 'rerank').flatMap(({ input }) => passagesIn(input));
  const shown = shownIn(steps) ?? contexts?.map(foldText);
  const ended = finish ?? finishOf(steps);
  const calls = tracedCalls(outcome);
  const written = writtenIn(steps);
  const again = askedAgain(steps);
  return {
    queries: queriesIn(steps),
    dropped: run?.counts?.sentencesDropped ?? 0,
    steps: steps.filter(({ kind, attempt }) => attempt === 1 && (kind === 'model' || kind === 'tool')).length,
    ...(written === undefined ? {} : { written }),
    ...(again === undefined ? {} : { askedAgain: again }),
    ...(retrieved === undefined ? {} : { retrieved }),
    ...(candidates.length === 0 ? {} : { candidates }),
    ...(shown === undefined ? {} : { shown }),
    ...(calls === undefined ? {} : { calls }),
    ...(ended === undefined ? {} : { finish: ended }),
    filters: filtersIn(steps),
  };
}

function passagesOf(steps: readonly Step[], side: 'input' | 'output'): Passage[] | undefined {
  const searched = steps.filter(({ kind }) => kind === 'tool' || kind === 'retrieval');
  const found = searched.map((step) => passagesIn(step[side]));
  if (
    !searched.some(
      ({ kind }, index) => kind === 'retrieval' || (found[index]?.length ?? 0) > 0 || yieldsPassages(searched[index]),
    )
  ) {
    return undefined;
  }
  const seen = new Set<string>();
  return found.flat().filter(({ id }) => !seen.has(id) && seen.add(id));
}

/** A search that found nothing returns an empty list: that is a retrieval too. */
function yieldsPassages(step: Step | undefined): boolean {
  const data = dataOf(step?.output);
  return data !== null && typeof data === 'object' && 'passages' in data;
}

function passagesIn(value: unknown): Passage[] {
  for (const candidate of [dataOf(value), Array.isArray(value) ? { passages: value } : value]) {
    const parsed = passagesSchema.safeParse(candidate);
    if (parsed.success) return parsed.data.passages;
  }
  return [];
}

function dataOf(value: unknown): unknown {
  return value !== null && typeof value === 'object' && 'data' in value ? value.data : value;
}

/** The evidence of the last model call that had some. */
function shownIn(steps: readonly Step[]): string[] | undefined {
  const models = steps.filter(({ kind }) => kind === 'model');
  for (const { input } of models.toReversed()) {
    const evidence = parseEvidence(stringsIn(input).join('\n'));
    if (evidence.length > 0) return evidence.map(({ text }) => foldText(text));
  }
  return models.length === 0 ? undefined : [];
}

/** How the last model call ended; a call before it that was cut off counts too: what followed worked on half of it. */
function finishOf(steps: readonly Step[]): string | undefined {
  const reasons = steps.flatMap(({ kind, output }) =>
    kind === 'model' && output !== null && typeof output === 'object' && 'reason' in output
      ? [String(output.reason)]
      : [],
  );
  return reasons.includes('length') ? 'length' : reasons.at(-1);
}

const modelOutputSchema = z.object({
  text: z.string(),
  toolCalls: z.array(z.object({ name: z.string(), arguments: z.string() })).default([]),
});

function outputsOf(steps: readonly Step[]): z.infer<typeof modelOutputSchema>[] {
  return steps.flatMap(({ kind, output }) => {
    const parsed = kind === 'model' ? modelOutputSchema.safeParse(output) : undefined;
    return parsed?.success === true ? [parsed.data] : [];
  });
}

/** Of the calls that were shown evidence; without any, of the last one. */
function writtenIn(steps: readonly Step[]): string | undefined {
  const shown = steps.filter(
    ({ kind, input }) => kind === 'model' && parseEvidence(stringsIn(input).join('\n')).length > 0,
  );
  const texts = outputsOf(shown)
    .map(({ text }) => text)
    .filter((text) => text.trim() !== '');
  const [first] = texts;
  if (first === undefined) return outputsOf(steps).at(-1)?.text;
  // A model that gives up only when it is asked to repair a sentence has answered before.
  const refused = first.includes(INSUFFICIENT_MARK);
  return texts.filter((text) => refused || !text.includes(INSUFFICIENT_MARK)).join('\n');
}

function askedAgain(steps: readonly Step[]): string | undefined {
  const asked = new Set<string>();
  for (const { toolCalls } of outputsOf(steps)) {
    const keys = toolCalls.map(({ name, arguments: json }) => `${name} ${json}`);
    const again = toolCalls.find((_, index) => asked.has(keys[index] ?? ''));
    if (again !== undefined) return again.name;
    for (const key of keys) asked.add(key);
  }
  return undefined;
}

function queriesIn(steps: readonly Step[]): string[] {
  const queries = steps
    .filter((step) => step.kind === 'retrieval' || (step.kind === 'tool' && yieldsPassages(step)))
    .flatMap(({ input }) => {
      const query = input !== null && typeof input === 'object' && 'query' in input ? input.query : undefined;
      return typeof query === 'string' ? [query] : [];
    });
  return [...new Set(queries)];
}

function tracedCalls(outcome: Outcome): TracedCall[] | undefined {
  if (outcome.toolCalls !== undefined) {
    return outcome.toolCalls.map(({ isError, ...call }) => ({
      ...call,
      ...(isError === undefined ? {} : { failed: isError }),
    }));
  }
  const calls = toolCallsOf(outcome);
  const steps = toolSteps(outcome.run);
  return calls?.map((call, index) => {
    const step = steps[index];
    const output = step?.output;
    const refused = output !== null && typeof output === 'object' && 'isError' in output && output.isError === true;
    const result = stringsIn(dataOf(output)).join(' ').slice(0, 200);
    return { ...call, failed: step?.error !== undefined || refused, result: step?.error?.message ?? result };
  });
}

function toolSteps(run: Run | undefined): Step[] {
  return run?.steps.filter(({ kind, attempt }) => kind === 'tool' && attempt === 1) ?? [];
}

function filtersIn(steps: readonly Step[]): Record<string, unknown>[] {
  return steps.flatMap(({ kind, input }) => {
    if (
      (kind !== 'tool' && kind !== 'retrieval') ||
      input === null ||
      typeof input !== 'object' ||
      !('filter' in input)
    )
      return [];
    const { filter } = input;
    // An object with string keys: what JSON gives.
    return filter !== null && typeof filter === 'object' ? [filter as Record<string, unknown>] : [];
  });
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : [];
}
