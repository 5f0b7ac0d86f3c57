/**
 * Every code, and whether trying the same thing again may help.
 * The table is closed: a new kind of failure adds a line here.
 */
const RETRYABLE = {
  // Calls of our own functions and commands
  INVALID_OPTION: false,
  INVALID_CONFIG: false,
  CONFIG_NOT_FOUND: false,
  CANCELLED: false,
  TIMED_OUT: true,
  BUDGET_EXCEEDED: false,
  UNSUPPORTED_RUNTIME: false,
  // Files and documents
  FILE_NOT_FOUND: false,
  FILE_EMPTY: false,
  FILE_UNREADABLE: false,
  FILE_ENCRYPTED: false,
  FILE_DAMAGED: false,
  FILE_TOO_LARGE: false,
  FILE_TYPE_UNKNOWN: false,
  FILE_NEEDS_OCR: false,
  PARSE_TIMED_OUT: false,
  PARSE_OUT_OF_MEMORY: false,
  PARSE_CRASHED: false,
  DISK_FULL: false,
  STORE_DAMAGED: false,
  STORE_LOCKED: true,
  // Index and retrieval
  INDEX_NOT_FOUND: false,
  INDEX_MISMATCH: false,
  INDEX_DAMAGED: false,
  INDEX_UNAVAILABLE: true,
  DOCUMENT_NOT_FOUND: false,
  // Model endpoint
  MODEL_UNREACHABLE: true,
  MODEL_UNAUTHORIZED: false,
  MODEL_FORBIDDEN: false,
  MODEL_NOT_FOUND: false,
  MODEL_BAD_REQUEST: false,
  MODEL_CONTEXT_TOO_LONG: false,
  MODEL_CONTENT_REFUSED: false,
  MODEL_RATE_LIMITED: true,
  MODEL_QUOTA_EXHAUSTED: false,
  MODEL_ACCOUNT_UNPAID: false,
  MODEL_OVERLOADED: true,
  MODEL_STREAM_BROKEN: true,
  MODEL_INVALID_RESPONSE: true,
  MODEL_INVALID_OUTPUT: false,
  EMBEDDING_INVALID: false,
  // Tools
  TOOL_NOT_FOUND: false,
  TOOL_INVALID_INPUT: false,
  TOOL_INVALID_OUTPUT: false,
  TOOL_FAILED: false,
  TOOL_UNAVAILABLE: true,
  TOOL_FORBIDDEN: false,
  TOOL_NEEDS_APPROVAL: false,
  TOOL_OUTCOME_UNKNOWN: false,
  SERVICE_START_FAILED: false,
  // Runs and evaluation
  RUN_NOT_FOUND: false,
  DATASET_INVALID: false,
  INTERNAL: false,
} as const;

export type ErrorCode = keyof typeof RETRYABLE;

/** All error codes, for documentation and for parsing stored errors. */
export const errorCodes: readonly ErrorCode[] = Object.keys(RETRYABLE) as ErrorCode[]; // the keys of a literal

export interface FieldkitErrorOptions {
  readonly cause?: unknown;
  /** Facts that are safe to log: ids, sizes, status. Never document text, prompts or secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Overrides the default of the code. */
  readonly retryable?: boolean;
}

/** Every failure this toolkit raises on purpose. Branch on `code`; `message` is for people and may change. */
export class FieldkitError extends Error {
  override readonly name = 'FieldkitError';
  readonly code: ErrorCode;
  /** True when the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** Facts for logs and reports: ids, sizes, status. Never document text, prompts or secrets. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: FieldkitErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.retryable = options.retryable ?? RETRYABLE[code];
    this.details = options.details ?? {};
  }
}

export function isFieldkitError(value: unknown, code?: ErrorCode): value is FieldkitError {
  return value instanceof FieldkitError && (code === undefined || value.code === code);
}

const SYSTEM_CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ['DISK_FULL', 'the disk is full: free some space and run the command again'],
  EDQUOT: ['DISK_FULL', 'the disk quota is used up: free some space and run the command again'],
  ENOENT: ['FILE_NOT_FOUND', 'no such file or folder'],
  EACCES: ['FILE_UNREADABLE', 'permission denied: check who owns the file or folder'],
  EPERM: ['FILE_UNREADABLE', 'operation not permitted: check who owns the file or folder'],
  EROFS: ['FILE_UNREADABLE', 'the file system is read-only'],
};

/**
 * Turns anything thrown into a `FieldkitError`, keeping it as `cause`. Aborts become `CANCELLED`, an
 * `AbortSignal.timeout` becomes `TIMED_OUT`, file system errors get their code, the rest is `fallback`.
 */
export function toFieldkitError(error: unknown, fallback: ErrorCode = 'INTERNAL', doing = ''): FieldkitError {
  if (error instanceof FieldkitError) return error;
  const prefix = doing === '' ? '' : `${doing}: `;
  if (error instanceof Error) {
    if (error.name === 'TimeoutError') return new FieldkitError('TIMED_OUT', `${prefix}timed out`, { cause: error });
    if (error.name === 'AbortError') return new FieldkitError('CANCELLED', `${prefix}cancelled`, { cause: error });
    const system = 'code' in error && typeof error.code === 'string' ? SYSTEM_CODES[error.code] : undefined;
    if (system !== undefined) {
      const path = 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : '';
      return new FieldkitError(system[0], `${prefix}${system[1]}${path}`, { cause: error });
    }
    return new FieldkitError(fallback, `${prefix}${error.message}`, { cause: error });
  }
  return new FieldkitError(fallback, `${prefix}${String(error)}`, { cause: error });
}

/** What is stored of an error in a run or a report. */
export function errorRecord(error: unknown): { code: ErrorCode; message: string; retryable: boolean } {
  const { code, message, retryable } = toFieldkitError(error);
  return { code, message, retryable };
}
