import type { Run } from '@fieldkit/core';
import { counted } from '@fieldkit/core';
import type { Case, ExpectedToolCall } from '../data/case.ts';
import type { Scorer } from '../scorer.ts';
import type { Outcome, ToolCallMade } from '../target.ts';

/** The tool calls of an outcome, from its own list or its trace, in order. */
export function toolCallsOf({
  toolCalls,
  run,
}: Pick<Outcome, 'toolCalls' | 'run'>): readonly ToolCallMade[] | undefined {
  return toolCalls ?? (run === undefined ? undefined : callsInRun(run));
}

function callsInRun(run: Run): ToolCallMade[] {
  return run.steps
    .filter(({ kind, attempt }) => kind === 'tool' && attempt === 1)
    .map(({ name, input }) => ({
      name,
      arguments: isRecord(input) ? (isRecord(input.arguments) ? input.arguments : input) : {},
    }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** How one expected call compares with the calls that were made. */
export interface CallMatch {
  readonly expected: ExpectedToolCall;
  /** Position of the call that fits, if any. */
  readonly index?: number;
  /** Why the nearest call of the same tool does not fit: argument names. */
  readonly badArguments?: readonly string[];
}

/** Pairs expected calls with made ones, each made call once, in any order: the exact ones first. */
export function matchCalls(expected: readonly ExpectedToolCall[], made: readonly ToolCallMade[]): CallMatch[] {
  const used = new Set<number>();
  return expected.map((call) => {
    const index = made.findIndex(
      (candidate, at) => !used.has(at) && candidate.name === call.name && badArguments(call, candidate).length === 0,
    );
    if (index !== -1) {
      used.add(index);
      return { expected: call, index };
    }
    const nearest = made
      .filter((candidate, at) => !used.has(at) && candidate.name === call.name)
      .map((candidate) => badArguments(call, candidate))
      .sort((a, b) => a.length - b.length)[0];
    return nearest === undefined ? { expected: call } : { expected: call, badArguments: nearest };
  });
}

/** Arguments that are missing, unexpected or wrong. An expected `{ "anyOf": [...], "optional": true }` accepts any of its values, or absence. */
export function badArguments(expected: ExpectedToolCall, made: ToolCallMade): string[] {
  const missing = Object.entries(expected.arguments)
    .filter(([name, wanted]) => !fits(wanted, made.arguments[name], name in made.arguments))
    .map(([name]) => name);
  const extra = Object.keys(made.arguments).filter((name) => !(name in expected.arguments));
  return [...missing, ...extra];
}

function fits(wanted: unknown, given: unknown, present: boolean): boolean {
  if (isRecord(wanted) && Array.isArray(wanted.anyOf)) {
    if (!present) return wanted.optional === true;
    return wanted.anyOf.some((value) => sameValue(value, given));
  }
  return present && sameValue(wanted, given);
}

/** Values as a tool would take them: strings without case, white space and light punctuation; numbers by value; lists in order. */
export function sameValue(wanted: unknown, given: unknown): boolean {
  if (isRecord(wanted) && Array.isArray(wanted.anyOf)) return fits(wanted, given, given !== undefined);
  if (typeof wanted === 'string' && typeof given === 'string') return plain(wanted) === plain(given);
  if (typeof wanted === 'number' && typeof given === 'number') return wanted === given;
  if (Array.isArray(wanted) && Array.isArray(given)) {
    return wanted.length === given.length && wanted.every((value, index) => sameValue(value, given[index]));
  }
  if (isRecord(wanted) && isRecord(given)) {
    const names = new Set([...Object.keys(wanted), ...Object.keys(given)]);
    return [...names].every((name) => (name in wanted ? fits(wanted[name], given[name], name in given) : false));
  }
  return wanted === given;
}

function plain(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s,./\-_*^'"]/g, '');
}

export interface ToolCallScorerOptions {
  /** Whether a call that nobody expected makes the score fall, and a case without expected calls is scored (it must make none). Default `allowed`. */
  readonly extra?: 'allowed' | 'wrong';
  readonly name?: string;
}

/** The expected tool calls were made with the right arguments: share of them, compared by structure. */
export function createToolCallScorer(options: ToolCallScorerOptions = {}): Scorer {
  const { extra = 'allowed', name = extra === 'allowed' ? 'tool-calls' : 'tool-calls-strict' } = options;
  return {
    name,
    kind: 'rule',
    description: `share of the expected tool calls made with the right arguments${extra === 'wrong' ? ', others counted as wrong' : ''}`,
    score(item: Case, outcome: Outcome) {
      if (item.tools.length === 0 && extra === 'allowed') return undefined;
      const made = toolCallsOf(outcome);
      if (made === undefined) return { value: 'unavailable', reason: 'the target shows no tool calls' };
      const matches = matchCalls(item.tools, made);
      const hits = matches.filter(({ index }) => index !== undefined).length;
      const total = extra === 'wrong' ? Math.max(item.tools.length, made.length) : item.tools.length;
      const problems = matches
        .filter(({ index }) => index === undefined)
        .map((match) =>
          match.badArguments === undefined
            ? `${match.expected.name} not called`
            : `${match.expected.name}: ${match.badArguments.join(', ')}`,
        );
      const surplus = made.length - hits;
      if (extra === 'wrong' && surplus > 0) problems.push(`${counted(surplus, 'call')} that nobody expected`);
      return {
        value: total === 0 ? 1 : hits / total,
        reason: problems.length === 0 ? 'as expected' : problems.join('; '),
      };
    },
  };
}

export const toolCalls = createToolCallScorer();
export const toolCallsStrict = createToolCallScorer({ extra: 'wrong' });
