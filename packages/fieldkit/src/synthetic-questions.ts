import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { type Chunk, counted, FieldkitError } from '@fieldkit/core';
import type { Project } from '@fieldkit/project';
import { type WrittenQuestions, writeQuestions } from '@fieldkit/rag';
import { type CommandContext, type CommandInput, type ExitCode, flag, nextStep, stringOption } from './command.ts';

/** Where written questions lie unless another file is named. */
export const SYNTHETIC_FILE = 'evals/synthetic.jsonl';

const FAULTS = {
  'no-answer': 'no usable question came back',
  'not-proven': 'the quote does not stand in the text',
  copied: 'copies six or more words of the text in a row',
  'tells-answer': 'tells its own answer',
  'points-at-text': 'points at "the text"',
  'names-source': 'names the file or the title',
  repeated: 'asks what another one asks',
} as const;

/** Has the model write questions from chunks and stores those that pass the checks as a question set of their own. */
export async function writeSyntheticQuestions(
  project: Project,
  input: CommandInput,
  context: CommandContext,
): Promise<ExitCode> {
  const { terminal, cwd, signal } = context;
  const count = Number(stringOption(input, 'count') ?? 40);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw new FieldkitError('INVALID_OPTION', '--count must be a whole number from 1 to 1000');
  }
  const given = stringOption(input, 'out');
  const path = given === undefined ? resolve(project.paths.root, SYNTHETIC_FILE) : resolve(cwd, given);
  if (existsSync(path) && !flag(input, 'force')) {
    throw new FieldkitError(
      'INVALID_OPTION',
      `${relative(cwd, path)} is there already; write to another file with --out FILE, or over it with --force`,
    );
  }
  const { standin, chat, modelNames } = await project.endpoint();
  if (standin) {
    throw new FieldkitError(
      'INVALID_OPTION',
      'questions are written by a language model, and the stand-in is none: set the variables of endpoint, or write them by hand ' +
        `(${nextStep(context, input, 'eval template')})`,
    );
  }
  const chunks = await allChunks(project);
  if (chunks.length === 0)
    throw new FieldkitError('INDEX_NOT_FOUND', 'nothing is indexed yet; run `fieldkit ingest` first');
  const name = stringOption(input, 'model') ?? 'chat';
  const written = await writeQuestions({
    model: chat(name),
    chunks,
    count,
    signal,
    onProgress: (asked, taken) =>
      terminal.notice(`  ${counted(asked, 'passage')} asked about, ${counted(taken, 'question')} taken`),
  });
  const model = name === 'chat' || name === 'fast' ? modelNames[name] : name;
  const lines = caseLines(project, written, model);
  if (lines.length > 0) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    renameSync(`${path}.new`, path);
  }
  show(written, lines.length, count, model, path, input, context);
  if (lines.length === 0) {
    throw new FieldkitError(
      'MODEL_INVALID_OUTPUT',
      `no question of ${model} passed the checks; try a stronger model with --model`,
    );
  }
  return lines.length < count ? 3 : 0;
}

function show(
  { questions, faults, usage, cost }: WrittenQuestions,
  taken: number,
  wanted: number,
  model: string,
  path: string,
  input: CommandInput,
  context: CommandContext,
): void {
  const { terminal, cwd } = context;
  const overlap = questions.reduce((sum, question) => sum + question.overlap, 0) / Math.max(1, questions.length);
  if (flag(input, 'json'))
    terminal.json({ path, model, wanted, taken, faults, overlap, usage, ...(cost === undefined ? {} : { cost }) });
  const money = cost === undefined ? '' : `, ${(cost.microUnits / 1e6).toFixed(4)} ${cost.currency}`;
  terminal.line(
    `${taken} of ${wanted} questions by ${model} (${counted(usage.calls, 'call')}, ${usage.inputTokens} tokens in, ${usage.outputTokens} out${money})`,
  );
  for (const [fault, said] of Object.entries(FAULTS)) {
    const number = faults[fault as keyof typeof FAULTS]; // a key of the same table
    if (number !== undefined) terminal.line(`  ${String(number).padStart(4)} left out: ${said}`);
  }
  if (taken === 0) return;
  terminal.line(
    `  ${(overlap * 100).toFixed(0)} % of their words stand in the passage that answers them: the more, the better search by words looks.`,
  );
  terminal.line(
    `\nWritten: ${relative(cwd, path)}, each marked "synthetic". They compare settings; read some before you rely on them.`,
  );
  terminal.line(`Next: ${nextStep(context, input, 'retrieval tune --synthetic')}`);
}

async function allChunks(project: Project): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const rows of (await project.index()).scan()) chunks.push(...rows.map(({ chunk }) => chunk));
  return chunks.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** As lines of a question set; a place that a stored document no longer has is left out. */
function caseLines(project: Project, { questions }: WrittenQuestions, model: string) {
  const uris = new Map(project.documents.list().map(({ id, uri }) => [id, uri]));
  return questions.flatMap(({ id, text, quote, gold: [first], caller }) => {
    const document = uris.get(first?.documentId ?? '');
    if (document === undefined) return [];
    const others = (first?.alternatives ?? []).flatMap(({ documentId }) => uris.get(documentId) ?? []);
    const alternatives = [...new Set(others)]
      .filter((uri) => uri !== document)
      .map((uri) => ({ document: uri, quote }));
    const place = { document, quote, ...(alternatives.length === 0 ? {} : { alternatives }) };
    const groups = caller?.groups ?? [];
    return {
      id,
      question: text,
      gold: [place],
      kind: 'synthetic',
      split: 'dev',
      tags: ['synthetic', `model:${model}`],
      ...(groups.length === 0 ? {} : { caller: { groups } }),
    };
  });
}
