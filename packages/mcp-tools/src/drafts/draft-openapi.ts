import { FieldkitError, type Finding, type JsonSchema } from '@fieldkit/core';
import { isRecord } from '../json-schema.ts';
import { snakeCase } from '../tools/record-name.ts';

/** One request as somebody made it. */
export interface CapturedRequest {
  readonly name: string;
  readonly method: string;
  /** May hold `{{variables}}`. */
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
  /** Credentials were left out. */
  readonly hasSecret?: boolean;
  /** An answer that was kept with it. */
  readonly response?: unknown;
}

export interface Draft {
  /** An OpenAPI 3.1 description, to be read and corrected by a person. */
  readonly openapi: Readonly<Record<string, unknown>>;
  readonly baseUrl: string;
  /** What was guessed and what has to be asked. */
  readonly findings: readonly Finding[];
}

const OWN_HEADERS =
  /^(?:accept|accept-.*|content-type|content-length|user-agent|host|connection|cache-control|origin|referer|cookie|sec-.*|postman-token|pragma|dnt|priority)$/i;
const SECRET_HEADER = /authorization|api-?key|token|secret|signature/i;
const SECRET_QUERY = /^(?:api_?key|key|token|access_token|secret|sig|signature)$/i;

/** Requests as a first draft of an OpenAPI description: one operation per method and path, identifiers as parameters, secrets left out. */
export function draftOpenApi(title: string, requests: readonly CapturedRequest[]): Draft {
  const findings: Finding[] = [];
  const paths: Record<string, Record<string, unknown>> = {};
  const schemes: Record<string, unknown> = {};
  const names = new Set<string>();
  let baseUrl = '';
  for (const request of requests) {
    const url = parseUrl(request.url);
    if (baseUrl === '') baseUrl = url.origin;
    if (url.origin !== baseUrl) {
      findings.push(
        ask(
          `${request.method} ${url.href} is on another host than ${baseUrl} and was left out`,
          'make a file for each system',
        ),
      );
      continue;
    }
    const { path, parameters } = pathTemplate(url);
    const method = request.method.toLowerCase();
    if (paths[path]?.[method] !== undefined) {
      findings.push(
        ask(`${request.method} ${path} occurs more than once; the first was taken`, 'compare the others by hand'),
      );
      continue;
    }
    const operationId = uniqueName(request.name || `${method} ${path.replace(/\{[^}]*\}/g, '')}`, names);
    const queries = [...url.searchParams].flatMap(([name, value]) => {
      if (!SECRET_QUERY.test(name))
        return [{ name, in: 'query', required: false, schema: valueSchema(value), example: value }];
      schemes[name] = { type: 'apiKey', in: 'query', name };
      return [];
    });
    const headers = request.headers.flatMap(([name, value]) => headerParameter(name, value, schemes));
    if (request.hasSecret === true) schemes.basic = { type: 'http', scheme: 'basic' };
    const where = `${request.method} ${path}`;
    findings.push(
      ask(
        `${where}: which parameters are required, and what does each mean?`,
        'complete descriptions, patterns and required',
        where,
      ),
    );
    if (request.response === undefined)
      findings.push(
        ask(`${where}: the answer is not known`, 'declare the response, or nothing of it is checked or trimmed', where),
      );
    paths[path] = {
      ...paths[path],
      [method]: {
        operationId,
        summary: request.name || `${request.method} ${path}`,
        parameters: [...parameters, ...queries, ...headers],
        ...(request.body === undefined ? {} : { requestBody: bodyOf(request, findings, where) }),
        responses: {
          200: {
            description: 'To be described',
            ...(request.response === undefined
              ? {}
              : { content: { 'application/json': { schema: valueToSchema(request.response) } } }),
          },
        },
      },
    };
  }
  if (Object.keys(paths).length === 0)
    throw new FieldkitError('INVALID_OPTION', 'there is no request that could be taken over');
  const security = Object.keys(schemes).map((scheme) => ({ [scheme]: [] }));
  return {
    baseUrl,
    findings,
    openapi: {
      openapi: '3.1.0',
      info: { title, version: 'draft' },
      servers: [{ url: baseUrl }],
      ...(security.length === 0 ? {} : { security, components: { securitySchemes: schemes } }),
      paths,
    },
  };
}

function parseUrl(text: string): URL {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(address))
    throw new FieldkitError(
      'INVALID_OPTION',
      `${JSON.stringify(text)} is no address; put values for its variables first`,
    );
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new FieldkitError('INVALID_OPTION', `${url.protocol} addresses cannot be called`);
  return url;
}

/** Segments that look like identifiers become parameters. */
function pathTemplate(url: URL): { path: string; parameters: object[] } {
  const parameters: { name: string; in: 'path'; required: true; example: string; schema: JsonSchema }[] = [];
  const segments = url.pathname.split('/').map((raw, index, all) => {
    const segment = decodeURIComponent(raw);
    const variable = /^(?::(\w+)|\{\{?(\w+)\}?\})$/.exec(segment);
    if (variable === null && !/\d/.test(segment)) return segment;
    if (variable === null && /^v\d+(?:\.\d+)*$/.test(segment)) return segment;
    const before = snakeCase(all[index - 1] ?? '').replace(/s$/, '');
    let name = variable?.[1] ?? variable?.[2] ?? `${before === '' ? 'record' : before}_id`;
    while (parameters.some((parameter) => parameter.name === name)) name = `${name}_2`;
    parameters.push({
      name,
      in: 'path',
      required: true,
      example: segment,
      schema: variable === null ? valueSchema(segment) : { type: 'string' },
    });
    return `{${name}}`;
  });
  return { path: segments.join('/'), parameters };
}

/** A guess from one value: an integer, a date, or the pattern of an identifier such as `SO-1042`. */
function valueSchema(value: string): JsonSchema {
  if (/^-?\d{1,15}$/.test(value)) return { type: 'integer' };
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return { type: 'string', format: 'date' };
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)) return { type: 'string', format: 'uuid' };
  if (/^(?:true|false)$/.test(value)) return { type: 'boolean' };
  const [, prefix, digits] = /^([A-Z]{1,6}-?)(\d{2,12})$/.exec(value) ?? [];
  return prefix === undefined || digits === undefined
    ? { type: 'string', maxLength: 200 }
    : { type: 'string', pattern: `^${prefix}\\d{${digits.length}}$` };
}

function headerParameter(name: string, value: string, schemes: Record<string, unknown>): object[] {
  if (OWN_HEADERS.test(name)) return [];
  if (!SECRET_HEADER.test(name))
    return [{ name, in: 'header', required: false, schema: valueSchema(value), example: value }];
  if (/^authorization$/i.test(name))
    schemes.authorization = { type: 'http', scheme: /^basic/i.test(value) ? 'basic' : 'bearer' };
  else schemes[name] = { type: 'apiKey', in: 'header', name };
  return [];
}

function bodyOf(request: CapturedRequest, findings: Finding[], where: string): object {
  const body = request.body ?? '';
  try {
    const value: unknown = JSON.parse(body);
    return { required: true, content: { 'application/json': { schema: valueToSchema(value), example: value } } };
  } catch {
    findings.push(ask(`${where}: the body is no JSON and was read as a form`, 'correct the media type', where));
    const fields = Object.fromEntries(
      [...new URLSearchParams(body)].map(([name, value]) => [name, valueSchema(value)]),
    );
    return {
      required: true,
      content: {
        'application/x-www-form-urlencoded': {
          schema: { type: 'object', properties: fields, additionalProperties: false },
        },
      },
    };
  }
}

/** The schema of one example value: closed objects, every field of it declared, none required. */
function valueToSchema(value: unknown): JsonSchema {
  if (Array.isArray(value)) return { type: 'array', items: value.length === 0 ? {} : valueToSchema(value[0]) };
  if (isRecord(value)) {
    return {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.entries(value).map(([name, item]) => [name, valueToSchema(item)])),
    };
  }
  if (value === null) return {};
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'integer' : 'number' };
  return typeof value === 'boolean' ? { type: 'boolean' } : { type: 'string' };
}

function uniqueName(text: string, taken: Set<string>): string {
  const base = snakeCase(text) || 'operation';
  let name = base;
  for (let number = 2; taken.has(name); number += 1) name = `${base}_${number}`;
  taken.add(name);
  return name;
}

function ask(message: string, suggestion: string, where?: string): Finding {
  return { severity: 'info', code: 'draft-question', message, suggestion, ...(where === undefined ? {} : { where }) };
}
