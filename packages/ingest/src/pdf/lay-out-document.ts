import type { Finding, Metadata } from '@fieldkit/core';
import type { DraftBlock } from '../reader.ts';
import { buildLines } from './lines.ts';
import type { PageContent } from './page-content.ts';
import { buildWords } from './words.ts';

export interface LayOutOptions {
  readonly uri: string;
  /** Titles of the outline (bookmarks) without white space, lower case, with their depth from 1. */
  readonly outline: ReadonlyMap<string, number>;
}

export interface Layout {
  readonly blocks: readonly DraftBlock[];
  readonly metadata: Metadata;
  readonly findings: readonly Finding[];
}

export function layOutDocument(pages: readonly PageContent[], _options: LayOutOptions): Layout {
  const blocks = pages.flatMap((page): DraftBlock[] =>
    buildLines(buildWords(page.glyphs)).map((line) => ({
      kind: 'paragraph',
      text: line.text,
      places: [{ start: 0, end: line.text.length, place: { page: page.page, box: [...line.box] } }],
    })),
  );
  return { blocks, metadata: {}, findings: [] };
}
