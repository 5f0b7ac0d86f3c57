import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  chooseEndpoint,
  findProject,
  listKnowledgeFiles,
  loadProjectConfig,
  openDocumentStore,
  openRunStore,
  projectPaths,
} from '@fieldkit/project';
import { type Command, flag, nextStep, PROJECT_OPTIONS, stringOption } from '../command.ts';

export const command: Command = {
  usage: 'status [--project DIR] [--json]',
  description:
    'Says where this project stands (documents, index, runs, endpoint) and which command is useful next. Changes nothing and connects to nothing.',
  options: PROJECT_OPTIONS,
  examples: ['fieldkit status', 'fieldkit status --project examples/equipment-desk --json'],
  async run(input, context) {
    const { terminal, cwd, environment } = context;
    const root = findProject(cwd, stringOption(input, 'project'));
    const config = await loadProjectConfig(root);
    const paths = projectPaths(root);
    const { include, exclude, tenant } = config.knowledge;
    const files = listKnowledgeFiles(root, { include, exclude, tenant });
    const stored = existsSync(paths.documents) ? readStore(paths.documents) : [];
    const runs = existsSync(paths.runs) ? readRuns(paths.runs) : [];
    const known = new Set(stored.map(({ uri }) => uri));
    const present = new Set(files.map(({ uri }) => uri));
    const failed = stored.filter(({ failure }) => failure !== undefined);
    const state = {
      name: config.name,
      root,
      files: files.length,
      documents: stored.length - failed.length,
      notReadable: failed.map(({ uri, failure }) => ({ uri, code: failure?.code, message: failure?.message })),
      newFiles: files.filter(({ uri }) => !known.has(uri)).length,
      goneFiles: stored.filter(({ uri }) => !present.has(uri)).length,
      indexed: existsSync(paths.index),
      endpoint: endpointOf(() => chooseEndpoint(config, environment)),
      questions: existsSync(join(root, 'evals', 'questions.jsonl')),
      lastRun: runs[0],
    };
    const next = nextCommand(state, (command) => nextStep(context, input, command));
    if (flag(input, 'json')) {
      terminal.json({ ...state, next });
      return 0;
    }
    terminal.line(terminal.style.bold(`${state.name}  ${root}`));
    terminal.line(
      `  documents  ${state.documents} read of ${state.files} files${state.newFiles === 0 ? '' : `, ${state.newFiles} new`}${state.goneFiles === 0 ? '' : `, ${state.goneFiles} gone`}`,
    );
    for (const { uri, code } of state.notReadable)
      terminal.line(terminal.style.yellow(`             not readable: ${uri} (${code})`));
    terminal.line(`  index      ${state.indexed ? config.index.engine : 'not built'}`);
    terminal.line(`  endpoint   ${state.endpoint}`);
    terminal.line(`  questions  ${state.questions ? 'evals/questions.jsonl' : 'none yet'}`);
    terminal.line(
      `  last run   ${state.lastRun === undefined ? 'none yet' : `${state.lastRun.status}: ${state.lastRun.question}`}`,
    );
    terminal.line(`\nNext: ${next}`);
    return 0;
  },
};

function readStore(path: string) {
  const store = openDocumentStore(path);
  try {
    return store.list();
  } finally {
    store.close();
  }
}

function readRuns(path: string) {
  const store = openRunStore(path);
  try {
    return store.list(1);
  } finally {
    store.close();
  }
}

function endpointOf(choose: () => ReturnType<typeof chooseEndpoint>): string {
  try {
    const choice = choose();
    return choice.kind === 'standin'
      ? `stand-in, extractive, no language model (${choice.reason})`
      : `${choice.baseUrl} (${choice.profile}, ${choice.models.chat})`;
  } catch (error) {
    return `not usable: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function nextCommand(
  state: { files: number; newFiles: number; goneFiles: number; indexed: boolean; questions: boolean; lastRun: unknown },
  step: (command: string) => string,
): string {
  if (state.files === 0) return `put documents into knowledge/, then ${step('ingest')}`;
  if (!state.indexed || state.newFiles > 0 || state.goneFiles > 0) return step('ingest');
  if (state.lastRun === undefined) return step('ask "your question"');
  return state.questions ? step('eval run') : `write evals/questions.jsonl, then ${step('eval run')}`;
}
