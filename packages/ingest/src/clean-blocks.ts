import type { Finding } from '@fieldkit/core';
import type { DraftBlock } from './reader.ts';

export function cleanBlocks(blocks: readonly DraftBlock[]): {
  readonly blocks: readonly DraftBlock[];
  readonly findings: Finding[];
} {
  return { blocks, findings: [] };
}
