import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { FieldkitError, nearestName } from '@fieldkit/core';
import {
  type BatchClient,
  createHttpTarget,
  createPromptTarget,
  createRubricJudge,
  difyTarget,
  modelStudioTarget,
  type NamedTarget,
  openFileTarget,
  type PromptUnderTest,
  parsePromptFile,
  passFail,
  type Scorer,
} from '@fieldkit/eval';
import { describeValue, type EnvironmentValue, resolveValue } from './config-values.ts';
import type { JudgeSpec, TargetSpec, TargetSpecOf } from './evaluation-specs.ts';
import type { Project } from './project.ts';

export interface OpenTargetsOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * The targets that an entry of `evaluation.targets` stands for: several for prompts on models, else one.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a variable that is not set, `FILE_NOT_FOUND`, `DATASET_INVALID` for a bad file of outputs.
 */
export async function openTargets(
  project: Project,
  spec: TargetSpec,
  { environment }: OpenTargetsOptions,
): Promise<NamedTarget[]> {
  const where = `evaluation.targets.${spec.name}`;
  const needed = (field: string, value: string | EnvironmentValue) => {
    const found = resolveValue(value, environment);
    if (found !== undefined) return found;
    throw new FieldkitError('INVALID_CONFIG', `${where}.${field}: ${describeValue(value)} is not set`);
  };
  switch (spec.kind) {
    case 'prompt':
      return promptTargets(project, spec);
    case 'http': {
      const { kind: _, headers, url, body, ...mapping } = spec;
      const named = Object.entries(headers).map(([name, value]) => [name, needed(`headers.${name}`, value)]);
      return [
        createHttpTarget({ ...mapping, url: needed('url', url), headers: Object.fromEntries(named), body: body ?? {} }),
      ];
    }
    case 'dify': {
      const { name, baseUrl, apiKey, insufficientWhen } = spec;
      const own = { baseUrl: needed('baseUrl', baseUrl), apiKey: needed('apiKey', apiKey) };
      return [difyTarget({ name, insufficientWhen, ...own })];
    }
    case 'model-studio': {
      const { name, host, appId, apiKey, insufficientWhen } = spec;
      const own = { host: needed('host', host), appId: needed('appId', appId), apiKey: needed('apiKey', apiKey) };
      return [modelStudioTarget({ name, insufficientWhen, ...own })];
    }
    case 'outputs':
      return [await openFileTarget(join(project.paths.root, spec.file), spec.name)];
  }
}

/** Every prompt file on every model, each with its batch client. */
export async function promptTargets(
  project: Project,
  { prompts, models, thinking }: Pick<TargetSpecOf<'prompt'>, 'prompts' | 'models' | 'thinking'>,
): Promise<NamedTarget[]> {
  const endpoint = await project.endpoint();
  const read = prompts.map((file) => {
    const prompt = readPromptFile(isAbsolute(file) ? file : join(project.paths.root, file), file);
    return thinking === undefined ? prompt : { ...prompt, thinking };
  });
  return read.flatMap((prompt) =>
    models.map((name) => {
      const model = endpoint.chat(name);
      const batch: BatchClient = endpoint.endpoint.batch(model.name);
      const modelIdentity = endpoint.standin ? 'stand-in' : endpoint.baseUrl;
      return createPromptTarget({ prompt, model, modelIdentity, batch });
    }),
  );
}

/** @throws {FieldkitError} `FILE_NOT_FOUND`, `INVALID_CONFIG` naming what is wrong in it. */
export function readPromptFile(path: string, name = path): PromptUnderTest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new FieldkitError('FILE_NOT_FOUND', `there is no prompt file ${path}`, { cause });
  }
  return parsePromptFile(text, name);
}

/** The judges of the configuration that `names` lists; `all` means each. @throws {FieldkitError} `INVALID_OPTION` for an unknown name. */
export async function openJudges(project: Project, names: readonly string[]): Promise<Scorer[]> {
  const { judges } = project.config.evaluation;
  if (names.length === 0) return [];
  const chosen = names.includes('all') ? judges : names.map((name) => findNamed(name, judges, 'judge'));
  if (chosen.length === 0)
    throw new FieldkitError(
      'INVALID_OPTION',
      "no judge is configured; add one to fieldkit.config.ts: evaluation: { judges: [{ name: 'correct', criterion: 'Is the answer correct?' }] }",
    );
  const endpoint = await project.endpoint();
  return chosen.map((spec: JudgeSpec) =>
    createRubricJudge({
      ...spec,
      levels: spec.levels ?? passFail,
      models: spec.models.map((name) => endpoint.chat(name)),
    }),
  );
}

/** The entry of a list that a user named. @throws {FieldkitError} `INVALID_OPTION` with the names that there are. */
export function findNamed<T extends { readonly name: string }>(name: string, entries: readonly T[], what: string): T {
  const found = entries.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = entries.map((entry) => entry.name);
  const near = nearestName(name, names);
  const hint = near === undefined ? `there are: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`;
  throw new FieldkitError('INVALID_OPTION', `no ${what} is called "${name}"; ${hint}`);
}
