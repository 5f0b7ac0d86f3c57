import type { Place } from '@fieldkit/core';
import { foldText } from '@fieldkit/core/quote';

/** A run of text that a page draws in one go. */
export interface TextPiece {
  readonly page: number;
  readonly text: string;
  /** As in `Place`: PDF points, origin top-left. */
  readonly box: Place['box'];
  /** CSS font family that comes nearest to the one it is drawn in. */
  readonly font: string;
}

/** A stretch of a piece: UTF-16 offsets of its text. */
export interface FoundWords {
  /** Index in the pieces given. */
  readonly piece: number;
  readonly start: number;
  readonly end: number;
}

/** How far a piece may stand outside its place, in points. */
const SLACK = 2;

/**
 * Finds the words of a quote among the pieces that stand in its places. White space, hyphens and the bars between cells are passed over, because pages
 * and documents write them differently. A quote that is drawn in another order (cells of a table, columns) is found part by part.
 *
 * @returns Stretches in the order of the pieces; empty when nothing of the quote is found, such as on a scanned page.
 */
export function findWords(pieces: readonly TextPiece[], places: readonly Place[], quote: string): FoundWords[] {
  const inside = pieces
    .map((_, index) => index)
    .filter((index) => places.some((place) => standsIn(pieces[index], place)));
  const asDrawn = squeeze(pieces, inside);
  const whole = stretchesOf(asDrawn, squeezeText(quote));
  if (whole !== undefined) return whole;
  const asRead = squeeze(pieces, sortedByLine(pieces, inside));
  const read = stretchesOf(asRead, squeezeText(quote));
  if (read !== undefined) return read;
  return inParts(asDrawn, quote);
}

function standsIn(piece: TextPiece | undefined, { page, box }: Place): boolean {
  if (piece === undefined || piece.page !== page || piece.text.trim() === '') return false;
  const [x0, y0, x1, y1] = piece.box;
  const middle = (y0 + y1) / 2;
  return middle >= box[1] - SLACK && middle <= box[3] + SLACK && x0 < box[2] + SLACK && x1 > box[0] - SLACK;
}

/** From top to bottom and left to right: pieces whose middles are less than half a line apart are on one line. */
function sortedByLine(pieces: readonly TextPiece[], chosen: readonly number[]): number[] {
  const lines: { page: number; middle: number; height: number; members: number[] }[] = [];
  for (const index of chosen) {
    const piece = pieces[index];
    if (piece === undefined) continue;
    const [, y0, , y1] = piece.box;
    const middle = (y0 + y1) / 2;
    const line = lines.find((one) => one.page === piece.page && Math.abs(one.middle - middle) < one.height / 2);
    if (line === undefined) lines.push({ page: piece.page, middle, height: y1 - y0, members: [index] });
    else line.members.push(index);
  }
  lines.sort((a, b) => a.page - b.page || a.middle - b.middle);
  return lines.flatMap(({ members }) => members.sort((a, b) => (pieces[a]?.box[0] ?? 0) - (pieces[b]?.box[0] ?? 0)));
}

interface Squeezed {
  readonly text: string;
  /** Where each code unit of `text` comes from. */
  readonly origins: readonly { readonly piece: number; readonly start: number; readonly end: number }[];
}

function squeeze(pieces: readonly TextPiece[], order: readonly number[]): Squeezed {
  let text = '';
  const origins: { piece: number; start: number; end: number }[] = [];
  for (const piece of order) {
    let at = 0;
    for (const character of pieces[piece]?.text ?? '') {
      const start = at;
      at += character.length;
      for (const unit of squeezeText(character).split('')) {
        text += unit;
        origins.push({ piece, start, end: at });
      }
    }
  }
  return { text, origins };
}

/** Text without what pages and documents write differently. */
export function squeezeText(text: string): string {
  return foldText(text).replace(/[\s|-]/g, '');
}

/** The stretches of `needle` in `text`, from `from` on; undefined when it is not there. */
function stretchesOf({ text, origins }: Squeezed, needle: string, from = 0): FoundWords[] | undefined {
  const at = needle === '' ? -1 : text.indexOf(needle, from);
  if (at === -1) return undefined;
  const found: FoundWords[] = [];
  for (const { piece, start, end } of origins.slice(at, at + needle.length)) {
    const last = found.at(-1);
    if (last?.piece === piece) found[found.length - 1] = { ...last, end: Math.max(last.end, end) };
    else found.push({ piece, start, end });
  }
  return found;
}

/** Cell by cell and line by line, each looked for after the one before, then anywhere. */
function inParts(squeezed: Squeezed, quote: string): FoundWords[] {
  let cursor = 0;
  return quote.split(/ \| |\n/).flatMap((part) => {
    const needle = squeezeText(part);
    const after = stretchesOf(squeezed, needle, cursor);
    if (after !== undefined) cursor = squeezed.text.indexOf(needle, cursor) + needle.length;
    return after ?? (needle.length > 1 ? stretchesOf(squeezed, needle) : undefined) ?? [];
  });
}
