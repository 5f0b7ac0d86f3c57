import { FieldkitError, type Finding, type JsonSchema, recordLines, sha256, type Tool } from '@fieldkit/core';
import { invalidInput } from '../define-tool.ts';
import { createAuthorizer, type HttpAuth, type HttpAuthorizer } from '../http-auth.ts';
import { callHttp } from '../http-call.ts';
import { asSchema, compileSchema, isRecord, typesOf } from '../json-schema.ts';
import { buildRequest } from '../openapi/build-request.ts';
import { type ApiDescription, findOperation, type Operation, parseOpenApi } from '../openapi/parse-openapi.ts';
import { checkBaseUrl, refusal } from './look-up-record.ts';
import { objectSchema, parameterSchema } from './lookup-input.ts';
import { snakeCase } from './record-name.ts';
import { recordText } from './record-text.ts';

export interface OpenApiToolsOptions {
  /** Path to an OpenAPI 3.0 or 3.1 file (YAML or JSON), or its parsed value. */
  readonly openapi: string | object;
  /** `operationId`s, or `POST /path`. Default: all that are exposed and not deprecated, which must be at most 30. */
  readonly operations?: readonly string[];
  /** Where the system is; the `servers` of the file are not used. */
  readonly baseUrl: string;
  readonly auth?: HttpAuth;
  readonly fetch?: typeof globalThis.fetch;
  /** Default 15,000. */
  readonly timeoutMs?: number;
  /** Longest answer of the system, in bytes. Default 1,000,000. */
  readonly maxBytes?: number;
  /** Longest list in an answer; the rest is left out and said. Default 50. */
  readonly maxItems?: number;
  /** Whether the system is one of somebody who may not know what documents and records say. Default false. */
  readonly outside?: boolean;
  /** Put before each tool's name. */
  readonly prefix?: string;
}

export interface OpenApiTools {
  readonly tools: readonly Tool[];
  /** What could not be taken over. */
  readonly findings: readonly Finding[];
}

/** Platforms take no more operations per tool server than this, and models choose badly among more. */
const MAX_TOOLS = 30;
const IDEMPOTENCY = /^idempotency-?key$/i;

/**
 * One tool per operation of an OpenAPI file: closed input schema, typed output trimmed to the declared response, writes declared as such. An
 * `Idempotency-Key` header is filled with the call's id, and a write that has one may be repeated after a crash.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a file, an operation or a base URL that cannot be used.
 */
export async function openApiTools(options: OpenApiToolsOptions): Promise<OpenApiTools> {
  const { auth = { kind: 'none' }, fetch = globalThis.fetch, prefix = '' } = options;
  const description = parseOpenApi(options.openapi);
  const baseUrl = checkBaseUrl(options.baseUrl, description.where);
  const operations = options.operations?.map((name) => findOperation(description, name)) ?? offered(description);
  const authorizer = createAuthorizer(auth, fetch);
  const tools = operations.map((operation) =>
    operationTool(operation, description, { ...options, fetch, prefix, baseUrl, authorizer }),
  );
  const names = tools.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${description.where}: two operations would be called ${repeated}; change an operationId`,
    );
  }
  return { tools, findings: description.findings };
}

function offered({ operations, where }: ApiDescription): Operation[] {
  const found = operations.filter(
    ({ exposed, deprecated, method }) => exposed && !deprecated && method !== 'HEAD' && method !== 'OPTIONS',
  );
  if (found.length > MAX_TOOLS) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where} has ${found.length} operations; name the ones that are needed (at most ${MAX_TOOLS})`,
    );
  }
  return found;
}

interface ToolSettings extends OpenApiToolsOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly prefix: string;
  readonly authorizer: HttpAuthorizer;
}

function operationTool(operation: Operation, description: ApiDescription, settings: ToolSettings): Tool {
  const { fetch, authorizer, baseUrl, prefix, timeoutMs = 15_000, maxBytes = 1_000_000, maxItems = 50 } = settings;
  const { outside } = settings;
  const name = toolName(prefix + operation.id);
  const plan = planInput(operation);
  const check = compileSchema(plan.schema);
  const { response, effects } = operation;
  const compiled = response === undefined ? undefined : { schema: response, check: compileSchema(response) };
  // MCP wants an object at the root: lists and plain values are put under `result`.
  const wrapped = response === undefined || !typesOf(response).includes('object');
  const outputSchema = response === undefined ? undefined : wrapped ? wrapSchema(response) : response;
  return {
    name,
    description: describe(operation, description),
    inputSchema: plan.schema,
    ...(outputSchema === undefined ? {} : { outputSchema }),
    effects,
    ...(effects === 'write' && keyOf(operation) !== undefined ? { idempotent: true } : {}),
    ...(outside === undefined ? {} : { outside }),
    yields: 'record',
    timeoutMs,
    async run(raw, { signal, callId }) {
      const problems = check(raw);
      if (problems.length > 0 || !isRecord(raw))
        throw invalidInput(name, problems.slice(0, 5).join('; ') || 'an object is needed');
      const request = buildRequest(operation, baseUrl, plan.read(raw, callId));
      const outcome = await callHttp(request, {
        fetch,
        authorizer,
        timeoutMs,
        maxBytes,
        effects,
        ...(compiled === undefined ? {} : { response: compiled }),
        ...(signal === undefined ? {} : { signal }),
      });
      if (!outcome.ok) return refusal(outcome, name);
      const { value, left } = cutLists(wrapped ? { result: outcome.value } : outcome.value, maxItems);
      const text = outputSchema === undefined ? recordLines(value).join('\n') : recordText(value, outputSchema);
      return {
        data: value,
        text: left === 0 ? text : `${text}\n[${left} more entries left out: ask for fewer]`,
        isError: false,
      };
    },
  };
}

/** Letters, digits and `_`, at most 64, as every platform takes them. A name that would lose letters gets a hash, so that it stays its own. */
export function toolName(name: string): string {
  const ascii = snakeCase(name)
    .replace(/[^a-z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const mark = /[^\p{ASCII}]/u.test(name) ? `${ascii === '' ? 'operation' : ''}_${sha256(name).slice(0, 8)}` : '';
  return `${ascii.slice(0, 64 - mark.length).replace(/_+$/, '')}${mark}` || 'operation';
}

interface InputPlan {
  readonly schema: JsonSchema;
  read(input: Record<string, unknown>, callId: string): { parameters: Record<string, unknown>; body?: unknown };
}

function keyOf({ parameters }: Operation) {
  return parameters.find(({ name, in: where }) => where === 'header' && IDEMPOTENCY.test(name));
}

/** Parameters and the body's fields side by side when their names allow it, else the body under `body`. */
function planInput(operation: Operation): InputPlan {
  const key = keyOf(operation);
  const parameters = operation.parameters.filter(
    (parameter) => parameter !== key && usable(parameter.in, parameter.name),
  );
  const fields = parameters.map(
    (parameter) => [parameter.name, parameterSchema(parameter), parameter.required] as const,
  );
  const filled = (values: Record<string, unknown>, callId: string) =>
    key === undefined ? values : { ...values, [key.name]: callId };
  const { body } = operation;
  if (body === undefined) {
    return { schema: objectSchema(fields), read: (input, callId) => ({ parameters: filled(input, callId) }) };
  }
  const properties = asSchema(body.schema.properties);
  const names = new Set(fields.map(([name]) => name));
  const flat =
    properties !== undefined && isPlainObject(body.schema) && Object.keys(properties).every((name) => !names.has(name));
  if (!flat) {
    return {
      schema: objectSchema([...fields, ['body', body.schema, body.required]]),
      read: ({ body: value, ...rest }, callId) => ({
        parameters: filled(rest, callId),
        ...(value === undefined ? {} : { body: value }),
      }),
    };
  }
  const required = Array.isArray(body.schema.required) ? body.schema.required : [];
  const bodyFields = Object.entries(properties).map(
    ([name, schema]) => [name, asSchema(schema) ?? {}, body.required && required.includes(name)] as const,
  );
  const schema = objectSchema([...fields, ...bodyFields]);
  const { $defs } = body.schema;
  return {
    schema: isRecord($defs) ? { ...schema, $defs: { ...asSchema(schema.$defs), ...$defs } } : schema,
    read(input, callId) {
      const entries = Object.entries(input);
      const inBody = Object.fromEntries(entries.filter(([name]) => name in properties));
      return {
        parameters: filled(Object.fromEntries(entries.filter(([name]) => names.has(name))), callId),
        ...(body.required || Object.keys(inBody).length > 0 ? { body: inBody } : {}),
      };
    },
  };
}

function usable(where: string, name: string): boolean {
  return where !== 'header' || !/^(?:accept|content-type|authorization)$/i.test(name);
}

/** An object schema without conditions that concern the whole. */
function isPlainObject(schema: JsonSchema): boolean {
  const conditions = [
    'allOf',
    'anyOf',
    'oneOf',
    'not',
    'if',
    'minProperties',
    'maxProperties',
    'dependentRequired',
    'patternProperties',
    '$ref',
  ];
  const open = schema.additionalProperties !== undefined && schema.additionalProperties !== false;
  return !open && conditions.every((keyword) => !(keyword in schema));
}

function wrapSchema({ $defs, ...schema }: JsonSchema): JsonSchema {
  return {
    type: 'object',
    properties: { result: schema },
    required: ['result'],
    additionalProperties: false,
    ...($defs === undefined ? {} : { $defs }),
  };
}

function describe(operation: Operation, { title }: ApiDescription): string {
  const said = [operation.summary, operation.description].filter((part) => part !== '').join('\n');
  const what = said === '' ? `${operation.method} ${operation.path}` : said;
  const effects =
    operation.effects === 'write'
      ? 'It changes something there: use it only when the user asks for exactly that.'
      : 'It only reads; never guess an identifier.';
  return `${what}\nIn ${title}. ${effects}`;
}

/** Lists cut to `maxItems`, everywhere in the value. */
function cutLists(value: unknown, maxItems: number): { value: unknown; left: number } {
  let left = 0;
  const visit = (item: unknown): unknown => {
    if (Array.isArray(item)) {
      left += Math.max(0, item.length - maxItems);
      return item.slice(0, maxItems).map(visit);
    }
    return isRecord(item) ? Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, visit(inner)])) : item;
  };
  return { value: visit(value), left };
}
