import { pipelineEdges } from '@fieldkit/agent';
import { describeValue, type ProjectConfig } from '@fieldkit/project';
import { HttpFailure } from '../http/http-failure.ts';
import type { Route } from '../route.ts';
import type { Services } from '../services.ts';

/** Who asks, what the project is, what it can do, and whether it is well. */
export function projectRoutes({ project, version, doctor }: Services): Route[] {
  const { config } = project;
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
        const plan = project.plan();
        return Response.json({
          name: config.name,
          languages: config.language,
          pipeline: { nodes: plan.nodes, edges: pipelineEdges(plan) },
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
