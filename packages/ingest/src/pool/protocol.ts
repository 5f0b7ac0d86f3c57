import type { Document, ErrorCode } from '@fieldkit/core';
import type { ReadLimits } from '../reader.ts';

/** Of its memory limit, what a process may hold between two files; it is replaced when it holds more. */
export const KEPT_BETWEEN_FILES = 0.6;

/** Parent to child. */
export interface ParseRequest {
  readonly path: string;
  readonly uri: string;
  readonly tenant: string;
  readonly groups: readonly string[];
  readonly limits: ReadLimits;
}

/** Child to parent. */
export type ParseReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'document'; readonly document: Document; readonly keptBytes: number }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
      readonly keptBytes: number;
    };
