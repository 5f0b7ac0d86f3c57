import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import type { DocumentFacts } from '../api/types.ts';
import { useText } from '../text/use-text.ts';
import { Spinner } from '../ui/parts.tsx';
import type { Mark, PdfViewProps } from './pdf-view.tsx';
import { type TextRange, TextView } from './text-view.tsx';

export interface DocumentViewProps {
  readonly document: Pick<DocumentFacts, 'id' | 'mediaType' | 'contentHash'>;
  /** The stretch of the canonical text to mark. */
  readonly range?: TextRange | undefined;
  /** The same on its pages. */
  readonly mark?: Mark | undefined;
  readonly page?: number | undefined;
  /** Whether recognised blocks are shown. */
  readonly blocks?: boolean;
}

/** A document to read: a PDF as its pages, everything else, and a PDF whose file is gone or was changed, as its text. */
export function DocumentView({ document, range, mark, page, blocks = false }: DocumentViewProps) {
  const text = useText();
  const [failure, setFailure] = useState<unknown>();
  const onFailure = useCallback((error: unknown) => setFailure(error ?? new ApiError(0, 'unknown', '')), []);
  const isPdf = document.mediaType === 'application/pdf';
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
    <section class="viewer-scroll" tabIndex={0} aria-label={text.document.content}>
      {isPdf && failure === undefined ? (
        <LazyPdfView
          documentId={document.id}
          version={document.contentHash}
          mark={mark}
          page={page}
          blocks={blocks}
          onFailure={onFailure}
        />
      ) : (
        <>
          {failure !== undefined && <p class="note warn">{text.document.asText}</p>}
          <TextView documentId={document.id} mark={range} kinds={blocks} />
        </>
      )}
    </section>
  );
}

/** Fetches the PDF viewer, once. */
export function loadPdfView(): Promise<typeof import('./pdf-view.tsx')> {
  return import('./pdf-view.tsx');
}

/** pdf.js is by far the largest part of the console: it is fetched when the first PDF is opened. */
function LazyPdfView(props: PdfViewProps) {
  const [view, setView] = useState<{ readonly PdfView: typeof import('./pdf-view.tsx').PdfView }>();
  const { onFailure } = props;
  useEffect(() => {
    loadPdfView().then(setView, onFailure);
  }, [onFailure]);
  return view === undefined ? <Spinner /> : <view.PdfView {...props} />;
}
