import { FieldkitError } from '@fieldkit/core';
import { isRecord } from '../json-schema.ts';
import { type CapturedRequest, type Draft, draftOpenApi } from './draft-openapi.ts';

/** Requests taken over at most. */
const MAX_REQUESTS = 500;

/**
 * A Postman collection (2.0 or 2.1, exported as JSON) as a first draft of an OpenAPI description. Its own variables are put in; credentials are left out.
 *
 * @throws {FieldkitError} `INVALID_OPTION` for what is no collection.
 */
export function draftFromPostman(collection: string | object): Draft {
  const root = typeof collection === 'string' ? parsed(collection) : collection;
  if (!isRecord(root) || !Array.isArray(root.item))
    throw new FieldkitError('INVALID_OPTION', 'this is no Postman collection: it has no items');
  const variables = new Map(
    list(root.variable).flatMap((variable) =>
      isRecord(variable) && typeof variable.key === 'string' ? [[variable.key, text(variable.value)] as const] : [],
    ),
  );
  const info = isRecord(root.info) ? root.info : {};
  const requests = collect(root.item, variables, root.auth, 0);
  return draftOpenApi(text(info.name) || 'Draft from a Postman collection', requests.slice(0, MAX_REQUESTS));
}

function collect(
  items: readonly unknown[],
  variables: ReadonlyMap<string, string>,
  auth: unknown,
  depth: number,
): CapturedRequest[] {
  if (depth > 10) return [];
  return items.flatMap((item) => {
    if (!isRecord(item)) return [];
    if (Array.isArray(item.item)) return collect(item.item, variables, item.auth ?? auth, depth + 1);
    return isRecord(item.request) ? [toRequest(item, item.request, variables, auth)] : [];
  });
}

function toRequest(
  item: Record<string, unknown>,
  request: Record<string, unknown>,
  variables: ReadonlyMap<string, string>,
  inherited: unknown,
): CapturedRequest {
  const fill = (value: string) =>
    value.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => variables.get(name) ?? whole);
  const url = isRecord(request.url) ? text(request.url.raw) : text(request.url);
  const body = isRecord(request.body) ? bodyText(request.body, fill) : undefined;
  const answer = list(item.response).find((response) => isRecord(response) && Number(response.code) < 300);
  const response = isRecord(answer) ? safeJson(text(answer.body)) : undefined;
  const auth = isRecord(request.auth) ? request.auth : isRecord(inherited) ? inherited : {};
  const headers = list(request.header).flatMap((header): [string, string][] =>
    isRecord(header) && header.disabled !== true ? [[text(header.key), fill(text(header.value))]] : [],
  );
  if (auth.type === 'bearer' || auth.type === 'oauth2') headers.push(['authorization', 'Bearer']);
  return {
    name: text(item.name),
    method: text(request.method) || 'GET',
    url: fill(url),
    headers,
    ...(body === undefined ? {} : { body }),
    hasSecret: auth.type === 'basic',
    ...(response === undefined ? {} : { response }),
  };
}

function bodyText(body: Record<string, unknown>, fill: (value: string) => string): string | undefined {
  if (body.mode === 'raw') return fill(text(body.raw));
  if (body.mode !== 'urlencoded') return undefined;
  const form = new URLSearchParams();
  for (const field of list(body.urlencoded))
    if (isRecord(field) && field.disabled !== true) form.append(text(field.key), fill(text(field.value)));
  return form.toString();
}

function parsed(json: string): unknown {
  const value = safeJson(json);
  if (value === undefined) throw new FieldkitError('INVALID_OPTION', 'this is no Postman collection: it is no JSON');
  return value;
}

function safeJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
