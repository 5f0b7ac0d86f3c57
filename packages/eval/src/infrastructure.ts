import type { ErrorCode } from '@fieldkit/core';

/** Failures of what surrounds the target, which say nothing about how good its answers are. */
const INFRASTRUCTURE: ReadonlySet<string> = new Set<ErrorCode>([
  'CANCELLED',
  'TIMED_OUT',
  'DISK_FULL',
  'STORE_LOCKED',
  'STORE_DAMAGED',
  'INDEX_NOT_FOUND',
  'INDEX_MISMATCH',
  'INDEX_DAMAGED',
  'INDEX_UNAVAILABLE',
  'MODEL_UNREACHABLE',
  'MODEL_UNAUTHORIZED',
  'MODEL_FORBIDDEN',
  'MODEL_NOT_FOUND',
  'MODEL_RATE_LIMITED',
  'MODEL_QUOTA_EXHAUSTED',
  'MODEL_ACCOUNT_UNPAID',
  'MODEL_OVERLOADED',
  'MODEL_STREAM_BROKEN',
  'MODEL_INVALID_RESPONSE',
  'EMBEDDING_INVALID',
  'TOOL_UNAVAILABLE',
  'SERVICE_START_FAILED',
  'INTERNAL',
]);

/** Whether an error of this code is counted apart from wrong answers. */
export function isInfrastructure(code: string): boolean {
  return INFRASTRUCTURE.has(code);
}
