import type { SegmentStrategy } from './strategy.ts';
import { structureStrategy } from './structure-strategy.ts';

/** Every way to cut a document. */
export const strategies: readonly SegmentStrategy[] = [structureStrategy];
