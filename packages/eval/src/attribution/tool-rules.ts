import type { ExpectedToolCall } from '../data/case.ts';
import { badArguments, matchCalls, sameValue } from '../scorers/tool-calls.ts';
import type { Cause } from './causes.ts';
import type { TracedCall } from './trace-view.ts';

export interface ToolFinding {
  readonly cause: Extract<Cause, 'tool-failure' | 'bad-arguments' | 'wrong-tool' | 'missing-tool' | 'extra-tool'>;
  readonly evidence: string;
}

/**
 * What went wrong between the expected calls and the ones made, in order of weight. A failed call does not count as made, unless nothing
 * better was. A call that a later expected call of the same tool on the same thing overwrites is forgiven, as is a repetition.
 */
export function toolFindings(
  expected: readonly ExpectedToolCall[],
  made: readonly TracedCall[],
  writes: (tool: string) => boolean,
): ToolFinding[] {
  const effective = made.filter(({ failed }) => failed !== true);
  const matches = matchCalls(expected, effective);
  const missing = matches.filter(({ index }) => index === undefined).map((match) => match.expected);
  const used = new Set(matches.map(({ index }) => index).filter((index) => index !== undefined));
  const surplus = effective.filter((call, index) => {
    if (used.has(index)) return false;
    return !effective.some(
      (later, at) =>
        used.has(at) &&
        later.name === call.name &&
        (at > index || sameValue(later.arguments, call.arguments)) &&
        sameThing(later, call),
    );
  });
  const unexpected = surplus.filter(({ name }) => writes(name));
  const findings: ToolFinding[] = [];
  for (const call of missing) {
    const failure = made.find(
      (candidate) =>
        candidate.failed === true && candidate.name === call.name && badArguments(call, candidate).length === 0,
    );
    if (failure !== undefined)
      findings.push({ cause: 'tool-failure', evidence: `${call.name} failed: ${failure.result ?? 'no reason given'}` });
  }
  for (const call of missing) {
    const near = surplus.filter(({ name }) => name === call.name);
    const attempts = near.length > 0 ? near : made.filter(({ name, failed }) => name === call.name && failed === true);
    const closest = attempts
      .map((attempt) => badArguments(call, attempt))
      .filter((wrong) => wrong.length < Math.max(2, Object.keys(call.arguments).length))
      .sort((a, b) => a.length - b.length)[0];
    if (closest !== undefined)
      findings.push({ cause: 'bad-arguments', evidence: `${call.name} with wrong ${closest.join(', ')}` });
  }
  const explained = new Set(findings.map(({ evidence }) => evidence.split(' ')[0]));
  const absent = missing.filter(({ name }) => !explained.has(name));
  const others = unexpected.filter(({ name }) => !explained.has(name));
  for (const call of absent) {
    const other = ({ name }: TracedCall) => name !== call.name && !expected.some((wanted) => wanted.name === name);
    // Reading more than was expected is usual: only a read about the very same thing stands in for an expected read.
    const instead =
      others.find(other) ??
      (writes(call.name) ? undefined : made.find((attempt) => other(attempt) && sharesValue(attempt, call)));
    findings.push(
      instead === undefined
        ? { cause: 'missing-tool', evidence: `${call.name} was not called` }
        : { cause: 'wrong-tool', evidence: `${instead.name} was called instead of ${call.name}` },
    );
  }
  for (const call of others)
    findings.push({ cause: 'extra-tool', evidence: `${call.name} was called and nobody expected it` });
  const weight: readonly ToolFinding['cause'][] = [
    'tool-failure',
    'bad-arguments',
    'wrong-tool',
    'missing-tool',
    'extra-tool',
  ];
  return findings.sort((a, b) => weight.indexOf(a.cause) - weight.indexOf(b.cause));
}

/** Whether a call was given a value that another one should have been given. */
function sharesValue(made: TracedCall, wanted: ExpectedToolCall): boolean {
  const given = Object.values(made.arguments).filter((value) => typeof value === 'string' || typeof value === 'number');
  return Object.values(wanted.arguments).some((value) => given.some((own) => sameValue(value, own)));
}

/** Whether two calls are about the same thing: the arguments that look like identifiers are equal. */
function sameThing(a: TracedCall, b: TracedCall): boolean {
  const names = Object.keys(a.arguments).filter(
    (name) => /(?:^|_)id$|Id$|^id$|number$/.test(name) && name in b.arguments,
  );
  return names.length > 0 && names.every((name) => sameValue(a.arguments[name], b.arguments[name]));
}

/** A call that was made at least three times with the same arguments, counting those in a row or with failures between. */
export function repeatedCall(made: readonly TracedCall[]): string | undefined {
  const counts = new Map<string, number>();
  for (const call of made) {
    const key = `${call.name} ${JSON.stringify(call.arguments)}`;
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (count >= 3) return call.name;
  }
  return undefined;
}
