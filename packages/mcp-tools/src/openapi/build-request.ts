import { FieldkitError } from '@fieldkit/core';
import { isRecord } from '../json-schema.ts';
import type { Operation, Parameter } from './parse-openapi.ts';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
}

/** Parameter values by name, and the body's value. */
export interface OperationInput {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
}

/** Headers that are ours, or that would let an argument act on the connection. */
const RESERVED_HEADERS = new Set(
  'accept content-type authorization host content-length connection transfer-encoding cookie te upgrade expect'.split(
    ' ',
  ),
);

/**
 * The HTTP request of an operation at a pinned base URL. Values are encoded so that no argument can change host, path or query beyond its own place.
 *
 * @throws {FieldkitError} `TOOL_INVALID_INPUT` for a value that cannot stand where the description puts it.
 */
export function buildRequest(operation: Operation, baseUrl: string, input: OperationInput): HttpRequest {
  const base = new URL(baseUrl);
  const headers: Record<string, string> = { accept: 'application/json' };
  const query: string[] = [];
  let path = operation.path;
  const cookies: string[] = [];
  for (const parameter of operation.parameters) {
    const value = input.parameters[parameter.name];
    if (value === undefined || value === null) continue;
    switch (parameter.in) {
      case 'path':
        path = path.replaceAll(`{${parameter.name}}`, () => pathSegment(parameter, value));
        break;
      case 'query':
        query.push(...queryPairs(parameter, value));
        break;
      case 'header': {
        const text = joined(parameter, value);
        const name = parameter.name.toLowerCase();
        if (/[^\t\u0020-\u007e\u0080-\u00ff]/.test(text)) {
          throw new FieldkitError(
            'TOOL_INVALID_INPUT',
            `${parameter.name} must hold printable Latin characters only: it is sent as a header`,
          );
        }
        if (!RESERVED_HEADERS.has(name)) headers[name] = text;
        break;
      }
      case 'cookie':
        cookies.push(`${encodeURIComponent(parameter.name)}=${encodeURIComponent(joined(parameter, value))}`);
        break;
    }
  }
  if (cookies.length > 0) headers.cookie = cookies.join('; ');
  const root = base.pathname.replace(/\/+$/, '');
  const url = new URL(base.href);
  url.pathname = root + path;
  url.search = [base.search.slice(1), ...query].filter((part) => part !== '').join('&');
  if (url.origin !== base.origin || !url.pathname.startsWith(root)) {
    throw new FieldkitError('TOOL_INVALID_INPUT', 'the arguments lead outside the system that the tool is for');
  }
  const { body } = operation;
  if (body === undefined || input.body === undefined)
    return { method: operation.method, url: url.href, headers, body: undefined };
  headers['content-type'] = body.mediaType === '*/*' ? 'application/json' : body.mediaType;
  return {
    method: operation.method,
    url: url.href,
    headers,
    body: body.mediaType.startsWith('application/x-www-form-urlencoded')
      ? formBody(input.body)
      : JSON.stringify(input.body),
  };
}

function pathSegment(parameter: Parameter, value: unknown): string {
  const text = joined(parameter, value);
  if (text === '' || text === '.' || text === '..') {
    throw new FieldkitError('TOOL_INVALID_INPUT', `${parameter.name} must not be ${JSON.stringify(text)}`);
  }
  return text
    .split(',')
    .map((part) =>
      encodeURIComponent(part).replace(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join(Array.isArray(value) ? ',' : '%2C');
}

/** Lists and objects as OpenAPI's `simple` style writes them. */
function joined(parameter: Parameter, value: unknown): string {
  if (parameter.json) return JSON.stringify(value);
  if (Array.isArray(value)) return value.map(scalar).join(',');
  if (isRecord(value)) {
    return Object.entries(value)
      .map(([key, item]) => (parameter.explode ? `${key}=${scalar(item)}` : `${key},${scalar(item)}`))
      .join(',');
  }
  return scalar(value);
}

const SEPARATORS: Readonly<Record<string, string>> = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C' };

/** Query parameters in the styles `form`, `spaceDelimited`, `pipeDelimited` and `deepObject` (OpenAPI 3.1, section 4.8.12.2). */
function queryPairs(parameter: Parameter, value: unknown): string[] {
  const { name, style, explode } = parameter;
  const pair = (key: string, text: string) => `${encodeURIComponent(key)}=${text}`;
  if (parameter.json) return [pair(name, encodeURIComponent(JSON.stringify(value)))];
  if (Array.isArray(value)) {
    const items = value.map((item) => encodeURIComponent(scalar(item)));
    return explode ? items.map((item) => pair(name, item)) : [pair(name, items.join(SEPARATORS[style] ?? ','))];
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    if (style === 'deepObject') {
      return entries.flatMap(([key, item]) =>
        (Array.isArray(item) ? item : [item]).map((part) => pair(`${name}[${key}]`, encodeURIComponent(scalar(part)))),
      );
    }
    if (explode) return entries.map(([key, item]) => pair(key, encodeURIComponent(scalar(item))));
    return [
      pair(
        name,
        entries.flatMap(([key, item]) => [encodeURIComponent(key), encodeURIComponent(scalar(item))]).join(','),
      ),
    ];
  }
  return [pair(name, encodeURIComponent(scalar(value)))];
}

function formBody(value: unknown): string {
  const form = new URLSearchParams();
  for (const [key, item] of Object.entries(isRecord(value) ? value : {})) {
    for (const part of Array.isArray(item) ? item : [item]) form.append(key, scalar(part));
  }
  return form.toString();
}

function scalar(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}
