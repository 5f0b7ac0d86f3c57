import type { Document, ErrorCode } from '@fieldkit/core';
import type { ReadLimits } from '../reader.ts';

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
  | { readonly kind: 'document'; readonly document: Document; readonly rssBytes: number }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      readonly details: Readonly<Record<string, unknown>>;
      readonly rssBytes: number;
    };
