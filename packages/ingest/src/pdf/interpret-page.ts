import { OPS, type PDFPageProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { readFont } from './font.ts';
import { apply, applyToBox, type Box, IDENTITY, intersection, type Matrix, multiply } from './geometry.ts';
import type { Fill, Font, Glyph, HiddenReason, PageContent, Quarter, Rule } from './page-content.ts';
import { rulesOfPath } from './path-rules.ts';
import { turnPoint } from './turns.ts';

interface TextState {
  font: { readonly face: Font; readonly matrix0: number; readonly vertical: boolean; readonly key: string } | undefined;
  size: number;
  charSpacing: number;
  wordSpacing: number;
  scale: number;
  leading: number;
  rise: number;
  mode: number;
}

interface State {
  ctm: Matrix;
  clip: Box;
  fill: string;
  stroke: string;
  alpha: number;
  lineWidth: number;
  text: TextState;
}

interface Mark {
  readonly artifact: boolean;
  readonly hidden: boolean;
  readonly mcid?: number;
}

const NO_BOX: Box = [-1e6, -1e6, 1e6, 1e6];

/**
 * Runs a page's drawing operations without drawing: where each character, line, area and picture stands, in points from the top
 * left after rotation. One pass over the operator list gives what text extraction leaves out: colours, render modes, clips, rules.
 */
export async function interpretPage(page: PDFPageProxy): Promise<PageContent> {
  const viewport = page.getViewport({ scale: 1 });
  const { fnArray, argsArray } = await page.getOperatorList();
  const base = viewport.transform as unknown as Matrix; // pdf.js types it as any[] of six numbers
  const bounds: Box = [0, 0, viewport.width, viewport.height];

  const glyphs: Glyph[] = [];
  const rules: Rule[] = [];
  const fills: Fill[] = [];
  const images: Box[] = [];
  const dots: Box[] = [];
  let drawings = 0;

  const fonts = new Map<string, TextState['font']>();
  const stack: State[] = [];
  let state: State = {
    ctm: base,
    clip: NO_BOX,
    fill: '#000000',
    stroke: '#000000',
    alpha: 1,
    lineWidth: 1,
    text: { font: undefined, size: 0, charSpacing: 0, wordSpacing: 0, scale: 1, leading: 0, rise: 0, mode: 0 },
  };
  let textMatrix: Matrix = IDENTITY;
  let lineX = 0;
  let lineY = 0;
  let x = 0;
  let y = 0;
  let pendingClip = false;
  const marks: Mark[] = [];

  const save = () => stack.push({ ...state, text: { ...state.text } });
  const restore = () => {
    state = stack.pop() ?? state;
  };
  const moveText = (dx: number, dy: number) => {
    lineX += dx;
    lineY += dy;
    x = lineX;
    y = lineY;
  };
  const backgroundAt = (px: number, py: number): string => {
    for (let index = fills.length - 1; index >= 0; index -= 1) {
      const fill = fills[index];
      if (fill !== undefined && px >= fill.box[0] && px <= fill.box[2] && py >= fill.box[1] && py <= fill.box[3])
        return fill.colour;
    }
    return '#ffffff';
  };

  const hiddenReason = (px: number, py: number, size: number): HiddenReason | undefined => {
    if (marks.some(({ hidden }) => hidden)) return 'hidden-layer';
    const { mode } = state.text;
    if (mode === 3 || mode === 7 || state.alpha < 0.02) return 'invisible';
    if (px < bounds[0] - 2 || px > bounds[2] + 2 || py < bounds[1] - 2 || py > bounds[3] + 2) return 'off-page';
    if (px < state.clip[0] - 2 || px > state.clip[2] + 2 || py < state.clip[1] - 2 || py > state.clip[3] + 2)
      return 'clipped';
    if (size < 1) return 'tiny';
    const colour = mode === 1 ? state.stroke : state.fill;
    if (colour === '') return undefined;
    const onImage = images.some((box) => px >= box[0] && px <= box[2] && py >= box[1] && py <= box[3]);
    if (!onImage && isNear(colour, backgroundAt(px, py))) return 'same-colour';
    return undefined;
  };

  const showText = (items: readonly unknown[]) => {
    const { text } = state;
    const { font } = text;
    if (font === undefined) return;
    const direction = text.size < 0 ? -1 : 1;
    const size = Math.abs(text.size);
    const advance = size * font.matrix0;
    const horizontal = text.scale * direction;
    const matrix = multiply(textMatrix, state.ctm);
    const along = Math.hypot(matrix[0], matrix[1]) || 1;
    const height = Math.hypot(matrix[2], matrix[3]) * size;
    // Upright text has a positive x axis and, in page coordinates, a y axis that points up (negative).
    const radians = Math.atan2(matrix[1] * direction, matrix[0] * direction);
    const turned = ((((Math.round((radians * 2) / Math.PI) % 4) + 4) % 4) + (font.vertical ? 1 : 0)) % 4;
    const quarter = turned as Quarter; // of the remainder of four
    const angle = (radians * 180) / Math.PI - Math.round((radians * 2) / Math.PI) * 90;
    const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
    const mark = marks.findLast(({ mcid }) => mcid !== undefined);
    const artifact = marks.some((one) => one.artifact);
    for (const item of items) {
      if (typeof item === 'number') {
        const shift = (-item * size) / 1000;
        if (font.vertical) y += shift;
        else x += shift * horizontal;
        continue;
      }
      const glyph = item as PdfGlyph | null; // what pdf.js puts into showText
      if (glyph === null || typeof glyph !== 'object') continue;
      const spacing = (glyph.isSpace === true ? text.wordSpacing : 0) + text.charSpacing;
      const unicode = typeof glyph.unicode === 'string' ? glyph.unicode : '';
      const width = typeof glyph.width === 'number' ? glyph.width : 0;
      if (font.vertical) {
        // From top to bottom: its column is the line, whose baseline is at the left.
        const [px, py] = apply(matrix, x - size * 0.3, y);
        push(unicode, px, py, height, height);
        y -= size - spacing;
        continue;
      }
      const drawn = width * advance;
      const [px, py] = apply(matrix, x, y + text.rise);
      push(unicode, px, py, drawn * Math.abs(text.scale) * along, height);
      x += (drawn + spacing) * horizontal;
    }

    function push(unicode: string, px: number, py: number, length: number, glyphSize: number) {
      const clean = unicode.replaceAll('\u0000', '');
      if (clean === '') return;
      const [ux, uy] = (font as NonNullable<typeof font>).vertical ? [-sin, cos] : [cos, sin];
      const hidden =
        clean.trim() === ''
          ? undefined
          : hiddenReason(
              px + (ux * length) / 2 + uy * glyphSize * 0.3,
              py + (uy * length) / 2 - ux * glyphSize * 0.3,
              glyphSize,
            );
      const [start, baseline] = turnPoint(quarter, viewport, px, py);
      glyphs.push({
        text: clean,
        quarter,
        x0: start,
        x1: start + length,
        baseline,
        size: glyphSize,
        font: (font as NonNullable<typeof font>).face, // checked above
        colour: state.text.mode === 1 ? state.stroke : state.fill,
        angle,
        artifact,
        ...(hidden !== undefined && { hidden }),
        ...(mark?.mcid !== undefined && { mcid: mark.mcid }),
      });
    }
  };

  const setFont = (key: string, size: number) => {
    if (!fonts.has(key)) fonts.set(key, readFont(key, page));
    state.text.font = fonts.get(key);
    state.text.size = size;
  };

  const paintImage = () => {
    const box = intersection(intersection(applyToBox(state.ctm, [0, 0, 1, 1]), state.clip), bounds);
    if (box[2] > box[0] && box[3] > box[1]) images.push(box);
  };

  const constructPath = (args: readonly unknown[]) => {
    const [paint, data, minMax] = args as [number, readonly (Float32Array | null)[], Float32Array | null]; // pdf.js 5.4
    const path = data[0];
    if (path === null || path === undefined || minMax === null) {
      pendingClip = false;
      return;
    }
    const box = applyToBox(state.ctm, [minMax[0] ?? 0, minMax[1] ?? 0, minMax[2] ?? 0, minMax[3] ?? 0]);
    const filled = FILLS.has(paint);
    const stroked = STROKES.has(paint);
    if ((filled || stroked) && state.alpha > 0.02) {
      const outline = rulesOfPath(path, state.ctm, { filled, stroked, clip: state.clip });
      const colour = filled ? state.fill : state.stroke;
      if (stroked || !isNear(colour, '#ffffff')) rules.push(...outline.rules);
      if (!filled || !isNear(colour, '#ffffff')) dots.push(...outline.dots);
      if (filled) fills.push(...outline.areas.map((area) => ({ box: area, colour: state.fill })));
      drawings += outline.other;
    }
    if (pendingClip) state.clip = intersection(state.clip, box);
    pendingClip = false;
  };

  for (let index = 0; index < fnArray.length; index += 1) {
    const operation = fnArray[index];
    const args: readonly unknown[] = argsArray[index] ?? [];
    const number = (at: number) => (typeof args[at] === 'number' ? (args[at] as number) : 0); // by the check
    const { text } = state;
    switch (operation) {
      case OPS.save:
      case OPS.beginGroup:
      case OPS.beginAnnotation:
        save();
        break;
      case OPS.restore:
      case OPS.endGroup:
      case OPS.endAnnotation:
      case OPS.paintFormXObjectEnd:
        restore();
        break;
      case OPS.paintFormXObjectBegin: {
        save();
        if (isMatrix(args[0])) state.ctm = multiply(toMatrix(args[0]), state.ctm);
        if (isBox(args[1])) state.clip = intersection(state.clip, applyToBox(state.ctm, toBox(args[1])));
        break;
      }
      case OPS.transform:
        state.ctm = multiply(toMatrix(args), state.ctm);
        break;
      case OPS.beginText:
        textMatrix = IDENTITY;
        lineX = lineY = x = y = 0;
        break;
      case OPS.setTextMatrix:
        textMatrix = toMatrix(isMatrix(args[0]) ? args[0] : args);
        lineX = lineY = x = y = 0;
        break;
      case OPS.moveText:
        moveText(number(0), number(1));
        break;
      case OPS.setLeadingMoveText:
        text.leading = -number(1);
        moveText(number(0), number(1));
        break;
      case OPS.nextLine:
        moveText(0, -text.leading);
        break;
      case OPS.setFont:
        setFont(String(args[0]), number(1));
        break;
      case OPS.setCharSpacing:
        text.charSpacing = number(0);
        break;
      case OPS.setWordSpacing:
        text.wordSpacing = number(0);
        break;
      case OPS.setHScale:
        text.scale = number(0) / 100;
        break;
      case OPS.setLeading:
        text.leading = number(0);
        break;
      case OPS.setTextRise:
        text.rise = number(0);
        break;
      case OPS.setTextRenderingMode:
        text.mode = number(0);
        break;
      case OPS.showText:
      case OPS.showSpacedText:
        if (Array.isArray(args[0])) showText(args[0]);
        break;
      case OPS.nextLineShowText:
      case OPS.nextLineSetSpacingShowText: {
        moveText(0, -text.leading);
        const items = args.at(-1);
        if (Array.isArray(items)) showText(items);
        break;
      }
      case OPS.setFillRGBColor:
      case OPS.setFillGray:
      case OPS.setFillCMYKColor:
        state.fill = String(args[0]);
        break;
      case OPS.setStrokeRGBColor:
        state.stroke = String(args[0]);
        break;
      case OPS.setFillColorN:
        state.fill = '';
        break;
      case OPS.setStrokeColorN:
        state.stroke = '';
        break;
      case OPS.setFillTransparent:
        state.fill = '';
        break;
      case OPS.setLineWidth:
        state.lineWidth = number(0);
        break;
      case OPS.setGState:
        for (const entry of Array.isArray(args[0]) ? args[0] : []) {
          if (!Array.isArray(entry)) continue;
          if (entry[0] === 'ca' && typeof entry[1] === 'number') state.alpha = entry[1];
          if (entry[0] === 'Font' && Array.isArray(entry[1])) setFont(String(entry[1][0]), Number(entry[1][1]));
        }
        break;
      case OPS.clip:
      case OPS.eoClip:
        pendingClip = true;
        break;
      case OPS.constructPath:
        constructPath(args);
        break;
      case OPS.beginMarkedContent:
        marks.push({ artifact: args[0] === 'Artifact', hidden: false });
        break;
      case OPS.beginMarkedContentProps:
        marks.push({
          artifact: args[0] === 'Artifact',
          hidden: false,
          ...(typeof args[1] === 'number' && { mcid: args[1] }),
        });
        break;
      case OPS.endMarkedContent:
        marks.pop();
        break;
      case OPS.paintImageXObject:
      case OPS.paintInlineImageXObject:
      case OPS.paintImageMaskXObject:
      case OPS.paintImageXObjectRepeat:
      case OPS.paintImageMaskXObjectGroup:
      case OPS.paintImageMaskXObjectRepeat:
      case OPS.paintInlineImageXObjectGroup:
        paintImage();
        break;
      case OPS.shadingFill:
        drawings += 1;
        break;
      default:
    }
  }
  return {
    page: page.pageNumber,
    width: viewport.width,
    height: viewport.height,
    glyphs,
    rules,
    fills,
    images,
    dots,
    drawings,
  };
}

interface PdfGlyph {
  readonly unicode?: unknown;
  readonly width?: unknown;
  readonly isSpace?: unknown;
}

const FILLS = new Set<number>([
  OPS.fill,
  OPS.eoFill,
  OPS.fillStroke,
  OPS.eoFillStroke,
  OPS.closeFillStroke,
  OPS.closeEOFillStroke,
]);
const STROKES = new Set<number>([
  OPS.stroke,
  OPS.closeStroke,
  OPS.fillStroke,
  OPS.eoFillStroke,
  OPS.closeFillStroke,
  OPS.closeEOFillStroke,
]);

function isMatrix(value: unknown): value is ArrayLike<number> {
  return (Array.isArray(value) || value instanceof Float32Array) && value.length === 6;
}

function isBox(value: unknown): value is ArrayLike<number> {
  return (Array.isArray(value) || value instanceof Float32Array) && value.length === 4;
}

function toMatrix(value: ArrayLike<unknown>): Matrix {
  const at = (index: number) => (Number.isFinite(value[index]) ? Number(value[index]) : 0);
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}

function toBox(value: ArrayLike<number>): Box {
  const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = Array.from(value);
  return [x0, y0, x1, y1];
}

/** Whether two `#rrggbb` colours differ too little to be read: at most 12 of 255 in every channel. */
function isNear(left: string, right: string): boolean {
  if (!/^#[\da-f]{6}$/i.test(left) || !/^#[\da-f]{6}$/i.test(right)) return false;
  return [1, 3, 5].every(
    (at) => Math.abs(Number.parseInt(left.slice(at, at + 2), 16) - Number.parseInt(right.slice(at, at + 2), 16)) <= 12,
  );
}
