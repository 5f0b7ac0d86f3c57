import { readFileSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { defaultPrompts, type NodeSpec, nodeName, type PipelinePlan, parsePrompt } from '@fieldkit/agent';
import { FieldkitError, type Finding, isFieldkitError } from '@fieldkit/core';
import { lintPrompt, type PromptDraft, rewriteForQwen } from '@fieldkit/eval';
import { findProject, promptFiles } from '@fieldkit/project';
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
import { compareRewrite } from '../compare-rewrite.ts';
import { optimise } from '../optimise-prompt.ts';
import { showFindings } from '../show-findings.ts';
import { withProject } from '../with-project.ts';
import { writeWhole } from '../write-file.ts';

export const command: Command = {
  usage:
    'prompt lint [FILE…] | prompt rewrite --for qwen FILE --out FILE [--test] | prompt optimise FILE --out FILE [--project DIR] [--json]',
  description:
    'Checks prompts against rules for Qwen models, each with its source: the files named, else those in prompts/, else the built-in prompts of the\npipeline. An error ends `lint` with exit code 4. `rewrite` applies what can be applied safely and says what is left to a person; with --test both are\nasked the questions and compared. `optimise` has a model write better ones in up to three rounds, splits the questions 60/20/20 and accepts only what\nis better beyond doubt; "no significant change" is a result. The original stays in every case.',
  options: {
    ...PROJECT_OPTIONS,
    for: { type: 'string', value: 'MODELS', summary: 'the models to rewrite for: qwen' },
    out: { type: 'string', value: 'FILE', summary: 'where the new prompt goes' },
    test: { type: 'boolean', summary: "rewrite: ask the project's questions with both, and compare" },
    questions: {
      type: 'string',
      value: 'FILE',
      summary: 'optimise, --test: the questions (default: evals/questions.jsonl)',
    },
    scorer: {
      type: 'string',
      value: 'NAME',
      summary: 'optimise, --test: the score to go by (default reference-recall)',
    },
    model: { type: 'string', value: 'NAME', summary: 'optimise: the model that answers (default chat)' },
    writer: { type: 'string', value: 'NAME', summary: 'optimise: the model that writes candidates (default chat)' },
  },
  examples: [
    'fieldkit prompt lint',
    'fieldkit prompt rewrite --for qwen prompts/answer.md --out prompts/answer.qwen.md --test',
    'fieldkit prompt optimise evals/summary.md --questions evals/tickets.jsonl --out evals/summary-2.md',
  ],
  positionals: { min: 1, max: 50 },
  async run(input, context) {
    const [action, ...files] = input.positionals;
    const root = rootOf(input, context, files);
    if (action === 'lint') {
      const sources =
        root === undefined
          ? files.map((file) => readSource(file, context.cwd))
          : await withProject(input, context, async (project) =>
              files.length > 0
                ? files.map((file) => readSource(file, context.cwd, { root, plan: project.plan() }))
                : projectSources(root, project.plan()),
            );
      return lint(sources, input, context);
    }
    const [file, ...more] = files;
    if (action === 'rewrite' && file !== undefined && more.length === 0) {
      const owner =
        root === undefined
          ? undefined
          : await withProject(input, context, async (project) => ({ root, plan: project.plan() }));
      const source = readSource(file, context.cwd, owner);
      const write = () => rewrite(source, resolve(context.cwd, file), input, context);
      if (!flag(input, 'test')) return write();
      const [unread] = source.findings;
      if (unread !== undefined) throw new FieldkitError('INVALID_CONFIG', unread.message);
      return withProject(input, context, (project) =>
        compareRewrite(project, file, { node: source.node, write }, input, context),
      );
    }
    if (action === 'optimise' && file !== undefined && more.length === 0)
      return withProject(input, context, (project) => optimise(project, file, input, context));
    throw new FieldkitError('INVALID_OPTION', `say: fieldkit ${command.usage}`);
  },
};

/** A prompt file needs no project; a node's own prompt is judged with the node's settings when there is one. */
function rootOf(input: CommandInput, { cwd }: CommandContext, files: readonly string[]): string | undefined {
  const given = stringOption(input, 'project');
  try {
    return findProject(cwd, given);
  } catch (error) {
    if (files.length > 0 && given === undefined && isFieldkitError(error, 'CONFIG_NOT_FOUND')) return undefined;
    throw error;
  }
}

interface Source {
  readonly where: string;
  /** Front matter, as it is written. */
  readonly head: string;
  readonly draft: PromptDraft;
  /** What keeps a node from reading it. */
  readonly findings: readonly Finding[];
  /** The node of the pipeline that reads it, if one does. */
  readonly node: string | undefined;
}

const FRONT_MATTER = /^\ufeff?---\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/;
/** Kinds of nodes whose model is asked with a JSON schema. */
const WITH_SCHEMA: readonly string[] = ['understand', 'route', 'plan', 'reflect', 'delegate'];

function readSource(file: string, cwd: string, owner?: { root: string; plan: PipelinePlan }): Source {
  const path = resolve(cwd, file);
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw new FieldkitError('FILE_NOT_FOUND', `there is no prompt file ${path}`);
  const name = basename(path, '.md');
  const inProject = owner !== undefined && relative(join(owner.root, 'prompts'), path) === `${name}.md`;
  const node = inProject ? owner.plan.nodes.find((spec) => nodeName(spec) === name) : undefined;
  return sourceOf(file, readFileSync(path, 'utf8'), node);
}

function projectSources(root: string, plan: PipelinePlan): Source[] {
  const files = Object.entries(promptFiles(root));
  if (files.length > 0) {
    const nodeOf = (name: string) => plan.nodes.find((spec) => nodeName(spec) === name);
    return files.map(([name, { text }]) => sourceOf(`prompts/${name}.md`, text, nodeOf(name)));
  }
  return plan.nodes.map((spec) => sourceOf(`built-in prompt of ${nodeName(spec)}`, defaultPrompts[spec.kind], spec));
}

function sourceOf(where: string, text: string, node: NodeSpec | undefined): Source {
  const head = FRONT_MATTER.exec(text)?.[0] ?? '';
  const content = text.slice(head.length).replaceAll('\r\n', '\n').trim();
  const findings: Finding[] = [];
  let temperature = node?.temperature;
  try {
    temperature ??= parsePrompt(text, where).temperature;
  } catch (error) {
    // only a node's own prompt has to be in our form
    if (node !== undefined && error instanceof FieldkitError)
      findings.push({ severity: 'error', code: 'invalid-prompt', message: error.message, where });
  }
  const draft: PromptDraft = {
    messages: [{ role: 'system', content }],
    ...(node === undefined ? {} : { thinking: node.thinking }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(node?.maxOutputTokens === undefined ? {} : { maxOutputTokens: node.maxOutputTokens }),
    ...(node !== undefined && WITH_SCHEMA.includes(node.kind) ? { output: { schema: { type: 'object' } } } : {}),
  };
  return { where, head, draft, findings, node: node === undefined ? undefined : nodeName(node) };
}

function lint(sources: readonly Source[], input: CommandInput, context: CommandContext): ExitCode {
  const { terminal } = context;
  const findings = sources.flatMap(({ where, draft, findings: own }) => [...own, ...lintPrompt(draft, { where })]);
  const failed = findings.some(({ severity }) => severity === 'error');
  if (flag(input, 'json')) terminal.json({ prompts: sources.map(({ where }) => where), findings });
  showFindings(findings, terminal);
  if (findings.length === 0) terminal.line(`Nothing is wrong with ${sources.map(({ where }) => where).join(', ')}.`);
  terminal.line(
    `Next: ${nextStep(context, input, failed ? `prompt rewrite --for qwen ${input.positionals[1] ?? 'FILE'} --out FILE` : 'pipeline check')}`,
  );
  return failed ? 4 : 0;
}

function rewrite(source: Source, file: string, input: CommandInput, context: CommandContext): ExitCode {
  const { terminal, cwd } = context;
  const models = stringOption(input, 'for');
  if (models !== 'qwen')
    throw new FieldkitError(
      'INVALID_OPTION',
      `say for which models: --for qwen${models === undefined ? '' : `, not ${models}`}`,
    );
  const given = stringOption(input, 'out');
  const out = given === undefined ? undefined : resolve(cwd, given);
  if (out === undefined || out === file)
    throw new FieldkitError(
      'INVALID_OPTION',
      'say where the new prompt goes, another file than the original: --out FILE',
    );
  const { where, head } = source;
  const { draft, original, changed, left } = rewriteForQwen(source.draft, { where });
  writeWhole(out, `${head}${draft.messages.map(({ content }) => content).join('\n\n')}\n`);
  const settings = Object.fromEntries(
    (['thinking', 'temperature', 'maxOutputTokens'] as const)
      .filter((key) => draft[key] !== original[key])
      .map((key) => [key, draft[key]]),
  );
  if (flag(input, 'json')) terminal.json({ file: out, changed, left, settings });
  terminal.line(changed.length === 0 ? 'Nothing had to be changed.' : 'Changed:');
  showFindings(changed, terminal);
  if (left.length > 0) terminal.line('\nLeft to you:');
  showFindings(left, terminal);
  for (const [key, value] of Object.entries(settings))
    terminal.line(`Set ${key}: ${String(value)} on the node in fieldkit.config.ts: it is no part of the text.`);
  terminal.line(`\nWritten: ${out}`);
  terminal.line(
    `Next: compare it with the original: ${nextStep(context, input, 'eval run --ledger --name rewritten')}, then eval compare`,
  );
  return 0;
}
