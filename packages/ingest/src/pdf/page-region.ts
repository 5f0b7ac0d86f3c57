import type { Box } from './geometry.ts';
import type { Line } from './lines.ts';
import type { PageTable } from './page-table.ts';

export type PageItem =
  | { readonly kind: 'line'; readonly line: Line }
  | { readonly kind: 'table'; readonly table: PageTable };

/** Lines and tables of a column from top to bottom. */
export interface PageRegion {
  readonly box: Box;
  readonly items: readonly PageItem[];
  /** It stands beside the running text: a note, not a part of the outline. */
  readonly aside?: true;
}
