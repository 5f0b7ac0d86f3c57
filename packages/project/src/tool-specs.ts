import { z } from 'zod';
import {
  CREDENTIAL_NAME,
  environmentValueSchema,
  moduleSchema,
  projectPathSchema,
  textSchema,
  valueSchema,
} from './config-values.ts';

/** Where the tools of a project come from: one schema per kind of entry under `tools`. */

const toolNameSchema = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case');
const sourceNameSchema = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, - and _');
const timeoutSchema = z.number().int().min(100).max(600_000);
/** Secrets come from the environment: `secret('ORDERS_TOKEN')`. */
const secretSchema = environmentValueSchema;

/** Headers or variables. Whatever is named like a credential comes from the environment, so that it stands in no file and is shown nowhere. */
export const settingsSchema = z.record(z.string(), valueSchema).superRefine((settings, context) => {
  for (const [name, value] of Object.entries(settings)) {
    if (typeof value === 'string' && CREDENTIAL_NAME.test(name)) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: "must come from the environment: secret('NAME')",
        input: '(hidden)',
      });
    }
  }
});

/** How a customer's system wants to know who calls. */
const authSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: secretSchema }),
  z.strictObject({ kind: z.literal('basic'), username: valueSchema, password: secretSchema }),
  z.strictObject({
    kind: z.literal('key'),
    in: z.enum(['header', 'query']),
    /** Of the header or the query parameter. */
    name: textSchema,
    value: secretSchema,
  }),
  /** OAuth 2.0 client credentials. */
  z.strictObject({
    kind: z.literal('oauth'),
    tokenUrl: valueSchema,
    clientId: valueSchema,
    clientSecret: secretSchema,
    scope: textSchema.exactOptional(),
    audience: textSchema.exactOptional(),
  }),
  /** A module of the project whose default export gets `{ method, url, headers, body }` and returns the headers to add. */
  z.strictObject({ kind: z.literal('sign'), module: moduleSchema }),
]);

export const searchKnowledgeSpecSchema = z.strictObject({
  kind: z.literal('search-knowledge'),
  /** Passages per search. */
  limit: z.number().int().min(1).max(50).default(8),
  /** Metadata of the documents that the model may filter by; tenant and groups are always applied and need none. */
  filters: z
    .record(
      z.string().min(1),
      z.strictObject({
        description: textSchema,
        type: z.enum(['text', 'number', 'boolean']).exactOptional(),
        values: z.array(textSchema).min(1).exactOptional(),
      }),
    )
    .exactOptional(),
});

const httpSystem = {
  /** The customer's OpenAPI file, YAML or JSON. */
  openapi: projectPathSchema,
  /** Where the system listens. When it is an environment variable that is not set, `devServer` is started instead. */
  baseUrl: valueSchema,
  auth: authSchema.optional(),
  /** A local script that plays the system for demos and tests: prints {"ready":true,"url":…}, ends with its standard input. */
  devServer: projectPathSchema.optional(),
};

export const lookupRecordSpecSchema = z.strictObject({
  kind: z.literal('lookup-record'),
  /** What models call it. */
  name: toolNameSchema.default('lookup_record'),
  ...httpSystem,
  /** Its operationIds that the tool may call. */
  operations: z.array(textSchema).min(1),
  timeoutMs: timeoutSchema.default(10_000),
});

export const openApiToolsSpecSchema = z.strictObject({
  kind: z.literal('openapi-tools'),
  /** The system, for messages. */
  name: sourceNameSchema,
  ...httpSystem,
  /** operationIds, or `POST /path`. Default: all that are exposed and not deprecated, at most 30. */
  operations: z.array(textSchema).min(1).optional(),
  /** Put before each tool's name. */
  prefix: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,30}$/, 'must be snake_case')
    .exactOptional(),
  /** Whether what its tools are asked leaves for somebody who may not know what documents and records say. Default false. */
  outside: z.boolean().exactOptional(),
  timeoutMs: timeoutSchema.default(15_000),
});

export const sqlViewSpecSchema = z.strictObject({
  kind: z.literal('sql-view'),
  name: toolNameSchema,
  /** What the rows are, when to use it, when not. */
  description: textSchema,
  database: z.discriminatedUnion('engine', [
    z.strictObject({ engine: z.literal('sqlite'), file: projectPathSchema }),
    /** postgresql:// or mysql://, which chooses the engine when it is not named. Its user needs no right but SELECT on the views. */
    z.strictObject({ engine: z.enum(['postgresql', 'mysql']).optional(), connectionString: secretSchema }),
  ]),
  /** The view (or table) that may be read: `orders_for_support` or `schema.view`. */
  view: textSchema,
  /** Columns that a caller may ask by; at least one must be given in a call. */
  by: z.array(textSchema).min(1),
  /** Columns that are returned. Default: all. */
  columns: z.array(textSchema).min(1).exactOptional(),
  /** Columns that must equal the caller's tenant or subject, whatever is asked. */
  scope: z.record(textSchema, z.enum(['tenant', 'subject'])).default({}),
  orderBy: textSchema.exactOptional(),
  maxRows: z.number().int().min(1).max(1000).default(20),
  timeoutMs: timeoutSchema.default(5_000),
});

export const tableSpecSchema = z.strictObject({
  kind: z.literal('table'),
  name: toolNameSchema,
  /** What the rows are, when to use it, when not. */
  description: textSchema,
  /** A CSV, TSV or Excel (XLSX) file. */
  file: projectPathSchema,
  /** Sheet of a workbook. Default: its first. */
  sheet: textSchema.exactOptional(),
  /** Columns that a caller may ask by; at least one must be given in a call. */
  by: z.array(textSchema).min(1),
  /** Columns that are returned. Default: all. */
  columns: z.array(textSchema).min(1).exactOptional(),
  maxRows: z.number().int().min(1).max(1000).default(20),
});

export const mcpServerSpecSchema = z
  .strictObject({
    kind: z.literal('mcp-server'),
    /** For messages and for `fieldkit tools pin NAME`. */
    name: sourceNameSchema,
    /** A program that speaks MCP on its standard input and output. */
    stdio: z
      .strictObject({
        command: textSchema,
        args: z.array(z.string()).default([]),
        env: settingsSchema.default({}),
        /** Default: the project's folder. */
        cwd: projectPathSchema.optional(),
      })
      .optional(),
    /** A server at a URL. */
    http: z
      .strictObject({
        url: valueSchema,
        headers: settingsSchema.default({}),
        transport: z.enum(['streamable', 'sse']).default('streamable'),
      })
      .optional(),
    /** Names of the tools to take. Default: all. */
    select: z.array(textSchema).min(1).exactOptional(),
    /** Our name and words for a tool, and whether it writes, by the server's name for it. */
    change: z
      .record(
        z.string(),
        z.strictObject({
          name: toolNameSchema.exactOptional(),
          description: textSchema.exactOptional(),
          effects: z.enum(['read', 'write']).exactOptional(),
          /** Whether a write with the same call id (`_meta` `fieldkit/callId`) takes effect once. Default false. */
          idempotent: z.boolean().exactOptional(),
        }),
      )
      .default({}),
    /**
     * Whether what its tools are asked leaves for somebody who may not know what documents and records say: a web search, a translation service.
     * Default: as each tool says (`openWorldHint`).
     */
    outside: z.boolean().exactOptional(),
    /** JSON file, written by `fieldkit tools pin`, of what was agreed about the tools: one that changed is refused. */
    pins: projectPathSchema.optional(),
    /** Whether the server is left alone until one of its tools is called; needs `pins`. */
    lazy: z.boolean().default(false),
    /** Names (ours) of writing tools that may be called without a person's approval. Default none. */
    grants: z.array(textSchema).default([]),
    timeoutMs: timeoutSchema.default(30_000),
  })
  .refine(({ lazy, pins }) => !lazy || pins !== undefined, 'lazy needs pins')
  .refine(({ stdio, http }) => (stdio === undefined) !== (http === undefined), 'needs either stdio or http');

export const customToolSpecSchema = z.strictObject({
  kind: z.literal('custom'),
  /** A module of the project whose default export is a tool, or a list of tools. */
  module: moduleSchema,
});

export const toolSpecSchema = z.discriminatedUnion('kind', [
  searchKnowledgeSpecSchema,
  lookupRecordSpecSchema,
  openApiToolsSpecSchema,
  sqlViewSpecSchema,
  tableSpecSchema,
  mcpServerSpecSchema,
  customToolSpecSchema,
]);
export type ToolSpec = z.output<typeof toolSpecSchema>;
export type ToolSpecOf<Kind extends ToolSpec['kind']> = Extract<ToolSpec, { kind: Kind }>;
export type HttpAuthSpec = z.output<typeof authSchema>;
