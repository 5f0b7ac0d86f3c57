import { clauseStrategy, qaStrategy } from './line-strategies.ts';
import { parentChildStrategy } from './parent-child-strategy.ts';
import { recursiveStrategy } from './recursive-strategy.ts';
import { sentenceStrategy } from './sentence-strategy.ts';
import type { SegmentStrategy } from './strategy.ts';
import { structureStrategy } from './structure-strategy.ts';
import { tableRowsStrategy } from './table-rows-strategy.ts';

/** Every way to cut a document. */
export const strategies: readonly SegmentStrategy[] = [
  structureStrategy,
  recursiveStrategy,
  sentenceStrategy,
  tableRowsStrategy,
  qaStrategy,
  clauseStrategy,
  parentChildStrategy,
];
