import type { Place } from '@fieldkit/core';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { PlacedBlock } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { Failure, Spinner } from '../ui/parts.tsx';
import { type FoundWords, findWords, type TextPiece } from './find-words.ts';
import { drawPage, layText, openPdf, type PageSize, type PDFDocumentProxy, readPieces, sizeOf } from './pdf.ts';

/** What is to be marked: words, and the places where they stand. */
export interface Mark {
  readonly quote: string;
  readonly places: readonly Place[];
}

export interface PdfViewProps {
  readonly documentId: string;
  readonly mark?: Mark | undefined;
  /** 1-based page to begin at. Default: that of the mark, then the first. */
  readonly page?: number | undefined;
  /** Whether the blocks that were recognised are drawn over the pages. */
  readonly blocks?: boolean;
  /** Told when the PDF cannot be shown, so that the text is shown instead. */
  readonly onFailure: (error: unknown) => void;
}

/** A PDF page below page, drawn as they come into view. */
export function PdfView({ documentId, mark, page, blocks = false, onFailure }: PdfViewProps) {
  const [pdf, setPdf] = useState<PDFDocumentProxy>();
  const [first, setFirst] = useState<PageSize>();
  const holder = useRef<HTMLDivElement>(null);
  const width = useWidth(holder);
  const words = useMarkedWords(pdf, mark);
  const target = page ?? mark?.places[0]?.page ?? 1;

  useEffect(() => {
    const opening = openPdf(`/api/documents/${documentId}/file`);
    let left = false;
    opening.pdf
      .then(async (opened) => {
        const size = sizeOf(await opened.getPage(Math.min(target, opened.numPages)));
        if (left) return;
        setFirst(size);
        setPdf(opened);
      })
      .catch((error: unknown) => {
        if (!left) onFailure(error);
      });
    return () => {
      left = true;
      opening.close();
    };
  }, [documentId]);

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

interface MarkedWords {
  readonly pieces: readonly TextPiece[];
  readonly found: readonly FoundWords[];
}

/** Finds the quote in the text of its pages: undefined while that is not known. */
function useMarkedWords(pdf: PDFDocumentProxy | undefined, mark: Mark | undefined): MarkedWords | undefined {
  const [words, setWords] = useState<MarkedWords>();
  useEffect(() => {
    if (pdf === undefined || mark === undefined) return;
    let left = false;
    const pages = [...new Set(mark.places.map(({ page }) => page))].filter((page) => page <= pdf.numPages);
    Promise.all(pages.map(async (page) => readPieces(await pdf.getPage(page))))
      .then((read) => {
        const pieces = read.flat();
        if (!left) setWords({ pieces, found: findWords(pieces, mark.places, mark.quote) });
      })
      .catch(() => {
        if (!left) setWords({ pieces: [], found: [] });
      });
    return () => {
      left = true;
    };
  }, [pdf, mark]);
  return words;
}

interface PdfPageProps {
  readonly pdf: PDFDocumentProxy;
  readonly number: number;
  /** Of the place for it, in CSS pixels. */
  readonly width: number;
  /** Before the page itself is known. */
  readonly expected: PageSize;
  readonly places: readonly Place[];
  readonly words: MarkedWords | undefined;
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
  const [elements, setElements] = useState<readonly HTMLElement[]>([]);
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
      const laid = await layText(page, layer.current, width / own.width);
      if (!left) setElements(laid.elements);
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

  const marks = useMemo(() => marksOn(number, words, elements, layer.current), [number, words, elements]);
  const unfound = words !== undefined && words.found.length === 0;
  return (
    <section
      class="pdf-page"
      ref={box}
      aria-label={text.source.page(number)}
      data-page={number}
      style={{ width: `${width}px`, height: `${size.height * scale}px`, '--total-scale-factor': scale }}
    >
      <canvas ref={canvas} />
      {places.map(({ box: [x0, y0, x1, y1] }) => (
        <div
          key={`${x0} ${y0}`}
          class={unfound ? 'place alone' : 'place'}
          style={{
            left: `${x0 * scale}px`,
            top: `${y0 * scale}px`,
            width: `${(x1 - x0) * scale}px`,
            height: `${(y1 - y0) * scale}px`,
          }}
        />
      ))}
      {marks.map(({ left, top, width: wide, height }) => (
        <div
          key={`${left} ${top}`}
          class="mark"
          style={{ left: `${left}px`, top: `${top}px`, width: `${wide}px`, height: `${height}px` }}
        />
      ))}
      <div class="textLayer" ref={layer} />
      {blocks && near && <BlockOverlay documentId={documentId} page={number} scale={scale} />}
      {problem !== undefined && <Failure error={problem} />}
    </section>
  );
}

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Rectangles of the found words, in CSS pixels of the page: one per line. */
function marksOn(
  page: number,
  words: MarkedWords | undefined,
  elements: readonly HTMLElement[],
  layer: HTMLElement | null,
): Rectangle[] {
  if (words === undefined || layer === null || elements.length === 0) return [];
  const origin = layer.getBoundingClientRect();
  const first = words.pieces.findIndex((piece) => piece.page === page);
  const rectangles = words.found.flatMap(({ piece, start, end }): Rectangle[] => {
    const node = words.pieces[piece]?.page === page ? elements[piece - first]?.firstChild : undefined;
    if (!(node instanceof Text)) return [];
    const range = document.createRange();
    range.setStart(node, Math.min(start, node.length));
    range.setEnd(node, Math.min(end, node.length));
    const { left, top, width, height } = range.getBoundingClientRect();
    return width === 0 ? [] : [{ left: left - origin.left, top: top - origin.top, width, height }];
  });
  return joinedByLine(rectangles);
}

/** Neighbours on one line become one rectangle, so that a line is marked without gaps. */
function joinedByLine(rectangles: readonly Rectangle[]): Rectangle[] {
  const joined: Rectangle[] = [];
  for (const next of rectangles) {
    const last = joined.at(-1);
    const gap = last === undefined ? 0 : next.left - (last.left + last.width);
    const sameLine =
      last !== undefined && Math.abs(last.top + last.height / 2 - next.top - next.height / 2) < last.height / 3;
    if (last === undefined || !sameLine || gap < -last.height / 2 || gap > last.height) {
      joined.push(next);
      continue;
    }
    const top = Math.min(last.top, next.top);
    const right = Math.max(last.left + last.width, next.left + next.width);
    const bottom = Math.max(last.top + last.height, next.top + next.height);
    joined[joined.length - 1] = { left: last.left, top, width: right - last.left, height: bottom - top };
  }
  return joined;
}

/** What was recognised on the page: a frame per block, with its kind and its place in the reading order. */
function BlockOverlay({ documentId, page, scale }: { documentId: string; page: number; scale: number }) {
  const text = useText();
  const loaded = useLoad<{ blocks: PlacedBlock[] }>(`/api/documents/${documentId}/pages/${page}`);
  if (loaded.state !== 'ready') return null;
  return (
    <ol class="block-frames" aria-label={text.document.recognised}>
      {loaded.value.blocks.flatMap(({ index, kind, places }) =>
        places.map(({ box: [x0, y0, x1, y1] }, part) => (
          <li
            key={`${index} ${x0} ${y0}`}
            class={`block-frame ${kind}`}
            style={{
              left: `${x0 * scale}px`,
              top: `${y0 * scale}px`,
              width: `${(x1 - x0) * scale}px`,
              height: `${(y1 - y0) * scale}px`,
            }}
          >
            {part === 0 && (
              <span>
                {index + 1} {text.document.kinds[kind]}
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
