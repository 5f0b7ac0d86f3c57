import { z } from 'zod';
import { createAguiRoute, runAgentInputSchema } from './agui/agui-route.ts';
import { approvalRoutes } from './api/approval-routes.ts';
import { documentRoutes } from './api/document-routes.ts';
import { evaluationRoutes } from './api/evaluation-routes.ts';
import { feedbackRoutes } from './api/feedback-routes.ts';
import { projectRoutes } from './api/project-routes.ts';
import { runRoutes } from './api/run-routes.ts';
import { searchRoute } from './api/search-route.ts';
import { type HealthRoutesOptions, healthRoutes } from './health-routes.ts';
import type { McpRoute } from './mcp/mcp-route.ts';
import { chatRequestSchema } from './openai/chat-request.ts';
import { createChatRoute } from './openai/chat-route.ts';
import { createIdempotency } from './openai/idempotency.ts';
import { createModelsRoute } from './openai/models-route.ts';
import { openApi } from './openapi.ts';
import type { Route } from './route.ts';
import type { Services } from './services.ts';

export interface RoutesOptions extends HealthRoutesOptions {
  readonly mcp: McpRoute;
}

/** Everything that is served, besides the console's files. */
export function createRoutes(services: Services, options: RoutesOptions): readonly Route[] {
  const { store, config, now } = services;
  const idempotency = createIdempotency({ store, hours: config.idempotencyHours, now });
  const models = createModelsRoute(services);
  const mcp = { path: '/mcp', access: 'user', tag: 'chat', handle: options.mcp.handle } as const;
  const routes: Route[] = [
    {
      method: 'POST',
      path: '/v1/chat/completions',
      access: 'user',
      tag: 'chat',
      summary:
        "An answer with checked citations, in OpenAI's protocol. Headers: x-session-id (the server remembers the conversation), idempotency-key, x-citations: list.",
      body: chatRequestSchema,
      handle: createChatRoute(services, idempotency),
    },
    {
      method: 'GET',
      path: '/v1/models',
      access: 'user',
      tag: 'chat',
      summary: 'The project as a model.',
      handle: models,
    },
    { method: 'GET', path: '/v1/models/:model', access: 'user', tag: 'chat', summary: 'One model.', handle: models },
    {
      method: 'POST',
      path: '/agui',
      access: 'user',
      tag: 'chat',
      summary: 'The events of one run, in the AG-UI protocol.',
      body: runAgentInputSchema,
      media: 'text/event-stream',
      handle: createAguiRoute(services),
    },
    { ...mcp, method: 'POST', summary: 'The tools over MCP: requests.', body: z.looseObject({}) },
    {
      ...mcp,
      method: 'GET',
      summary: 'The tools over MCP: the stream of a 2025-era session.',
      media: 'text/event-stream',
    },
    { ...mcp, method: 'DELETE', summary: 'The tools over MCP: the end of a 2025-era session.' },
    ...documentRoutes(services),
    searchRoute(services),
    ...runRoutes(services),
    ...approvalRoutes(services),
    ...feedbackRoutes(services),
    ...evaluationRoutes(services),
    ...projectRoutes(services),
    ...healthRoutes(services, options),
  ];
  const description: Route = {
    method: 'GET',
    path: '/openapi.json',
    access: 'open',
    tag: 'health',
    summary: 'This description.',
    handle: () => Response.json(described()),
  };
  const all = [...routes, description];
  let made: Record<string, unknown> | undefined;
  const described = () => {
    made ??= openApi(all, services.version);
    return made;
  };
  return all;
}
