import type { Box } from './geometry.ts';

export interface Font {
  /** PostScript name without the subset prefix: `TimesNewRoman-Bold`. */
  readonly name: string;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly monospace: boolean;
}

/** Why text that is drawn cannot be seen. */
export type HiddenReason = 'invisible' | 'same-colour' | 'off-page' | 'tiny' | 'clipped' | 'hidden-layer';

/** Quarter turns clockwise of text against its page: 1 runs from top to bottom, 3 from bottom to top. */
export type Quarter = 0 | 1 | 2 | 3;

/** One drawn character. Its place is that on the page after turning it so that the character is upright. */
export interface Glyph {
  /** Usually one character; a ligature may have several. Never empty; `' '` for spaces. */
  readonly text: string;
  readonly quarter: Quarter;
  readonly x0: number;
  readonly x1: number;
  readonly baseline: number;
  /** Height of the font in points as drawn. */
  readonly size: number;
  readonly font: Font;
  readonly colour: string;
  /** Degrees clockwise off the quarter turn, -45 to 45: 0 but for slanted text. */
  readonly angle: number;
  readonly hidden?: HiddenReason;
  /** Marked content id for the structure tree. */
  readonly mcid?: number;
  /** Marked by the producer as page decoration. */
  readonly artifact: boolean;
}

/** A straight horizontal or vertical line that is drawn on the page, or a thin filled rectangle. */
export interface Rule {
  readonly horizontal: boolean;
  /** Position across: y of a horizontal, x of a vertical rule. */
  readonly at: number;
  /** Extent along. */
  readonly from: number;
  readonly to: number;
}

/** A filled area. */
export interface Fill {
  readonly box: Box;
  /** `#rrggbb`; empty for patterns. */
  readonly colour: string;
}

/** What a tagged PDF says about a part of a page, in reading order; ids are those of marked contents. */
export type TagBlock =
  | {
      readonly kind: 'heading' | 'paragraph' | 'item' | 'caption' | 'footnote' | 'code' | 'figure';
      readonly ids: readonly number[];
      /** Of a heading, 1 the highest. */
      readonly level?: number;
      /** The number or bullet of a list's item. */
      readonly label?: readonly number[];
      /** No element of its own: text that stands in a container. */
      readonly loose?: boolean;
    }
  | { readonly kind: 'table'; readonly rows: readonly (readonly TagCell[])[] };

export interface TagCell {
  readonly ids: readonly number[];
  readonly header: boolean;
}

/** Everything on one page that layout analysis needs, in the order of the content stream. */
export interface PageContent {
  /** 1-based. */
  readonly page: number;
  readonly width: number;
  readonly height: number;
  readonly glyphs: readonly Glyph[];
  readonly rules: readonly Rule[];
  readonly fills: readonly Fill[];
  readonly images: readonly Box[];
  /** Small closed shapes that may be bullets. Default none. */
  readonly dots?: readonly Box[];
  /** Number of other drawing operations (curves, shadings): a page of outlined letters has many and no text. */
  readonly drawings: number;
  /** The blocks that the file's own tags name, where they cover the page. */
  readonly tags?: readonly TagBlock[];
}
