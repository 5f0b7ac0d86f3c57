import { readFileSync } from 'node:fs';
import { FieldkitError, type Finding, type JsonSchema, nearestName, toFieldkitError } from '@fieldkit/core';
import { parse } from 'yaml';
import { isRecord, typesOf } from '../json-schema.ts';
import { createResolver, type Resolve } from './resolve.ts';
import { convertSchema } from './schema.ts';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly style: string;
  readonly explode: boolean;
  /** The value is sent as JSON text (`content` instead of `schema`). */
  readonly json: boolean;
}

export interface RequestBody {
  readonly required: boolean;
  readonly mediaType: string;
  readonly schema: JsonSchema;
}

export interface Operation {
  /** `operationId`, or made of method and path. */
  readonly id: string;
  /** Upper case. */
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly body?: RequestBody;
  /** Schema of the first successful JSON response; absent when none is declared. */
  readonly response?: JsonSchema;
  /** GET and HEAD read, the rest writes, unless `x-fieldkit-effects` says otherwise. */
  readonly effects: 'read' | 'write';
  /** False when `x-fieldkit-expose: false`. */
  readonly exposed: boolean;
  readonly deprecated: boolean;
  /** Names of the security schemes it asks for; empty when none. */
  readonly security: readonly string[];
}

/** What an OpenAPI file says, in the shape the tools are made from. */
export interface ApiDescription {
  readonly where: string;
  readonly title: string;
  readonly version: string;
  readonly description: string;
  readonly servers: readonly string[];
  readonly operations: readonly Operation[];
  readonly findings: readonly Finding[];
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options'];
/** Longest file that is read, in bytes. */
const MAX_FILE_BYTES = 20_000_000;

/**
 * Reads an OpenAPI 3.0 or 3.1 description: a path to a YAML or JSON file, or the parsed value.
 *
 * @throws {FieldkitError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, or `INVALID_CONFIG` naming what is wrong.
 */
export function parseOpenApi(openapi: string | object): ApiDescription {
  const where = typeof openapi === 'string' ? openapi : 'the OpenAPI description';
  const root = typeof openapi === 'string' ? readFile(openapi) : openapi;
  if (!isRecord(root))
    throw new FieldkitError('INVALID_CONFIG', `${where} is not an OpenAPI description: it is no object`);
  const { openapi: version, swagger } = root;
  if (swagger !== undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where} is Swagger ${String(swagger)}; convert it to OpenAPI 3.0 or 3.1 first`,
    );
  }
  if (typeof version !== 'string' || !/^3\.[012](\.|$)/.test(version)) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where} must say "openapi: 3.0.x" or "3.1.x", not ${JSON.stringify(version) ?? 'nothing'}`,
    );
  }
  if (!isRecord(root.paths)) throw new FieldkitError('INVALID_CONFIG', `${where} declares no paths`);
  const resolve = createResolver(root, where);
  const findings: Finding[] = [];
  const info = isRecord(root.info) ? root.info : {};
  const operations = Object.entries(root.paths).flatMap(([path, item]) =>
    readPath(path, item, { resolve, root, where, findings }),
  );
  const repeated = operations.find(({ id }, index) => operations.findIndex((other) => other.id === id) !== index);
  if (repeated !== undefined)
    throw new FieldkitError('INVALID_CONFIG', `${where} uses the operationId ${repeated.id} twice`);
  return {
    where,
    title: text(info.title) || 'the system',
    version: text(info.version),
    description: text(info.description),
    servers: (Array.isArray(root.servers) ? root.servers : []).flatMap((server) =>
      isRecord(server) && typeof server.url === 'string' ? [server.url] : [],
    ),
    operations,
    findings,
  };
}

/**
 * The operation with that `operationId`, or written as `GET /orders/{id}`.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` with the nearest name when there is none.
 */
export function findOperation(description: ApiDescription, name: string): Operation {
  const found = description.operations.find(({ id, method, path }) => id === name || `${method} ${path}` === name);
  if (found !== undefined) return found;
  const known = description.operations.map(({ id }) => id);
  const near = nearestName(name, known);
  throw new FieldkitError(
    'INVALID_CONFIG',
    `${description.where} has no operation ${name}${near === undefined ? `; it has ${known.join(', ') || 'none'}` : `; did you mean ${near}?`}`,
  );
}

function readFile(path: string): unknown {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${path}`);
  }
  if (content.length > MAX_FILE_BYTES) {
    throw new FieldkitError(
      'FILE_TOO_LARGE',
      `${path} is larger than ${MAX_FILE_BYTES / 1e6} MB; keep only the operations that are needed`,
    );
  }
  try {
    // JSON is YAML, but its own parser is faster; aliases are limited so that a small file cannot grow without end.
    return /^\s*\{/.test(content) ? JSON.parse(content) : parse(content, { maxAliasCount: 100 });
  } catch (error) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${path} is neither YAML nor JSON: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`,
      { cause: error },
    );
  }
}

interface ReadContext {
  readonly resolve: Resolve;
  readonly root: Record<string, unknown>;
  readonly where: string;
  readonly findings: Finding[];
}

function readPath(path: string, item: unknown, context: ReadContext): Operation[] {
  const value = isRecord(item) && typeof item.$ref === 'string' ? context.resolve(item.$ref) : item;
  if (!isRecord(value)) return [];
  return METHODS.flatMap((method) => {
    const operation = value[method];
    return isRecord(operation) ? [readOperation(method.toUpperCase(), path, value, operation, context)] : [];
  });
}

function readOperation(
  method: string,
  path: string,
  shared: Record<string, unknown>,
  operation: Record<string, unknown>,
  context: ReadContext,
): Operation {
  const id =
    text(operation.operationId) ||
    `${method.toLowerCase()}_${path.replace(/[^A-Za-z0-9]+/g, '_').replace(/^_|_$/g, '')}`;
  const where = `${context.where}: ${method} ${path}`;
  const onProblem = (message: string) =>
    context.findings.push({ severity: 'warning', code: 'openapi-schema', message, where });
  const parameters = new Map<string, Parameter>();
  for (const raw of [...list(shared.parameters), ...list(operation.parameters)]) {
    const parameter = readParameter(follow(raw, context.resolve), context.resolve, where, onProblem);
    parameters.set(`${parameter.in} ${parameter.name}`, parameter); // the operation's own win over the path's
  }
  const placeholders = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const missing = placeholders.find((name) => !parameters.has(`path ${name}`));
  if (missing !== undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where}: the path parameter {${missing}} is not declared under parameters`,
    );
  }
  const body = readBody(operation.requestBody, context.resolve, where, onProblem);
  const response = readResponse(operation.responses, context.resolve, onProblem);
  const effects = operation['x-fieldkit-effects'];
  const security = operation.security ?? context.root.security;
  return {
    id,
    method,
    path,
    summary: text(operation.summary),
    description: text(operation.description),
    parameters: [...parameters.values()],
    ...(body === undefined ? {} : { body }),
    ...(response === undefined ? {} : { response }),
    effects:
      effects === 'read' || effects === 'write' ? effects : method === 'GET' || method === 'HEAD' ? 'read' : 'write',
    exposed: operation['x-fieldkit-expose'] !== false,
    deprecated: operation.deprecated === true,
    security: list(security).flatMap((entry) => (isRecord(entry) ? Object.keys(entry) : [])),
  };
}

function readParameter(
  value: unknown,
  resolve: Resolve,
  where: string,
  onProblem: (message: string) => void,
): Parameter {
  if (!isRecord(value) || typeof value.name !== 'string') {
    throw new FieldkitError('INVALID_CONFIG', `${where}: a parameter has no name`);
  }
  const { name } = value;
  const location = value.in;
  if (location !== 'path' && location !== 'query' && location !== 'header' && location !== 'cookie') {
    throw new FieldkitError('INVALID_CONFIG', `${where}: parameter ${name} must be in path, query, header or cookie`);
  }
  const content = isRecord(value.content) ? Object.values(value.content)[0] : undefined;
  const schema = convertSchema(isRecord(content) ? content.schema : value.schema, resolve, { use: 'input', onProblem });
  const examples = value.example === undefined ? exampleValues(value.examples) : [value.example];
  const style = text(value.style) || (location === 'query' || location === 'cookie' ? 'form' : 'simple');
  return {
    name,
    in: location,
    required: value.required === true || location === 'path',
    description: text(value.description),
    schema: examples.length > 0 && schema.examples === undefined ? { ...schema, examples } : schema,
    style,
    explode: typeof value.explode === 'boolean' ? value.explode : style === 'form',
    json: isRecord(content),
  };
}

function exampleValues(examples: unknown): unknown[] {
  if (!isRecord(examples)) return [];
  return Object.values(examples).flatMap((example) => (isRecord(example) && 'value' in example ? [example.value] : []));
}

function readBody(
  value: unknown,
  resolve: Resolve,
  where: string,
  onProblem: (message: string) => void,
): RequestBody | undefined {
  const body = follow(value, resolve);
  if (!isRecord(body) || !isRecord(body.content)) return undefined;
  const types = Object.keys(body.content);
  const mediaType = types.find(isJson) ?? types.find((type) => type.startsWith('application/x-www-form-urlencoded'));
  if (mediaType === undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where}: the request body is ${types.join(', ') || 'of no type'}; only JSON and form bodies can be sent`,
    );
  }
  const media = body.content[mediaType];
  return {
    required: body.required === true,
    mediaType,
    schema: convertSchema(isRecord(media) ? media.schema : {}, resolve, { use: 'input', onProblem }),
  };
}

function readResponse(value: unknown, resolve: Resolve, onProblem: (message: string) => void): JsonSchema | undefined {
  if (!isRecord(value)) return undefined;
  const successful = Object.keys(value)
    .filter((status) => /^2/.test(status))
    .sort();
  for (const status of [...successful, 'default']) {
    const response = follow(value[status], resolve);
    if (!isRecord(response) || !isRecord(response.content)) continue;
    const mediaType = Object.keys(response.content).find(isJson);
    const media = mediaType === undefined ? undefined : response.content[mediaType];
    if (isRecord(media) && media.schema !== undefined) {
      return convertSchema(media.schema, resolve, { use: 'output', onProblem });
    }
  }
  return undefined;
}

function follow(value: unknown, resolve: Resolve): unknown {
  let current = value;
  for (let hops = 0; hops < 20 && isRecord(current) && typeof current.$ref === 'string'; hops += 1) {
    current = resolve(current.$ref);
  }
  return current;
}

export function isJson(mediaType: string): boolean {
  return /^(application|text)\/(?:[\w.+-]+\+)?json\b/i.test(mediaType) || mediaType === '*/*';
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Whether a schema takes plain values only, so that it can stand in a path. */
export function isScalar(schema: JsonSchema): boolean {
  const types = typesOf(schema);
  return types.length === 0 || types.every((type) => type !== 'object' && type !== 'array');
}
