import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { counted, FieldkitError } from '@fieldkit/core';
import { readCases } from '@fieldkit/eval';
import { labelQuestions, type Project } from '@fieldkit/project';
import {
  type BeirEvaluation,
  diffEvaluations,
  evaluateBeir,
  evaluateRetriever,
  formatTrecRun,
  type MetricName,
  metricNames,
  type RetrievalEvaluation,
  type RetrievalQuestion,
  summarizeResults,
} from '@fieldkit/rag';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  nextStep,
  PROJECT_OPTIONS,
  stringOption,
} from '../command.ts';
import { SYNTHETIC_FILE, writeSyntheticQuestions } from '../synthetic-questions.ts';
import { tuneProject } from '../tune-project.ts';
import { withProject } from '../with-project.ts';

export const command: Command = {
  usage:
    'retrieval eval [--questions FILE] [--beir DIR] [--mode lexical|dense|hybrid] [--split NAME] [--run OUT.trec] [--out FILE] | retrieval diff A.json B.json | retrieval questions [--count N] [--out FILE] | retrieval tune [--synthetic] [--contexts] [--project DIR] [--json]',
  description:
    "`eval` measures retrieval on the project's labelled questions (gold places of evals/questions.jsonl), or on a folder in BEIR layout: nDCG@10, recall, MRR,\nMAP and hits with 95 % intervals, by kind of question. `diff` says which questions got better and worse between two results, and whether the\ndifference is real (paired test). `tune` measures candidate settings on one half of the questions and reports on the other, with time and tokens beside quality.\n`questions` has the chat model write questions from chunks when nobody has labelled any: marked synthetic, checked for what would give the answer away.",
  options: {
    ...PROJECT_OPTIONS,
    beir: {
      type: 'string',
      value: 'DIR',
      summary: 'a folder with corpus.jsonl, queries.jsonl and qrels/; needs no project for lexical search',
    },
    mode: {
      type: 'string',
      value: 'MODE',
      summary: 'lexical, dense or hybrid (default: what the project uses; lexical for --beir)',
    },
    split: {
      type: 'string',
      value: 'NAME',
      summary: 'questions of this split (default: dev; for --beir the file in qrels/, default test)',
    },
    run: { type: 'string', value: 'OUT.trec', summary: 'with --beir: write the rankings as a TREC run file' },
    out: {
      type: 'string',
      value: 'FILE',
      summary: `write the result as JSON, for \`retrieval diff\`; with questions: the file to write (default ${SYNTHETIC_FILE})`,
    },
    questions: {
      type: 'string',
      value: 'FILE',
      summary: 'with eval and tune: a question set (default evals/questions.jsonl)',
    },
    synthetic: {
      type: 'boolean',
      summary: `with eval and tune: the questions of ${SYNTHETIC_FILE}; tune has them written when they are not there`,
    },
    contexts: {
      type: 'boolean',
      summary: 'with tune: also measure contexts written by a model, one call for each chunk',
    },
    count: { type: 'string', value: 'N', summary: 'with questions: how many, 1 to 1000 (default 40)' },
    model: {
      type: 'string',
      value: 'NAME',
      summary: 'with questions: chat, fast or a model of the endpoint (default chat)',
    },
    force: { type: 'boolean', summary: 'with questions: write over the file' },
    metric: { type: 'string', value: 'NAME', summary: 'metric of diff and tune (default ndcg@10)' },
  },
  examples: [
    'fieldkit retrieval eval --out before.json',
    'fieldkit retrieval diff before.json after.json',
    'fieldkit retrieval tune --project examples/equipment-desk',
    'fieldkit retrieval questions --count 60',
    'fieldkit retrieval eval --beir ./scifact --run scifact.trec',
  ],
  positionals: { min: 1, max: 3 },
  async run(input, context) {
    const [action, ...files] = input.positionals;
    if (action === 'eval' && files.length === 0) {
      return stringOption(input, 'beir') === undefined
        ? evaluateProject(input, context)
        : evaluateFolder(input, context);
    }
    if (action === 'diff' && files.length === 2) return diff(files, input, context);
    if (action === 'questions' && files.length === 0) {
      return withProject(input, context, (project) => writeSyntheticQuestions(project, input, context));
    }
    if (action === 'tune' && files.length === 0) {
      return withProject<ExitCode>(input, context, async (project) => {
        if (flag(input, 'synthetic') && !existsSync(questionsPath(project, input, context))) {
          await writeSyntheticQuestions(project, { ...input, options: { ...input.options, json: false } }, context);
        }
        const questions = await projectQuestions(project, input, context);
        return tuneProject(project, questions, metricOf(input), input, context);
      });
    }
    throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
  },
};

function evaluateProject(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, signal } = context;
  return withProject<ExitCode>(input, context, async (project) => {
    const questions = await projectQuestions(project, input, context);
    const mode = modeOf(input);
    const retrieve = await project.retriever(mode === undefined ? {} : { mode });
    const result = await evaluateRetriever({ retrieve, questions, caller: project.caller(), limit: 20, signal });
    writeResult(input, context, result);
    if (flag(input, 'json')) terminal.json(result);
    terminal.line(
      `${counted(questions.length, 'question')}, ${result.latencyMs.p50.toFixed(0)} ms a search (p95 ${result.latencyMs.p95.toFixed(0)} ms)\n`,
    );
    showMetrics(result, context);
    const missed = result.questions.filter(({ quality }) => quality['recall@10'] < 1);
    if (missed.length > 0)
      terminal.line(
        `\nNot all gold places within 10 passages: ${missed
          .map(({ id }) => id)
          .slice(0, 20)
          .join(', ')}${missed.length > 20 ? ', …' : ''}`,
      );
    terminal.line(`\nNext: ${nextStep(context, input, 'retrieval tune')}`);
    return 0;
  });
}

async function evaluateFolder(input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, cwd, signal } = context;
  const directory = resolve(cwd, stringOption(input, 'beir') ?? '.');
  const mode = modeOf(input) ?? 'lexical';
  const split = stringOption(input, 'split');
  const options = { directory, mode, signal, ...(split === undefined ? {} : { split }) };
  const show = (result: BeirEvaluation) => {
    const run = stringOption(input, 'run');
    if (run !== undefined) writeFileSync(resolve(cwd, run), formatTrecRun(result.rankings, 'fieldkit'));
    const { queries, documents, mean, intervals, byKind } = result;
    const questions = Array.from(result.perQuery, ([id, quality]) => ({ id, quality, passages: [], durationMs: 0 }));
    writeResult(input, context, summarizeResults(questions));
    if (flag(input, 'json')) terminal.json({ directory, mode, queries, documents, mean, intervals, byKind });
    terminal.line(`${counted(queries, 'query', 'queries')} over ${counted(documents, 'document')}, ${mode}\n`);
    showMetrics(result, context);
    if (run !== undefined) terminal.line(`\nRankings: ${resolve(cwd, run)}`);
    terminal.line('\nNext: keep results with --out FILE and compare two with: fieldkit retrieval diff A.json B.json');
  };
  if (mode === 'lexical') {
    show(await evaluateBeir(options));
    return 0;
  }
  return withProject<ExitCode>(input, context, async (project) => {
    const { embedder } = await project.endpoint();
    if (embedder === undefined) {
      throw new FieldkitError(
        'INVALID_OPTION',
        `--mode ${mode} needs an embedding model: set endpoint.models.embedding and the endpoint's variables`,
      );
    }
    show(await evaluateBeir({ ...options, embedder }));
    return 0;
  });
}

function diff(
  [before = '', after = '']: readonly string[],
  input: CommandInput,
  { cwd, terminal }: CommandContext,
): ExitCode {
  const metric = metricOf(input);
  const difference = diffEvaluations(readResult(resolve(cwd, before)), readResult(resolve(cwd, after)), metric);
  if (flag(input, 'json')) terminal.json(difference);
  const { comparison, real, better, worse } = difference;
  const { mean, low, high } = comparison.difference;
  terminal.line(
    `${metric}: ${signed(mean)} (95 % ${signed(low)} to ${signed(high)}), p = ${comparison.pValue.toFixed(4)}: ${real ? 'the difference is real' : 'this may be chance'}`,
  );
  for (const [name, changes] of [['better', better] as const, ['worse', worse] as const]) {
    terminal.line(`\n${changes.length} ${name}`);
    for (const change of changes.slice(0, 15))
      terminal.line(`  ${change.id}  ${change.before.toFixed(3)} -> ${change.after.toFixed(3)}`);
    if (changes.length > 15) terminal.line(`  … and ${changes.length - 15} more: --json`);
  }
  return 0;
}

/** The questions of the chosen split with labels; what could not be labelled is said. */
async function projectQuestions(
  project: Project,
  input: CommandInput,
  context: CommandContext,
): Promise<RetrievalQuestion[]> {
  const { terminal } = context;
  const path = questionsPath(project, input, context);
  if (!existsSync(path)) {
    throw new FieldkitError(
      'FILE_NOT_FOUND',
      `there are no questions in ${path}; write some (${nextStep(context, input, 'eval template')}), or have a model write them: ${nextStep(context, input, 'retrieval questions')}`,
    );
  }
  const split = stringOption(input, 'split') ?? 'dev';
  const cases = [];
  for await (const item of readCases(path)) if (split === 'all' || item.split === split) cases.push(item);
  const { questions, left } = labelQuestions(cases, project.documents, (item) =>
    project.caller({ subject: 'evaluation', ...item.caller }),
  );
  for (const { id, reason } of left) terminal.notice(terminal.style.yellow(`  left out ${id}: ${reason}`));
  if (questions.length > 0) return questions;
  throw new FieldkitError(
    'DATASET_INVALID',
    `${path} has no question of split "${split}" with a gold place in the documents; add "gold" to its lines, and run \`fieldkit ingest\``,
  );
}

function questionsPath(project: Project, input: CommandInput, { cwd }: CommandContext): string {
  const given = stringOption(input, 'questions');
  if (given !== undefined) return resolve(cwd, given);
  return join(project.paths.root, flag(input, 'synthetic') ? SYNTHETIC_FILE : 'evals/questions.jsonl');
}

function modeOf(input: CommandInput): 'lexical' | 'dense' | 'hybrid' | undefined {
  const mode = stringOption(input, 'mode');
  if (mode === undefined || mode === 'lexical' || mode === 'dense' || mode === 'hybrid') return mode;
  throw new FieldkitError('INVALID_OPTION', `--mode must be lexical, dense or hybrid, not "${mode}"`);
}

function metricOf(input: CommandInput): MetricName {
  const given = stringOption(input, 'metric') ?? 'ndcg@10';
  const metric = metricNames.find((name) => name === given);
  if (metric === undefined)
    throw new FieldkitError('INVALID_OPTION', `--metric must be one of ${metricNames.join(', ')}, not "${given}"`);
  return metric;
}

function writeResult(input: CommandInput, { cwd, terminal }: CommandContext, result: RetrievalEvaluation): void {
  const out = stringOption(input, 'out');
  if (out === undefined) return;
  writeFileSync(resolve(cwd, out), `${JSON.stringify(result)}\n`);
  terminal.notice(`written: ${resolve(cwd, out)}`);
}

function readResult(path: string): Pick<RetrievalEvaluation, 'questions'> {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const questions: unknown =
      value !== null && typeof value === 'object' ? Reflect.get(value, 'questions') : undefined;
    if (Array.isArray(questions)) return { questions };
  } catch (cause) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `cannot read ${path}: write it with \`fieldkit retrieval eval --out FILE\``,
      { cause },
    );
  }
  throw new FieldkitError('INVALID_OPTION', `${path} is no result of \`fieldkit retrieval eval --out FILE\``);
}

function showMetrics(
  {
    mean,
    intervals,
    byKind,
  }: Pick<BeirEvaluation, 'mean' | 'intervals'> & {
    readonly byKind: Readonly<Record<string, { readonly mean: BeirEvaluation['mean'] }>>;
  },
  { terminal }: CommandContext,
): void {
  for (const name of metricNames) {
    const { low, high } = intervals[name];
    terminal.line(`  ${name.padEnd(11)} ${mean[name].toFixed(3)}   95 % ${low.toFixed(3)} to ${high.toFixed(3)}`);
  }
  const kinds = Object.entries(byKind);
  if (kinds.length > 1) terminal.line('\n  by kind           ndcg@10  recall@10  hit@5');
  for (const [kind, { mean: of }] of kinds) {
    terminal.line(
      `  ${kind.padEnd(18)} ${of['ndcg@10'].toFixed(3)}  ${of['recall@10'].toFixed(3).padStart(9)}  ${of['hit@5'].toFixed(3)}`,
    );
  }
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(3)}`;
}
