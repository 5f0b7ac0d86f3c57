import { schemaProperties } from '@fieldkit/core';
import type { HttpAuth } from '../http-auth.ts';
import { typesOf } from '../json-schema.ts';
import { type Operation, parseOpenApi } from '../openapi/parse-openapi.ts';

export interface AssessApiOptions {
  readonly openapi: string | object;
  readonly baseUrl?: string;
  readonly auth?: HttpAuth['kind'];
  /** `operationId`s that become tools. Default: all that are exposed. */
  readonly operations?: readonly string[];
}

export interface ApiAssessment {
  readonly system: string;
  readonly interfaces: readonly {
    readonly operation: string;
    readonly call: string;
    readonly effects: 'read' | 'write';
    readonly purpose: string;
    readonly used: boolean;
  }[];
  readonly auth: readonly string[];
  readonly limits: readonly string[];
  readonly data: readonly { readonly operation: string; readonly fields: readonly string[] }[];
  /** What is missing or has to be asked. */
  readonly gaps: readonly string[];
  readonly markdown: string;
}

const PERSONAL =
  /name|phone|mobile|email|address|birth|salary|idcard|id_number|passport|bank|身份证|姓名|电话|手机|地址|工资|银行/i;

/** The integration assessment sheet of one customer system, from its OpenAPI file: interfaces, auth, limits, data, gaps. */
export function assessApi({ openapi, baseUrl, auth, operations: chosen }: AssessApiOptions): ApiAssessment {
  const description = parseOpenApi(openapi);
  const { operations, title, version, servers, findings } = description;
  const used = (operation: Operation) =>
    chosen === undefined
      ? operation.exposed
      : chosen.includes(operation.id) || chosen.includes(`${operation.method} ${operation.path}`);
  const inUse = operations.filter(used);
  const schemes = [...new Set(operations.flatMap(({ security }) => security))];
  const gaps = [
    ...inUse.flatMap((operation) => operationGaps(operation)),
    ...(schemes.length === 0 && (auth === undefined || auth === 'none')
      ? ['The file declares no authentication: ask how callers are told apart.']
      : []),
    ...(servers.length === 0 && baseUrl === undefined
      ? ['The file names no server: ask for the addresses of test and production.']
      : []),
    ...(inUse.some(
      ({ method, parameters }) =>
        method === 'GET' && parameters.some(({ name }) => /^(?:limit|page_?size|per_?page|size)$/i.test(name)),
    )
      ? []
      : inUse.filter(returnsList).map(({ id }) => `${id} returns a list without a parameter that bounds it.`)),
    'Rate limits are not part of an OpenAPI file: ask for requests per second and per day.',
    ...findings.map(({ message, where }) => `${where ?? ''}: ${message}`),
  ];
  const sheet = {
    system: version === '' ? title : `${title} ${version}`,
    interfaces: operations.map((operation) => ({
      operation: operation.id,
      call: `${operation.method} ${operation.path}`,
      effects: operation.effects,
      purpose: operation.summary || operation.description.split('\n')[0] || '',
      used: used(operation),
    })),
    auth: [auth === undefined ? 'not configured' : auth, ...schemes.map((scheme) => `the file asks for ${scheme}`)],
    limits: [`time limit and size limit per call are set by the tool`, ...inUse.flatMap(parameterLimits)],
    data: inUse.map((operation) => ({ operation: operation.id, fields: responseFields(operation) })),
    gaps: [...new Set(gaps)],
  };
  return { ...sheet, markdown: sheetMarkdown(sheet, baseUrl ?? servers.join(', ')) };
}

function operationGaps(operation: Operation): string[] {
  const gaps: string[] = [];
  const { id, parameters } = operation;
  if (operation.summary === '' && operation.description === '') gaps.push(`${id} has no description.`);
  if (operation.response === undefined && operation.method !== 'DELETE')
    gaps.push(`${id} declares no response: its answer cannot be checked or trimmed.`);
  const bare = parameters.filter(
    ({ schema, in: where }) =>
      where === 'path' &&
      typesOf(schema).includes('string') &&
      schema.pattern === undefined &&
      schema.enum === undefined &&
      schema.format === undefined,
  );
  for (const { name } of bare)
    gaps.push(`${id}: the form of ${name} is not declared (pattern): a model cannot tell it from other numbers.`);
  const hasKey = parameters.some(({ name }) => /^idempotency-?key$/i.test(name));
  if (operation.effects === 'write' && operation.method === 'POST' && !hasKey)
    gaps.push(`${id} takes no idempotency key: after a broken connection a person has to look whether it was done.`);
  const personal = responseFields(operation).filter((field) => PERSONAL.test(field));
  if (personal.length > 0)
    gaps.push(`${id} returns what may be personal data (${personal.slice(0, 5).join(', ')}): agree who may see it.`);
  return gaps;
}

function returnsList({ response }: Operation): boolean {
  return response !== undefined && typesOf(response).includes('array');
}

function parameterLimits({ id, parameters }: Operation): string[] {
  return parameters.flatMap(({ name, schema }) =>
    typeof schema.maximum === 'number' ? [`${id}: ${name} at most ${schema.maximum}`] : [],
  );
}

function responseFields({ response }: Operation): string[] {
  if (response === undefined) return [];
  const items =
    typesOf(response).includes('array') && response.items !== null && typeof response.items === 'object'
      ? response.items
      : response;
  return schemaProperties({ ...items }).map(([name]) => name);
}

function sheetMarkdown(sheet: Omit<ApiAssessment, 'markdown'>, address: string): string {
  const rows = sheet.interfaces.map(
    ({ operation, call, effects, purpose, used }) =>
      `| ${operation} | \`${call}\` | ${effects} | ${purpose.replaceAll('|', '\\|')} | ${used ? 'yes' : 'no'} |`,
  );
  const listed = (items: readonly string[]) => (items.length === 0 ? ['- none'] : items.map((item) => `- ${item}`));
  return [
    `# Integration assessment: ${sheet.system}`,
    '',
    `Address: ${address === '' ? 'not known' : address}`,
    '',
    '## Interfaces',
    '',
    '| Operation | Call | Effects | Purpose | Used |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    '## Authentication',
    '',
    ...listed(sheet.auth),
    '',
    '## Limits',
    '',
    ...listed(sheet.limits),
    '',
    '## Data',
    '',
    ...listed(
      sheet.data.map(
        ({ operation, fields }) => `${operation}: ${fields.length === 0 ? 'not declared' : fields.join(', ')}`,
      ),
    ),
    '',
    '## Gaps and questions',
    '',
    ...listed(sheet.gaps),
    '',
  ].join('\n');
}
