import { join, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import {
  agentScorers,
  type Case,
  type CaseResult,
  evaluate,
  readCases,
  type Summary,
  summaryText,
} from '@fieldkit/eval';
import { createAgentTarget } from '@fieldkit/project';
import { type Command, flag, nextStep, PROJECT_OPTIONS, stringOption } from '../command.ts';
import { standinNotice } from '../standin-notice.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    'eval run [--questions FILE] [--split NAME] [--kind NAME] [--limit N] [--concurrency N] [--min SCORER=VALUE] [--project DIR] [--json]',
  description:
    "Asks the project's questions (evals/questions.jsonl) through the agent and scores each answer by rules: gold place cited, reference words, refusals,\nverbatim quotes, forbidden text. With --min a score below the bound ends with exit code 4.",
  options: {
    ...PROJECT_OPTIONS,
    questions: {
      type: 'string',
      value: 'FILE',
      summary: 'JSON Lines of questions (default: evals/questions.jsonl of the project)',
    },
    split: { type: 'string', value: 'NAME', summary: 'only this split: dev, unseen, or all (default: all)' },
    kind: { type: 'string', value: 'NAME', summary: 'only this kind of question' },
    limit: { type: 'string', value: 'N', summary: 'the first N questions only' },
    concurrency: { type: 'string', value: 'N', summary: 'questions at a time (default 2)' },
    min: {
      type: 'string',
      multiple: true,
      value: 'SCORER=VALUE',
      summary: 'a gate, 0 to 1; may be given several times',
    },
  },
  examples: ['fieldkit eval run', 'fieldkit eval run --split dev --min gold-place-first-3=0.9 --json'],
  positionals: { min: 1, max: 1 },
  run: (input, context) =>
    withProject(input, context, async (project) => {
      const { terminal, signal, cwd } = context;
      if (input.positionals[0] !== 'run') throw new FieldkitError('INVALID_OPTION', 'say `fieldkit eval run`');
      const given = stringOption(input, 'questions');
      const path = given === undefined ? join(project.paths.root, 'evals', 'questions.jsonl') : resolve(cwd, given);
      const gates = parseGates(input.options.min);
      const cases = await selectCases(path, {
        split: stringOption(input, 'split') ?? 'all',
        kind: stringOption(input, 'kind'),
        limit: positiveInteger(stringOption(input, 'limit'), 'limit'),
      });
      await standinNotice(project, terminal);
      const results: CaseResult[] = [];
      let summary: Summary | undefined;
      const events = evaluate({
        cases,
        total: cases.length,
        target: createAgentTarget(project),
        scorers: agentScorers,
        concurrency: positiveInteger(stringOption(input, 'concurrency'), 'concurrency') ?? 2,
        context: { documentText: (id) => project.documents.get(id)?.text },
        signal,
        onProgress: ({ done, total, leftMs }) => {
          if (terminal.interactive)
            terminal.write(`\r  ${done}/${total} questions, about ${Math.ceil((leftMs ?? 0) / 1000)} s left   `);
          else if (done % 10 === 0) terminal.notice(`  ${done}/${total} questions`);
        },
      });
      for await (const event of events) {
        if (event.type === 'case-end') results.push(event.result);
        else summary = event.summary;
      }
      if (summary === undefined) throw new FieldkitError('INTERNAL', 'the evaluation ended without a summary');
      const missed = missedGates(summary, gates);
      results.sort((a, b) => a.index - b.index);
      if (flag(input, 'json'))
        terminal.json({ questions: path, summary, missedGates: missed, cases: results.map(caseJson) });
      terminal.line(`\n${summaryText(summary)}`);
      showErrors(results, terminal.line);
      showWorst(results, terminal.line);
      for (const gate of missed)
        terminal.notice(
          terminal.style.red(`gate missed: ${gate.scorer} is ${gate.found ?? 'not scored'}, needs ${gate.min}`),
        );
      const failed = summary.statuses.failed ?? 0;
      terminal.line(
        `Next: ${nextStep(context, input, `runs show ${results[0]?.outcome.run?.id ?? 'last'}`)}   or the whole result: ${nextStep(context, input, 'eval run --json')}`,
      );
      if (missed.length > 0) return 4;
      return failed > 0 ? 3 : 0;
    }),
};

function positiveInteger(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new FieldkitError('INVALID_OPTION', `--${name} must be a whole number from 1, not "${text}"`);
  return value;
}

async function selectCases(
  path: string,
  { split, kind, limit }: { split: string; kind: string | undefined; limit: number | undefined },
): Promise<Case[]> {
  const all: Case[] = [];
  for await (const item of readCases(path)) all.push(item);
  const chosen = all
    .filter((item) => (split === 'all' || item.split === split) && (kind === undefined || item.kind === kind))
    .slice(0, limit);
  if (chosen.length > 0) return chosen;
  const splits = [...new Set(all.map((item) => item.split))].join(', ');
  const kinds = [...new Set(all.map((item) => item.kind))].join(', ');
  throw new FieldkitError(
    'DATASET_INVALID',
    `no question of ${path} was chosen; it has splits: ${splits || 'none'}; kinds: ${kinds || 'none'}`,
  );
}

interface Gate {
  readonly scorer: string;
  readonly min: number;
}

function parseGates(value: unknown): Gate[] {
  const texts = Array.isArray(value) ? value.map(String) : [];
  return texts.map((text) => {
    const [, scorer = '', bound = ''] = /^([a-z0-9-]+)=([0-9.]+)$/.exec(text) ?? [];
    const names = agentScorers.map(({ name }) => name);
    if (!names.includes(scorer) || !(Number(bound) >= 0 && Number(bound) <= 1)) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `--min wants SCORER=VALUE with a value from 0 to 1, not "${text}"; scorers: ${names.join(', ')}`,
      );
    }
    return { scorer, min: Number(bound) };
  });
}

function missedGates(summary: Summary, gates: readonly Gate[]): (Gate & { found: number | null })[] {
  return gates.flatMap((gate) => {
    const found = summary.scores.find(({ scorer }) => scorer === gate.scorer)?.overall.mean ?? null;
    return found !== null && found >= gate.min ? [] : [{ ...gate, found }];
  });
}

function caseJson({ item, outcome, scores }: CaseResult) {
  const { answer, run, durationMs, error } = outcome;
  return {
    id: item.id,
    kind: item.kind,
    split: item.split,
    question: item.question,
    answer: answer.text,
    status: answer.status,
    citations: answer.citations,
    scores,
    durationMs: Math.round(durationMs),
    runId: run?.id,
    ...(error === undefined ? {} : { error }),
  };
}

/** One message for each kind of failure. */
function showErrors(results: readonly CaseResult[], line: (text: string) => void): void {
  const first = new Map(
    results.flatMap(({ item, outcome: { error } }) =>
      error === undefined ? [] : [[error.code, { item, error }] as const],
    ),
  );
  for (const [code, { item, error }] of first) line(`  ${code}, for example ${item.id}: ${error.message}`);
  if (first.size > 0) line('');
}

/** The items that missed most, with a reason each, so that a person knows where to look. */
function showWorst(results: readonly CaseResult[], line: (text: string) => void, most = 8): void {
  const missed = results.flatMap(({ item, scores, outcome }) => {
    const bad = Object.entries(scores).filter(([, { value }]) => value !== 'unavailable' && value < 1 && value < 0.5);
    const telling = bad.filter(
      ([name]) =>
        name === 'gold-place-first-3' || name === 'refusal' || name === 'forbidden' || name === 'quotes-verbatim',
    );
    return telling.length === 0 ? [] : [{ item, telling, run: outcome.run?.id }];
  });
  if (missed.length === 0) return;
  line(`Missed (${Math.min(most, missed.length)} of ${missed.length}):`);
  for (const { item, telling, run } of missed.slice(0, most)) {
    line(`  ${item.id} (${item.kind}) ${item.question}`);
    for (const [name, { reason }] of telling) line(`      ${name}: ${reason}${run === undefined ? '' : `  [${run}]`}`);
  }
  line('');
}
