import { counted, FieldkitError, type Finding } from '@fieldkit/core';
import type { DraftBlock, DraftDocument, ReaderOptions } from '../reader.ts';
import { childOf, elementsOf, textOf } from '../word/xml.ts';
import { coreProperties } from './core-properties.ts';
import { descendants, type OfficeParts, openOffice, relationId } from './parts.ts';
import { type Box, slideBlocks } from './slide-blocks.ts';

const WANTED =
  /^(?:ppt\/presentation\.xml|ppt\/_rels\/presentation\.xml\.rels|ppt\/(?:slides|notesSlides)\/[^/]+\.xml|ppt\/slides\/_rels\/[^/]+\.rels|ppt\/diagrams\/data\d+\.xml|docProps\/core\.xml)$/i;
const EMU_PER_POINT = 12_700;

/** Every visible slide in the order of the show; a slide is a page, so that an answer can cite it. */
export async function readPptx(bytes: Uint8Array, options: ReaderOptions): Promise<DraftDocument> {
  const { uri, limits, signal } = options;
  const parts = await openOffice(bytes, WANTED, options);
  const presentation = parts.parse('ppt/presentation.xml');
  if (presentation === undefined) {
    throw new FieldkitError('FILE_DAMAGED', `${uri} has no presentation inside: save it again from its program`);
  }
  const size = childOf(presentation, 'sldSz')?.attributes;
  const page: Box = [0, 0, points(size?.cx, 720), points(size?.cy, 540)];
  const targets = parts.relations('ppt/presentation.xml');
  const slides = elementsOf(childOf(presentation, 'sldIdLst'), 'sldId')
    .map((slide) => targets.get(relationId(slide)))
    .filter((name) => name !== undefined);
  if (slides.length > limits.maxPages) {
    throw new FieldkitError(
      'FILE_TOO_LARGE',
      `${uri} has ${slides.length} slides, the limit is ${limits.maxPages}: split it`,
      { details: { pages: slides.length, maxPages: limits.maxPages } },
    );
  }
  const blocks: DraftBlock[] = [];
  const counts = { hidden: 0, damaged: 0, pictures: 0, notes: 0 };
  slides.forEach((name, index) => {
    signal?.throwIfAborted();
    const slide = parts.optional(name);
    if (slide === undefined) counts.damaged += 1;
    else if (/^(?:0|false)$/.test(slide.attributes.show ?? '')) counts.hidden += 1;
    else {
      const relations = parts.relations(name);
      blocks.push(...slideBlocks(slide, { page: index + 1, box: page, diagram: diagramOf(parts, relations) }));
      const notes = notesOf(parts, relations);
      if (notes !== '') {
        counts.notes += 1;
        blocks.push({
          kind: 'footnote',
          text: notes,
          places: [{ start: 0, end: notes.length, place: { page: index + 1, box: [...page] } }],
        });
      }
      counts.pictures += descendants(slide, 'pic').length + descendants(slide, 'chart').length;
    }
  });
  const core = parts.optional('docProps/core.xml');
  const title = textOf(core, 'dc:title').trim();
  return {
    blocks,
    ...(title !== '' && { title }),
    metadata: coreProperties(core),
    ...(slides.length > 0 && { pageCount: slides.length }),
    findings: findingsOf(counts, uri),
  };
}

function points(emu: string | undefined, otherwise: number): number {
  const value = Number(emu) / EMU_PER_POINT;
  return Number.isFinite(value) && value > 0 ? value : otherwise;
}

/** Texts of a diagram (SmartArt), which stand in a part of their own. */
function diagramOf(parts: OfficeParts, relations: ReadonlyMap<string, string>): (id: string) => string[] {
  return (id) => {
    const data = parts.optional(relations.get(id) ?? '');
    return descendants(data, 'pt')
      .map((point) => textOf(point, 't').replace(/\s+/g, ' ').trim())
      .filter((text) => text !== '');
  };
}

function notesOf(parts: OfficeParts, relations: ReadonlyMap<string, string>): string {
  const name = [...relations.values()].find((target) => /notesSlides\//.test(target));
  const notes = name === undefined ? undefined : parts.optional(name);
  const body = descendants(notes, 'sp').filter((shape) => descendants(shape, 'ph')[0]?.attributes.type === 'body');
  return body
    .flatMap((shape) => descendants(shape, 'p'))
    .map((paragraph) => textOf(paragraph, 't').trim())
    .filter((text) => text !== '')
    .join('\n');
}

function findingsOf(
  { hidden, damaged, pictures, notes }: Readonly<Record<'hidden' | 'damaged' | 'pictures' | 'notes', number>>,
  uri: string,
): Finding[] {
  const findings: Finding[] = [];
  const put = (count: number, finding: Omit<Finding, 'where'>) => {
    if (count > 0) findings.push({ ...finding, where: uri });
  };
  put(damaged, {
    severity: 'error',
    code: 'page-unreadable',
    message: `${counted(damaged, 'damaged slide')} left out`,
    suggestion: 'Open the file in PowerPoint and save it again.',
  });
  put(hidden, {
    severity: 'info',
    code: 'hidden-left-out',
    message: `${counted(hidden, 'hidden slide')} left out`,
    suggestion: 'Show them in PowerPoint if they belong to the document.',
  });
  put(pictures, {
    severity: 'info',
    code: 'pictures-skipped',
    message: `not read: ${counted(pictures, 'picture or chart', 'pictures or charts')}`,
  });
  put(notes, { severity: 'info', code: 'speaker-notes', message: `speaker notes of ${counted(notes, 'slide')} read` });
  return findings;
}
