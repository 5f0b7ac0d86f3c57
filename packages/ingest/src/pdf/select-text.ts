import { counted, type Finding } from '@fieldkit/core';
import type { Glyph, HiddenReason, PageContent } from './page-content.ts';

export interface SelectedText {
  /** Visible characters, whatever their direction. */
  readonly glyphs: readonly Glyph[];
  readonly findings: readonly Finding[];
  /** The page needs OCR: it shows something, and no text layer says what. */
  readonly needsOcr: boolean;
}

/** Of a page's area; a picture that covers this much is the page itself: a scan. */
const SCAN_COVER = 0.5;
/** Fewer visible characters on a page that is a picture are a stamp or a page number, not its text. */
const FEW_CHARACTERS = 40;

const REASONS: Readonly<Record<HiddenReason, string>> = {
  invisible: 'drawn invisibly',
  'same-colour': 'in the colour of its background',
  'off-page': 'outside the page',
  tiny: 'too small to be seen',
  clipped: 'outside its clipping area',
  'hidden-layer': 'on a layer that is switched off',
};

/**
 * The text that a reader of the page sees. Hidden text is left out and reported. Invisible text over a scanned picture
 * is the scan's text layer and is kept.
 */
export function selectText(page: PageContent, where: string): SelectedText {
  const findings: Finding[] = [];
  const drawn = page.glyphs.filter(({ text }) => text.trim() !== '');
  const cutOff = continuedOffPage(page);
  const visible = page.glyphs.filter((glyph) => glyph.hidden === undefined || cutOff.has(glyph));
  const hidden = drawn.filter(
    (glyph) => glyph.hidden !== undefined && glyph.hidden !== 'clipped' && !cutOff.has(glyph),
  );
  if (cutOff.size > 0) {
    findings.push({
      severity: 'warning',
      code: 'cut-off-text',
      message: `kept: ${counted(cutOff.size, 'character')} of lines that run over the edge of the page`,
      where,
      suggestion: 'Narrow the table or the text in the source.',
    });
  }
  const seen = drawn.length - drawn.filter(({ hidden: reason }) => reason !== undefined).length;
  const scanned = page.images.some(([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0) > SCAN_COVER * page.width * page.height);

  // An OCR layer is drawn invisibly over the picture, or in any colour below it.
  const isLayer = ({ hidden: reason }: Glyph) =>
    reason === undefined || reason === 'invisible' || reason === 'same-colour';
  const ocrLayer = page.glyphs.filter(isLayer);
  const layered = drawn.filter(isLayer).length - seen;
  if (scanned && layered > FEW_CHARACTERS && layered > seen * 3) {
    findings.push({
      severity: 'info',
      code: 'ocr-layer',
      message: 'the page is a scan; its text comes from the text layer of an earlier OCR',
      where,
      suggestion: 'Check a few facts of this page against the picture.',
    });
    return { glyphs: ocrLayer, findings, needsOcr: false };
  }

  if (hidden.length > 0) {
    const reasons = [
      ...new Set(hidden.map(({ hidden: reason }) => (reason === undefined ? '' : REASONS[reason]))),
    ].join(', ');
    findings.push({
      severity: 'warning',
      code: 'hidden-text',
      message: `${counted(hidden.length, 'hidden character')} left out (${reasons})`,
      where,
      suggestion: 'Look at the page: hidden text is often left over, and sometimes meant to steer a model.',
    });
  }
  const characters = visible.filter(({ text, angle }) => text.trim() !== '' && Math.abs(angle) < 3);
  const unreadable = characters.filter(({ text }) => /^[\ufffd\ue000-\uf8ff\u0000-\u0008]$/u.test(text)).length;
  const garbled = characters.length > FEW_CHARACTERS && unreadable > characters.length * 0.3;
  const pictureOnly = scanned && characters.length < FEW_CHARACTERS;
  const outlined = characters.length === 0 && (page.images.length > 0 || page.drawings > 20);
  return { glyphs: visible, findings, needsOcr: garbled || pictureOnly || outlined };
}

/** Characters beyond the right edge that continue a line of the page, as of a table that is too wide. */
function continuedOffPage(page: PageContent): ReadonlySet<Glyph> {
  const baselines = new Set(
    page.glyphs
      .filter(({ hidden, quarter }) => hidden === undefined && quarter === 0)
      .map(({ baseline }) => Math.round(baseline)),
  );
  return new Set(
    page.glyphs.filter(
      ({ hidden, x0, baseline, text, quarter }) =>
        hidden === 'off-page' &&
        quarter === 0 &&
        text.trim() !== '' &&
        x0 > page.width * 0.9 &&
        x0 < page.width * 1.6 &&
        baselines.has(Math.round(baseline)),
    ),
  );
}
