import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { FieldkitError } from '@fieldkit/core';
import { type Case, readCases } from '@fieldkit/eval';
import { CONFIG_FILE, type Project } from '@fieldkit/project';
import {
  type Command,
  type CommandContext,
  type CommandInput,
  type ExitCode,
  flag,
  RECORDING_OPTIONS,
  stringOption,
} from '../command.ts';
import { answerJson, showAnswer, statusLine } from '../show-answer.ts';
import { fileLine, showSummary } from '../show-ingest.ts';
import { standinNotice } from '../standin-notice.ts';
import { recordingOf, withProjectAt } from '../with-project.ts';

const DEFAULT_EXAMPLE = 'equipment-desk';

/** What a kind of question shows, for people who see it for the first time. */
const KINDS: Readonly<Record<string, string>> = {
  fact: 'a fact in running text',
  table: 'a value out of a table',
  'two-documents': 'an answer that needs two documents',
  comparison: 'a comparison',
  'date-version': 'which version holds',
  calculation: 'a calculation over a table',
  'follow-up': 'a follow-up that needs the question before',
  record: "a lookup in the customer's record system",
  mixed: 'a lookup and a document',
  'wrong-premise': 'a question with a wrong premise',
  'not-answerable': 'a question that the documents do not answer',
  'out-of-scope': 'a question beside the scope',
  'planted-instruction': 'a document that tries to give orders',
  'other-group': 'a question about a document of another group',
};

export const command: Command = {
  usage: 'demo [--example NAME] [--record FILE | --replay FILE] [--json]',
  description:
    'Runs the whole job on an example: reads its documents, builds the index, starts what it needs and answers prepared questions with checked citations.\nWithout MAAS_BASE_URL and MAAS_API_KEY the answers are extractive and come from no language model. --json prints one JSON array.',
  options: {
    example: { type: 'string', value: 'NAME', summary: `a folder of examples/ (default: ${DEFAULT_EXAMPLE})` },
    project: {
      type: 'string',
      value: 'DIR',
      summary: 'run the demo questions (tag "demo" in evals/questions.jsonl) of this project instead',
    },
    ...RECORDING_OPTIONS,
    json: { type: 'boolean', summary: 'print one JSON array instead of text' },
  },
  examples: ['fieldkit demo', 'fieldkit demo --example policy-desk-zh --json', 'fieldkit demo --replay calls.jsonl'],
  async run(input, context) {
    const root = demoRoot(input, context);
    return withProjectAt(root, context, (project) => runDemo(project, input, context), recordingOf(input, context));
  },
};

function demoRoot(input: CommandInput, { cwd, home }: CommandContext): string {
  const given = stringOption(input, 'project');
  if (given !== undefined) return resolve(cwd, given);
  const examples = join(home, '..', '..', 'examples');
  const names = existsSync(examples)
    ? readdirSync(examples).filter((name) => existsSync(join(examples, name, CONFIG_FILE)))
    : [];
  const name = stringOption(input, 'example') ?? DEFAULT_EXAMPLE;
  if (names.includes(name)) return join(examples, name);
  if (names.length === 0)
    throw new FieldkitError(
      'INVALID_OPTION',
      'this installation carries no examples; clone the repository, or name a project: fieldkit demo --project DIR',
    );
  throw new FieldkitError('INVALID_OPTION', `there is no example "${name}"; there are: ${names.join(', ')}`);
}

async function runDemo(project: Project, input: CommandInput, context: CommandContext): Promise<ExitCode> {
  const { terminal, signal, cwd, self } = context;
  const { root } = project.paths;
  const { bold, dim } = terminal.style;
  const folder = relative(cwd, root) || '.';
  const questions = await demoQuestions(root);

  terminal.line(bold(`fieldkit demo: ${project.config.name}`));
  await standinNotice(project, terminal);
  terminal.line(`\n${bold('1. Reading the documents')}`);
  const summary = await project.ingest({
    signal,
    rebuild: 'when-needed', // another endpoint since the last demo
    onFile: (file, done, total) => terminal.notice(fileLine(file, done, total)),
  });
  showSummary(summary, terminal);

  terminal.line(`\n${bold('2. Starting the tools')}`);
  const tools = await project.tools();
  for (const { name, description } of tools) terminal.line(`  ${name}: ${firstSentence(description)}`);

  terminal.line(`\n${bold('3. Answering')}`);
  const results: ReturnType<typeof answerJson>[] = [];
  const sessions = new Map<string, string>(); // last question of a session -> the session
  for (const [index, item] of questions.entries()) {
    terminal.line(
      `\n${dim(`${index + 1}/${questions.length} ${KINDS[item.kind] ?? item.kind}`)}\n${bold(`Q: ${item.question}`)}`,
    );
    const caller = project.caller({ subject: 'demo', ...item.caller });
    const before = item.history.at(-1);
    const sessionId = (before === undefined ? undefined : sessions.get(before)) ?? `demo-${index}-${Date.now()}`;
    if (before !== undefined && !sessions.has(before)) {
      for (const earlier of item.history)
        await showAnswer(project.ask(earlier, { caller, sessionId, signal }), { ...terminal, line() {}, write() {} });
    }
    const finished = await showAnswer(project.ask(item.question, { caller, sessionId, signal }), terminal);
    signal.throwIfAborted();
    sessions.set(item.question, sessionId);
    results.push(answerJson(item.question, finished));
    terminal.line(dim(`  ${statusLine(finished)}`));
    const { error } = finished.run;
    if (error === undefined) continue;
    terminal.notice(terminal.style.red(`  ${error.code}: ${error.message}`));
    if (index === 0 && error.code.startsWith('MODEL_')) {
      terminal.notice(
        `The endpoint does not answer, so the other questions are left out. Next: ${self} doctor --project ${folder}`,
      );
      break;
    }
  }
  if (flag(input, 'json')) terminal.json(results);
  await closing(project, context, folder);
  const failed = results.filter(({ status }) => status === 'failed').length;
  if (failed === results.length) return 1;
  return failed > 0 || summary.failed > 0 ? 3 : 0;
}

/** Questions tagged `demo`, in file order; those of the split `dev` when none is. */
async function demoQuestions(root: string): Promise<Case[]> {
  const all: Case[] = [];
  for await (const item of readCases(join(root, 'evals', 'questions.jsonl'))) all.push(item);
  const tagged = all.filter(({ tags }) => tags.includes('demo'));
  return tagged.length > 0 ? tagged : all.filter(({ split }) => split === 'dev').slice(0, 8);
}

function firstSentence(text: string): string {
  const [line = ''] = text.split('\n');
  return /^.*?[.。](?=\s|$)/.exec(line.replace(/\s*\([^)]*\)/g, ''))?.[0] ?? line.replace(/\s*\([^)]*\):?$/, '.');
}

async function closing(project: Project, { terminal, self }: CommandContext, folder: string): Promise<void> {
  const { bold } = terminal.style;
  const { standin } = await project.endpoint();
  terminal.line(`\n${bold('What now')}`);
  terminal.line(
    `  Every step of every answer:   ${self} runs list --project ${folder}   and   ${self} runs show last --project ${folder}`,
  );
  terminal.line(`                                (stored in ${join(folder, '.fieldkit', 'runs.db')})`);
  terminal.line(
    `  Ask your own question:        ${self} ask "…" --project ${folder}   or talk: ${self} chat --project ${folder}`,
  );
  terminal.line(
    `  Your own documents:           ${self} init ../my-project, put files into ../my-project/knowledge, then`,
  );
  terminal.line(`                                ${self} ingest --project ../my-project`);
  terminal.line(
    '  A real model:                 set MAAS_BASE_URL and MAAS_API_KEY (or DASHSCOPE_API_KEY), for example',
  );
  terminal.line(
    '                                MAAS_BASE_URL=https://dashscope-intl.aliyuncs.com/compatible-mode/v1; then run the demo again',
  );
  if (standin)
    terminal.line(
      `\n${terminal.style.yellow('The answers above are extractive: sentences of the documents, picked by rules. No language model was used.')}`,
    );
}
