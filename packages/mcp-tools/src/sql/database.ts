/** What a SQL tool needs of a database: one read-only statement with parameters. */
export interface Database {
  /** For messages and quoting. */
  readonly dialect: 'sqlite' | 'postgresql' | 'mysql';
  /**
   * Runs one read-only statement whose parameters are written `$1`, `$2`, …; at most `maxRows` rows, within `timeoutMs`.
   *
   * @throws {FieldkitError} `TOOL_UNAVAILABLE`, `TIMED_OUT`, `CANCELLED` or `TOOL_FAILED`.
   */
  query(
    sql: string,
    parameters: readonly SqlValue[],
    options: QueryOptions,
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Columns of a view, in order. */
  columns(view: string): Promise<readonly Column[]>;
  close(): Promise<void>;
}

export type SqlValue = string | number | boolean | null;

export interface QueryOptions {
  readonly maxRows: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export interface Column {
  readonly name: string;
  /** Our types of SQL's many. */
  readonly type: 'text' | 'integer' | 'number' | 'boolean' | 'date' | 'date-time' | 'json';
  readonly description?: string;
}

/** A SQL type as one of ours; what is not known is text. */
export function columnType(sqlType: string): Column['type'] {
  const type = sqlType.toLowerCase();
  if (/^(?:small|big|medium|tiny)?int|^integer|^serial|^bigserial/.test(type)) return 'integer';
  if (/^(?:numeric|decimal|real|double|float|money)/.test(type)) return 'number';
  if (/^bool/.test(type)) return 'boolean';
  if (/^timestamp|^datetime/.test(type)) return 'date-time';
  if (/^date/.test(type)) return 'date';
  if (/^json/.test(type)) return 'json';
  return 'text';
}
