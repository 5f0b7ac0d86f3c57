import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { answer, gather, understand } from '@fieldkit/agent/plan';
import { errorRecord } from '@fieldkit/core';
import { readCases } from '@fieldkit/eval';
import { describeValue, type ProjectConfig } from '@fieldkit/project';
import { HttpFailure } from '../http/http-failure.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';

/** Who asks, what the project is, what it can do, and whether it is well. */
export function projectRoutes({ project, version, doctor }: Services): Route[] {
  const { config, paths } = project;
  return [
    {
      method: 'GET',
      path: '/api/me',
      access: 'user',
      tag: 'project',
      summary: 'Who the key speaks for, and what answers: a language model, or the extractive stand-in.',
      async handle({ principal }) {
        const { standin, modelNames } = await project.endpoint();
        const { caller, role, id } = principal;
        return Response.json({
          id,
          ...caller,
          role,
          project: config.name,
          languages: config.language,
          standin,
          model: modelNames.chat,
          version,
        });
      },
    },
    {
      method: 'GET',
      path: '/api/project',
      access: 'operator',
      tag: 'project',
      summary: 'The configuration without secrets, the pipeline, the endpoint and what is in the index.',
      async handle() {
        const { baseUrl, modelNames, standin } = await project.endpoint();
        return Response.json({
          name: config.name,
          languages: config.language,
          pipeline: {
            nodes: config.pipeline ?? [understand({ model: 'fast' }), gather(), answer()],
            edges: config.edges,
          },
          memory: config.memory,
          budget: config.budget,
          knowledge: config.knowledge,
          tools: config.tools.map(describeTool),
          endpoint: { baseUrl, models: modelNames, standin },
          index: await project.indexStats(),
          scope: config.scope ?? null,
          version,
        });
      },
    },
    {
      method: 'GET',
      path: '/api/tools',
      access: 'operator',
      tag: 'project',
      summary: 'The tools as a model is told of them.',
      async handle() {
        const tools = await project.tools();
        return Response.json({
          tools: tools.map(({ name, description, inputSchema, effects, timeoutMs }) => ({
            name,
            description,
            inputSchema,
            effects,
            timeoutMs,
          })),
        });
      },
    },
    {
      method: 'GET',
      path: '/api/evals',
      access: 'operator',
      tag: 'project',
      summary: 'The question sets of the project, with how many questions of each kind and split.',
      async handle() {
        const files = globSync('evals/*.jsonl', { cwd: paths.root }).map((name) => name.replaceAll('\\', '/'));
        return Response.json({ sets: await Promise.all(files.sort().map((name) => describeSet(paths.root, name))) });
      },
    },
    {
      method: 'GET',
      path: '/api/doctor',
      access: 'operator',
      tag: 'project',
      summary: 'What `fieldkit doctor` finds, without asking the endpoint.',
      async handle() {
        if (doctor === undefined) {
          throw new HttpFailure({
            status: 501,
            type: 'server_error',
            code: 'not_available',
            message: 'this server was started without the checks of the command line',
          });
        }
        return Response.json(await doctor());
      },
    },
  ];
}

function describeTool(spec: ProjectConfig['tools'][number]) {
  return 'baseUrl' in spec ? { ...spec, baseUrl: describeValue(spec.baseUrl) } : spec;
}

async function describeSet(root: string, name: string) {
  const path = join(root, name);
  const counts: Record<'kinds' | 'splits', Record<string, number>> = { kinds: {}, splits: {} };
  let questions = 0;
  try {
    for await (const { kind, split } of existsSync(path) ? readCases(path) : []) {
      questions += 1;
      counts.kinds[kind] = (counts.kinds[kind] ?? 0) + 1;
      counts.splits[split] = (counts.splits[split] ?? 0) + 1;
    }
    return { name, questions, ...counts };
  } catch (error) {
    return { name, questions, ...counts, error: errorRecord(error).message };
  }
}
