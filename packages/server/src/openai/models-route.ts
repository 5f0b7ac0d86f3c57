import { HttpFailure } from '../http/http-failure.ts';
import type { RouteRequest, Services } from '../services.ts';

/** `GET /v1/models`: the project is the one model; what answers inside is not the client's to choose. */
export function createModelsRoute({ project }: Services) {
  const model = { id: project.config.name, object: 'model', created: 0, owned_by: 'fieldkit' };
  return async ({ params }: RouteRequest): Promise<Response> => {
    if (params.model === undefined) return Response.json({ object: 'list', data: [model] });
    requireModel(params.model, project.config.name);
    return Response.json(model);
  };
}

/** @throws {HttpFailure} 404. */
export function requireModel(asked: string, name: string): void {
  if (asked === name) return;
  throw new HttpFailure({
    status: 404,
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: `there is no model of that name; this server has "${name}"`,
    param: 'model',
  });
}
