import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { FieldkitError, type Finding, type Retriever, type Tool, toFieldkitError } from '@fieldkit/core';
import type { Database, HttpAuth, TextTable, ToolEntry, ToolPins } from '@fieldkit/mcp-tools';
import { describeValue, type EnvironmentValue, resolveValue } from './config-values.ts';
import { startService } from './start-service.ts';
import type { HttpAuthSpec, ToolSpec, ToolSpecOf } from './tool-specs.ts';

export interface ToolSurroundings {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  readonly onFinding?: (finding: Finding) => void;
  retriever(): Promise<Retriever>;
  /** Takes charge of something that has to be closed with the project. */
  closeLater<T extends { close(): Promise<void> | void }>(opened: T): T;
}

/**
 * What a tool entry of the configuration stands for.
 *
 * @throws {FieldkitError} `INVALID_CONFIG` for a file, a module or a variable that is missing, and what the tool's maker throws.
 */
export async function openToolEntry(spec: ToolSpec, around: ToolSurroundings): Promise<ToolEntry> {
  switch (spec.kind) {
    case 'search-knowledge': {
      const { searchKnowledge } = await import('@fieldkit/mcp-tools');
      const { limit, filters = {} } = spec;
      return { tools: [searchKnowledge({ retrieve: await around.retriever(), defaults: { limit }, filters })] };
    }
    case 'lookup-record': {
      const { lookupRecord } = await import('@fieldkit/mcp-tools');
      const { name, operations, timeoutMs } = spec;
      return { tools: [await lookupRecord({ name, operations, timeoutMs, ...(await httpSystem(spec, around)) })] };
    }
    case 'openapi-tools':
      return { tools: await openHttpTools(spec, around) };
    case 'sql-view':
      return { tools: [await openSqlView(spec, around)] };
    case 'table': {
      const { tableTool } = await import('@fieldkit/mcp-tools');
      const { kind: _, file: __, sheet: ___, ...options } = spec;
      return { tools: [await tableTool({ ...options, table: await openTable(spec, around) })] };
    }
    case 'mcp-server': {
      const pins = spec.pins === undefined ? undefined : readPins(spec, around.root);
      return { ...remoteEntry(spec, around), ...(pins === undefined ? {} : { pins, lazy: spec.lazy }) };
    }
    case 'custom':
      return { tools: await loadTools(around.root, spec.module) };
  }
}

/** An MCP server without its pins: what `fieldkit tools pin` looks at. */
export function remoteEntry(
  spec: ToolSpecOf<'mcp-server'>,
  { root, environment }: Pick<ToolSurroundings, 'root' | 'environment'>,
) {
  const { name, stdio, http, select, change, timeoutMs, outside } = spec;
  const where = `tools.${name}`;
  const resolved = (values: Readonly<Record<string, string | EnvironmentValue>>) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, needed(value, environment, `${where}.${key}`)]),
    );
  const options = {
    name,
    change,
    timeoutMs,
    ...(select === undefined ? {} : { select }),
    ...(outside === undefined ? {} : { outside }),
  };
  if (stdio !== undefined) {
    const { command, args, env, cwd } = stdio;
    return { ...options, stdio: { command, args, env: resolved(env), cwd: join(root, cwd ?? '.') } };
  }
  if (http === undefined) throw new FieldkitError('INTERNAL', `${where} has neither stdio nor http`);
  const { url, headers, transport } = http;
  return {
    ...options,
    http: { url: needed(url, environment, `${where}.http.url`), headers: resolved(headers), transport },
  };
}

async function openHttpTools(spec: ToolSpecOf<'openapi-tools'>, around: ToolSurroundings): Promise<readonly Tool[]> {
  const { openApiTools } = await import('@fieldkit/mcp-tools');
  const { operations, prefix, timeoutMs, outside } = spec;
  const { tools, findings } = await openApiTools({
    ...(await httpSystem(spec, around)),
    timeoutMs,
    ...(operations === undefined ? {} : { operations }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(outside === undefined ? {} : { outside }),
  });
  for (const finding of findings) around.onFinding?.(finding);
  return tools;
}

async function httpSystem(spec: ToolSpecOf<'lookup-record' | 'openapi-tools'>, around: ToolSurroundings) {
  const openapi = fileOf(around.root, spec.openapi, `tools.${spec.name}.openapi`);
  const auth = spec.auth === undefined ? {} : { auth: await authOf(spec.auth, `tools.${spec.name}.auth`, around) };
  return { openapi, baseUrl: await baseUrlOf(spec, around), ...auth };
}

async function baseUrlOf(
  { name, baseUrl, devServer }: ToolSpecOf<'lookup-record' | 'openapi-tools'>,
  { root, environment, signal, onFinding, closeLater }: ToolSurroundings,
): Promise<string> {
  const given = resolveValue(baseUrl, environment);
  if (given !== undefined) return given;
  if (devServer === undefined) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `tools.${name}.baseUrl is not set; set its environment variable, or name a devServer script for tests`,
    );
  }
  const script = join(root, devServer);
  const service = closeLater(
    await startService({
      name: `${name} (${devServer})`,
      script,
      cwd: root,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
  onFinding?.({
    severity: 'info',
    code: 'dev-server-started',
    message: `${name} looks records up in the project's own test server, ${devServer}`,
    where: `tools.${name}`,
  });
  return service.url;
}

/** Whether a tool's system is played by a script of the project, because its address is not set. */
export function needsDevServer(
  { tools }: { readonly tools: readonly ToolSpec[] },
  environment: ToolSurroundings['environment'],
): boolean {
  return tools.some(
    (spec) =>
      'devServer' in spec && spec.devServer !== undefined && resolveValue(spec.baseUrl, environment) === undefined,
  );
}

async function authOf(spec: HttpAuthSpec, where: string, around: ToolSurroundings): Promise<HttpAuth> {
  const of = (field: string, value: string | EnvironmentValue) =>
    needed(value, around.environment, `${where}.${field}`);
  switch (spec.kind) {
    case 'bearer':
      return { kind: 'bearer', token: of('token', spec.token) };
    case 'basic':
      return { kind: 'basic', username: of('username', spec.username), password: of('password', spec.password) };
    case 'key':
      return { ...spec, value: of('value', spec.value) };
    case 'oauth':
      return {
        ...spec,
        tokenUrl: of('tokenUrl', spec.tokenUrl),
        clientId: of('clientId', spec.clientId),
        clientSecret: of('clientSecret', spec.clientSecret),
      };
    case 'sign': {
      const sign = await loadDefault(around.root, spec.module, `${where}.module`);
      if (typeof sign !== 'function') {
        throw new FieldkitError('INVALID_CONFIG', `${where}: ${spec.module} must export a function as its default`);
      }
      return { kind: 'sign', sign: (request) => sign(request) };
    }
  }
}

async function openSqlView(spec: ToolSpecOf<'sql-view'>, around: ToolSurroundings): Promise<Tool> {
  const { sqlViewTool } = await import('@fieldkit/mcp-tools');
  const { kind: _, database: source, scope, ...options } = spec;
  const database = around.closeLater(await openDatabase(spec.name, source, around));
  return sqlViewTool({
    ...options,
    database,
    scope: Object.fromEntries(Object.entries(scope).map(([column, field]) => [column, (caller) => caller[field]])),
  });
}

/** The path of a text file, or the rows of a workbook's sheet. */
async function openTable(
  { name, file, sheet }: ToolSpecOf<'table'>,
  { root, signal, onFinding }: ToolSurroundings,
): Promise<string | TextTable> {
  const where = `tools.${name}`;
  const path = fileOf(root, file, `${where}.file`);
  if (!/\.xls[xm]$/i.test(file)) {
    if (sheet === undefined && !/\.(?:xlsb?|ods)$/i.test(file)) return path;
    const problem = sheet === undefined ? `${file} cannot be read; save it as XLSX or CSV` : `${file} has no sheets`;
    throw new FieldkitError('INVALID_CONFIG', `${where}: ${problem}`);
  }
  const [{ readSheetRows }, { textTable }] = await Promise.all([
    import('@fieldkit/ingest'),
    import('@fieldkit/mcp-tools'),
  ]);
  const bytes = await readFile(path).catch((error: unknown) => {
    throw toFieldkitError(error, 'FILE_UNREADABLE', `cannot read ${path}`);
  });
  const read = await readSheetRows(bytes, {
    uri: file,
    ...(sheet === undefined ? {} : { sheet }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (read.hiddenLines > 0)
    onFinding?.({
      severity: 'info',
      code: 'hidden-left-out',
      message: `${read.hiddenLines} hidden rows and columns of ${file} were left out`,
      where,
    });
  return textTable(read.rows, `${file}, sheet ${read.sheet}`);
}

async function openDatabase(
  name: string,
  source: ToolSpecOf<'sql-view'>['database'],
  { root, environment }: ToolSurroundings,
): Promise<Database> {
  const { createMysqlDatabase, createPostgresDatabase, createSqliteDatabase } = await import('@fieldkit/mcp-tools');
  const where = `tools.${name}.database`;
  if (source.engine === 'sqlite') return createSqliteDatabase({ path: fileOf(root, source.file, `${where}.file`) });
  const connectionString = needed(source.connectionString, environment, `${where}.connectionString`);
  const engine = engineOf(connectionString);
  if (engine === undefined || (source.engine ?? engine) !== engine) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where}.connectionString: the address in ${describeValue(source.connectionString)} must start with ${source.engine === undefined ? 'postgresql:// or mysql://' : `${source.engine}://`}`,
    );
  }
  return engine === 'mysql' ? createMysqlDatabase({ connectionString }) : createPostgresDatabase({ connectionString });
}

function engineOf(connectionString: string): 'postgresql' | 'mysql' | undefined {
  const [, scheme] = /^([a-z]+):\/\//.exec(connectionString) ?? [];
  if (scheme === 'mysql' || scheme === 'mariadb') return 'mysql';
  return scheme === 'postgresql' || scheme === 'postgres' ? 'postgresql' : undefined;
}

/** The pins of a server. Without the file nothing is agreed yet, so nothing is taken from it. */
export function readPins({ name, pins = '' }: ToolSpecOf<'mcp-server'>, root: string): ToolPins {
  const path = join(root, pins);
  if (!existsSync(path)) return {};
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as ToolPins; // compared by hash: anything else fits no tool
    throw new TypeError('not an object');
  } catch (cause) {
    throw new FieldkitError(
      'INVALID_CONFIG',
      `tools.${name}.pins: cannot understand ${pins}; write it anew with \`fieldkit tools pin ${name}\``,
      { cause },
    );
  }
}

async function loadTools(root: string, module: string): Promise<readonly Tool[]> {
  const where = `tools: ${module}`;
  const exported = await loadDefault(root, module, where);
  const tools: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  return tools.map((tool) => {
    if (isTool(tool)) return tool;
    throw new FieldkitError(
      'INVALID_CONFIG',
      `${where} must export a tool as its default: \`export default defineTool({ … })\`; start from \`fieldkit tools new NAME\``,
    );
  });
}

function isTool(value: unknown): value is Tool {
  if (value === null || typeof value !== 'object') return false;
  return (
    'name' in value &&
    typeof value.name === 'string' &&
    'description' in value &&
    typeof value.description === 'string' &&
    'inputSchema' in value &&
    value.inputSchema !== null &&
    typeof value.inputSchema === 'object' &&
    'effects' in value &&
    (value.effects === 'read' || value.effects === 'write') &&
    'timeoutMs' in value &&
    typeof value.timeoutMs === 'number' &&
    'run' in value &&
    typeof value.run === 'function'
  );
}

async function loadDefault(root: string, module: string, where: string): Promise<unknown> {
  const path = fileOf(root, module, where);
  const loaded: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new FieldkitError('INVALID_CONFIG', `${where}: cannot load ${module}: ${message}`, { cause });
  });
  return loaded !== null && typeof loaded === 'object' ? Reflect.get(loaded, 'default') : undefined;
}

function fileOf(root: string, name: string, where: string): string {
  const path = join(root, name);
  if (existsSync(path)) return path;
  throw new FieldkitError('INVALID_CONFIG', `${where}: there is no file ${name} in ${root}`);
}

function needed(value: string | EnvironmentValue, environment: ToolSurroundings['environment'], where: string): string {
  const found = resolveValue(value, environment);
  if (found !== undefined) return found;
  throw new FieldkitError('INVALID_CONFIG', `${where}: ${describeValue(value)} is not set`);
}
