import { type ZodType, z } from 'zod';
import type { Route } from './route.ts';

/** OpenAPI 3.1 of the routes that are served. */
export function openApi(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'fieldkit', version, description: 'Answers with checked citations, over HTTP.' },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              properties: {
                message: { type: 'string' },
                type: { type: 'string' },
                code: { type: 'string' },
                param: { type: ['string', 'null'] },
              },
              required: ['message', 'type', 'code', 'param'],
            },
          },
          required: ['error'],
        },
      },
    },
  };
}

function operation({ summary, tag, access, path, query = {}, body, response, media }: Route): Record<string, unknown> {
  const inPath = Array.from(path.matchAll(/:(\w+)/g), ([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const inQuery = Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
  const parameters = [...inPath, ...inQuery];
  const failure = {
    description: 'A failure',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  };
  const success = { schema: response === undefined ? {} : jsonSchema(response, 'output') };
  return {
    summary,
    tags: [tag],
    ...(access === 'open' ? { security: [] } : {}),
    ...(access === 'operator' ? { 'x-role': 'operator' } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: jsonSchema(body, 'input') } } } }),
    responses: {
      '200': { description: 'Success', content: { [media ?? 'application/json']: success } },
      default: failure,
    },
  };
}

function jsonSchema(schema: ZodType, io: 'input' | 'output'): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
