import type { Block, Finding, Metadata, Place } from '@fieldkit/core';

/** A place of a stretch of a block's own text; `start` and `end` are UTF-16 offsets in `Block.text`. */
export interface BlockPlace {
  readonly start: number;
  readonly end: number;
  readonly place: Place;
}

/** A block as a reader made it, before the document's text is joined. */
export interface DraftBlock extends Block {
  /** Where it stands on pages; absent when the file has no pages. */
  readonly places?: readonly BlockPlace[];
}

/** What a reader makes of a file's bytes; `readDocument` turns it into a `Document`. */
export interface DraftDocument {
  readonly blocks: readonly DraftBlock[];
  /** The file's own title, when it says one. */
  readonly title?: string;
  readonly metadata: Metadata;
  readonly pageCount?: number;
  readonly findings: readonly Finding[];
}

/** What the readers may spend on one file. */
export interface ReadLimits {
  /** Largest file in bytes. Default 200 MB. */
  readonly maxBytes: number;
  /** Most pages of one file. Default 3000. */
  readonly maxPages: number;
  /** Most bytes that the parts of a zip file (Word, PowerPoint, Excel) may inflate to. Default 100 MB. */
  readonly maxInflatedBytes: number;
}

export const DEFAULT_READ_LIMITS: ReadLimits = {
  maxBytes: 200 * 1024 * 1024,
  maxPages: 3000,
  maxInflatedBytes: 100 * 1024 * 1024,
};

export interface ReaderOptions {
  /** For messages and for the title of last resort. */
  readonly uri: string;
  readonly limits: ReadLimits;
  readonly signal?: AbortSignal;
  /** Reads the text of page images; pages without a text layer are `needs-ocr` without it. */
  readonly ocr?: OcrStep;
}

/**
 * Turns the bytes of one format into a draft. To add a format, write one file and add one line to `readers.ts`.
 *
 * Reads nothing but the bytes: no network, no other file. Throws `FieldkitError` (`FILE_DAMAGED`, `FILE_ENCRYPTED`, ...) when
 * nothing can be read; what is partly lost becomes a finding.
 */
export interface Reader {
  readonly name: string;
  /** As `detectFileType` says. */
  readonly mediaTypes: readonly string[];
  /** Lower case, without the dot; used to tell text formats apart (`md`, `csv`), whose bytes do not. */
  readonly extensions: readonly string[];
  read(bytes: Uint8Array, options: ReaderOptions): Promise<DraftDocument>;
}

/** A line of text that OCR found. */
export interface OcrLine {
  readonly text: string;
  /** `[x0, y0, x1, y1]` in pixels of the image, origin top-left. */
  readonly box: readonly [number, number, number, number];
  /** 0 to 1. */
  readonly confidence: number;
}

export interface OcrImage {
  /** An encoded picture: `image/png` or `image/jpeg`. */
  readonly bytes: Uint8Array;
  readonly mediaType: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Text with boxes from a picture of a page: given from outside, a vision model or a local engine. */
export type OcrStep = (
  image: OcrImage,
  options: { readonly language: string; readonly signal?: AbortSignal },
) => Promise<readonly OcrLine[]>;
