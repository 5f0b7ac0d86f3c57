import type { Place } from '@fieldkit/core';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { PlacedBlock } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { Failure, Spinner } from '../ui/parts.tsx';
import { findWords } from './find-words.ts';
import { markBoxes } from './mark-boxes.ts';
import {
  createMeasure,
  drawPage,
  layText,
  openPdf,
  type PageSize,
  type PDFDocumentProxy,
  readPieces,
  sizeOf,
} from './pdf.ts';

/** What is to be marked: words, and the places where they stand. */
export interface Mark {
  readonly quote: string;
  readonly places: readonly Place[];
}

export interface PdfViewProps {
  readonly documentId: string;
  /** Hash of the file. */
  readonly version: string;
  readonly mark?: Mark | undefined;
  /** 1-based page to begin at. Default: that of the mark, then the first. */
  readonly page?: number | undefined;
  /** Whether the blocks that were recognised are drawn over the pages. */
  readonly blocks?: boolean;
  /** Told when the PDF cannot be shown, so that the text is shown instead. */
  readonly onFailure: (error: unknown) => void;
}

/** A PDF page below page, drawn as they come into view. Another mark needs another view. */
export function PdfView({ documentId, version, mark, page, blocks = false, onFailure }: PdfViewProps) {
  const [pdf, setPdf] = useState<PDFDocumentProxy>();
  const [first, setFirst] = useState<PageSize>();
  const [words, setWords] = useState<readonly Place[]>();
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const target = page ?? mark?.places[0]?.page ?? 1;

  useEffect(() => {
    let left = false;
    (async () => {
      const opened = await openPdf(`/api/documents/${documentId}/file`, version);
      const marking = mark === undefined ? undefined : markedWords(opened, mark); // asked for before the drawing is
      const size = sizeOf(await opened.getPage(Math.min(target, opened.numPages)));
      if (left) return;
      setFirst(size);
      setPdf(opened);
      const found = await marking;
      if (!left && found !== undefined) setWords(found);
    })().catch((error: unknown) => {
      if (!left) onFailure(error);
    });
    return () => {
      left = true;
    };
  }, [documentId, version, mark, target, onFailure]);

  return (
    <div class="pdf" ref={holder}>
      {pdf === undefined || first === undefined || width === 0 ? (
        <Spinner />
      ) : (
        Array.from({ length: pdf.numPages }, (_, index) => index + 1).map((number) => (
          <PdfPage
            key={number}
            pdf={pdf}
            number={number}
            width={width}
            expected={first}
            places={(mark?.places ?? []).filter((place) => place.page === number)}
            words={words}
            target={number === target}
            documentId={documentId}
            blocks={blocks}
          />
        ))
      )}
    </div>
  );
}

/** The boxes of the quote's words on its pages; empty when the pages have no such text. */
async function markedWords(pdf: PDFDocumentProxy, { places, quote }: Mark): Promise<readonly Place[]> {
  const pages = [...new Set(places.map(({ page }) => page))].filter((page) => page <= pdf.numPages);
  try {
    const pieces = (await Promise.all(pages.map(async (page) => readPieces(await pdf.getPage(page))))).flat();
    return markBoxes(pieces, findWords(pieces, places, quote), createMeasure());
  } catch {
    return []; // the places alone are marked
  }
}

interface PdfPageProps {
  readonly pdf: PDFDocumentProxy;
  readonly number: number;
  /** Of the place for it, in CSS pixels. */
  readonly width: number;
  /** Before the page itself is known. */
  readonly expected: PageSize;
  readonly places: readonly Place[];
  readonly words: readonly Place[] | undefined;
  /** Whether the view begins here. */
  readonly target: boolean;
  readonly documentId: string;
  readonly blocks: boolean;
}

function PdfPage({ pdf, number, width, expected, places, words, target, documentId, blocks }: PdfPageProps) {
  const text = useText();
  const box = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState(expected);
  const [problem, setProblem] = useState<unknown>();
  const near = useNear(box, target);
  const scale = width / size.width;

  useEffect(() => {
    if (!near) return;
    let left = false;
    let stop = () => {};
    (async () => {
      const page = await pdf.getPage(number);
      if (left || canvas.current === null || layer.current === null) return;
      const own = sizeOf(page);
      setSize(own);
      const drawing = drawPage(page, canvas.current, width / own.width);
      stop = drawing.stop;
      await layText(page, layer.current, width / own.width);
      await drawing.done;
    })().catch((error: unknown) => {
      if (!left && !(error instanceof Error && error.name === 'RenderingCancelledException')) setProblem(error);
    });
    return () => {
      left = true;
      stop();
    };
  }, [near, pdf, number, width]);

  useLayoutEffect(() => {
    if (!target) return;
    const [place] = places;
    const top = (box.current?.offsetTop ?? 0) + (place === undefined ? 0 : Math.max(0, place.box[1] * scale - 80));
    box.current?.closest('.viewer-scroll')?.scrollTo({ top });
  }, [target, width]);

  const marks = (words ?? []).filter((place) => place.page === number);
  const unfound = words?.length === 0;
  return (
    <section
      class="pdf-page"
      ref={box}
      aria-label={text.source.page(number)}
      data-page={number}
      style={{ width: `${width}px`, height: `${size.height * scale}px`, '--total-scale-factor': scale }}
    >
      <canvas ref={canvas} />
      {places.map(({ box: place }) => (
        <div key={place.join()} class={unfound ? 'place alone' : 'place'} style={frame(place, scale)} />
      ))}
      {marks.map(({ box: words }) => (
        <div key={words.join()} class="mark" style={frame(words, scale)} />
      ))}
      <div class="textLayer" ref={layer} />
      {blocks && near && <BlockOverlay documentId={documentId} page={number} scale={scale} />}
      {problem !== undefined && <Failure error={problem} />}
    </section>
  );
}

/** A box of the page in CSS pixels. */
function frame([x0, y0, x1, y1]: Place['box'], scale: number) {
  return {
    left: `${x0 * scale}px`,
    top: `${y0 * scale}px`,
    width: `${(x1 - x0) * scale}px`,
    height: `${(y1 - y0) * scale}px`,
  };
}

/** What was recognised on the page: a frame per block, with its kind and its place in the reading order. */
function BlockOverlay({ documentId, page, scale }: { documentId: string; page: number; scale: number }) {
  const text = useText();
  const loaded = useLoad<{ blocks: PlacedBlock[] }>(`/api/documents/${documentId}/pages/${page}`);
  if (loaded.state !== 'ready') return null;
  return (
    <ol class="block-frames" aria-label={text.document.recognised}>
      {loaded.value.blocks.flatMap(({ index, kind, places }) =>
        places.map(({ box }, part) => (
          <li key={`${index} ${box.join()}`} class={`block-frame ${kind}`} style={frame(box, scale)}>
            {part === 0 && (
              <span>
                {index + 1} <span class="kind-name">{text.document.kinds[kind]}</span>
              </span>
            )}
          </li>
        )),
      )}
    </ol>
  );
}

function useWidth(of: preact.RefObject<HTMLElement>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = of.current;
    if (element === null) return;
    const measure = () => setWidth(Math.floor(Math.min(element.clientWidth, 1_100)));
    measure();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new ResizeObserver(() => {
      clearTimeout(timer);
      timer = setTimeout(measure, 150);
    });
    observer.observe(element);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
    };
  }, [of]);
  return width;
}

/** Whether an element is in view or close to it; true for good once it was. */
function useNear(of: preact.RefObject<HTMLElement>, fromTheStart: boolean): boolean {
  const [near, setNear] = useState(fromTheStart);
  useEffect(() => {
    const element = of.current;
    if (near || element === null) return;
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && setNear(true), {
      rootMargin: '400px',
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [near, of]);
  return near;
}
