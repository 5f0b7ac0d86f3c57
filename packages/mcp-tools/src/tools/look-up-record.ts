import { FieldkitError, type JsonSchema, type Tool } from '@fieldkit/core';
import { invalidInput } from '../define-tool.ts';
import { createAuthorizer, type HttpAuth } from '../http-auth.ts';
import { callHttp, type HttpOutcome } from '../http-call.ts';
import { compileSchema, isRecord } from '../json-schema.ts';
import { buildRequest } from '../openapi/build-request.ts';
import { type ApiDescription, findOperation, type Operation, parseOpenApi } from '../openapi/parse-openapi.ts';
import { type LookupInput, planLookupInput } from './lookup-input.ts';
import { recordName } from './record-name.ts';
import { recordText } from './record-text.ts';

export interface LookupRecordOptions {
  /** Default `lookup_record`. */
  readonly name?: string;
  /** Path to an OpenAPI 3.0 or 3.1 file (YAML or JSON), or its parsed value. */
  readonly openapi: string | object;
  /** `operationId`s, or `GET /path/{id}`; reading operations only. */
  readonly operations: readonly string[];
  /** Where the system is; the `servers` of the file are not used. */
  readonly baseUrl: string;
  readonly auth?: HttpAuth;
  readonly fetch?: typeof globalThis.fetch;
  /** Default 10,000. */
  readonly timeoutMs?: number;
  /** Longest answer of the system, in bytes. Default 1,000,000. */
  readonly maxBytes?: number;
}

interface Lookup {
  readonly record: string;
  readonly operation: Operation;
  readonly response: { readonly schema: JsonSchema; readonly check: (value: unknown) => string[] } | undefined;
}

/**
 * `lookup_record`: typed lookups in the customer's system, one tool for several kinds of record.
 *
 * When each operation takes one identifier, the input is `{ record, id }`, where `id` has the patterns of all of them; `record` may be left
 * out when the identifiers' patterns tell the kinds apart. The output is `{ <record>: … }`, trimmed to the declared response.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a file, an operation or a base URL that cannot be used.
 */
export async function lookupRecord(options: LookupRecordOptions): Promise<Tool> {
  const {
    name = 'lookup_record',
    auth = { kind: 'none' },
    fetch = globalThis.fetch,
    timeoutMs = 10_000,
    maxBytes = 1_000_000,
  } = options;
  const description = parseOpenApi(options.openapi);
  const baseUrl = checkBaseUrl(options.baseUrl, description.where);
  if (options.operations.length === 0) {
    throw new FieldkitError('INVALID_CONFIG', `${name} needs at least one operation of ${description.where}`);
  }
  const lookups = options.operations.map((operation) =>
    prepare(findOperation(description, operation), description.where),
  );
  const names = lookups.map(({ record }) => record);
  const repeated = names.find((record, index) => names.indexOf(record) !== index);
  if (repeated !== undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${name} has two operations for the record ${repeated}; give them other operationIds`,
    );
  }
  const plan = planLookupInput(lookups);
  const inputCheck = compileSchema(plan.schema);
  const outputSchema = outputSchemaOf(lookups);
  const authorizer = createAuthorizer(auth, fetch);
  return {
    name,
    description: describe(description, lookups, plan),
    inputSchema: plan.schema,
    outputSchema,
    effects: 'read',
    yields: 'record',
    timeoutMs,
    async run(raw, { signal }) {
      const problems = inputCheck(raw);
      if (problems.length > 0 || !isRecord(raw)) throw invalidInput(name, problems.join('; ') || 'an object is needed');
      const chosen = plan.choose(raw);
      if (!chosen.ok) throw invalidInput(name, chosen.problem);
      const lookup = lookups.find(({ record }) => record === chosen.record);
      if (lookup === undefined) throw invalidInput(name, `there is no record ${chosen.record}`);
      const request = buildRequest(lookup.operation, baseUrl, { parameters: chosen.parameters });
      const outcome = await callHttp(request, {
        fetch,
        authorizer,
        timeoutMs,
        maxBytes,
        effects: 'read',
        ...(lookup.response === undefined ? {} : { response: lookup.response }),
        ...(signal === undefined ? {} : { signal }),
      });
      if (!outcome.ok) return refusal(outcome, `${lookup.record} ${Object.values(chosen.parameters).join(' ')}`);
      const data = { [lookup.record]: outcome.value };
      return { data, text: recordText(data, outputSchema), isError: false };
    },
  };
}

/** A system's refusal, in its own words. */
export function refusal(outcome: Extract<HttpOutcome, { ok: false }>, what: string) {
  const { status, code, message } = outcome;
  return {
    data: { error: { status, ...(code === undefined ? {} : { code }), message } },
    text: `error: ${what}: ${message} (HTTP ${status})`,
    isError: true,
  };
}

/**
 * @throws {FieldkitError} `INVALID_CONFIG` unless it is an absolute http or https URL without credentials or fragment.
 */
export function checkBaseUrl(baseUrl: string, where: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `the base URL of ${where} must be an http or https URL, not ${JSON.stringify(baseUrl)}`,
    );
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `the base URL of ${where} must not hold credentials or a fragment; use auth`,
    );
  }
  return url.href;
}

function prepare(operation: Operation, where: string): Lookup {
  if (operation.effects !== 'read') {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where}: ${operation.id} writes; a lookup may only use reading operations`,
    );
  }
  const { response } = operation;
  return {
    record: recordName(operation),
    operation,
    response: response === undefined ? undefined : { schema: response, check: compileSchema(response) },
  };
}

/** `{ order: …, asset: … }` with one of them present; definitions of the parts are renamed apart. */
function outputSchemaOf(lookups: readonly Lookup[]): JsonSchema {
  const definitions: Record<string, unknown> = {};
  const properties = Object.fromEntries(
    lookups.map(({ record, response }) => {
      const { $defs, ...schema } = rename(response?.schema ?? {}, record);
      if (isRecord($defs)) Object.assign(definitions, $defs);
      return [record, schema];
    }),
  );
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    minProperties: 1,
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
  };
}

/** The schema with `prefix` before the names of its definitions. */
function rename(schema: JsonSchema, prefix: string): JsonSchema {
  if (!isRecord(schema.$defs)) return schema;
  const change = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(change);
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) =>
        key === '$ref' && typeof item === 'string'
          ? [key, item.replace('#/$defs/', `#/$defs/${prefix}.`)]
          : [key, change(item)],
      ),
    );
  };
  const { $defs, ...rest } = schema;
  const renamed = Object.fromEntries(Object.entries($defs).map(([name, item]) => [`${prefix}.${name}`, change(item)]));
  return { ...Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, change(item)])), $defs: renamed };
}

function describe({ title, description }: ApiDescription, lookups: readonly Lookup[], plan: LookupInput): string {
  const kinds = lookups.map(({ record, operation }) => {
    const said = [operation.summary, operation.description]
      .filter((part) => part !== '')
      .map((part, index, all) => (index < all.length - 1 ? part.replace(/[.。]$/, '') : part))
      .join('. ');
    return `- ${record}: ${said || `${operation.method} ${operation.path}`}${plan.hint(record)}`;
  });
  return [
    `Looks up the present state of one record in ${title}${description === '' ? '' : ` (${description.split('\n')[0]})`}:`,
    ...kinds,
    'Use it when the question is about one such record and gives what identifies it. Do not use it for general rules or instructions, and never guess an identifier.',
  ].join('\n');
}
