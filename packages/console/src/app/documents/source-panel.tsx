import type { Citation, Run } from '@fieldkit/core';
import { findQuote } from '@fieldkit/core/quote';
import { Maximize2 } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { DocumentFacts } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { Await } from '../ui/parts.tsx';
import { DocumentView, loadPdfView } from './document-view.tsx';
import { marked } from './text-view.tsx';

type PassageSource = Extract<Citation['source'], { kind: 'passage' }>;

/** What a citation points at, with the cited words marked. */
export function SourcePanel({
  citation,
  runId,
  close,
}: {
  citation: Citation;
  runId: string;
  close: ComponentChildren;
}) {
  const text = useText();
  const { source, marker, quote } = citation;
  const full =
    source.kind === 'record' ? `/runs/${runId}?step=${encodeURIComponent(source.callId)}` : addressOf(source);
  return (
    <div class="source-panel">
      <header class="source-head">
        <span class="source-number">{marker}</span>
        <div>
          <h2>{source.title}</h2>
          <p class="muted small">
            {source.kind === 'record' ? text.source.record : [source.uri, ...source.headings].join(' › ')}
          </p>
        </div>
        <Link href={full} class="icon-button" aria-label={text.source.openFull} title={text.source.openFull}>
          <Maximize2 size={17} aria-hidden="true" />
        </Link>
        {close}
      </header>
      <blockquote class="source-words">
        {source.kind === 'passage' && source.columns !== undefined && (
          <span class="source-columns">{source.columns}</span>
        )}
        {quote}
      </blockquote>
      {source.kind === 'record' ? (
        <RecordView runId={runId} callId={source.callId} quote={quote} />
      ) : (
        <PassageView source={source} quote={quote} />
      )}
    </div>
  );
}

function addressOf({ documentId, start, end, places }: PassageSource): string {
  const page = places[0]?.page;
  return `/documents/${documentId}?${page === undefined ? '' : `page=${page}&`}start=${start}&end=${end}`;
}

function PassageView({ source, quote }: { source: PassageSource; quote: string }) {
  const { documentId, uri, places, start, end } = source;
  useEffect(() => {
    if (/\.pdf$/i.test(uri)) loadPdfView().catch(() => {}); // while the document's facts are on their way; a failure is told by the view
  }, [uri]);
  const facts = useLoad<DocumentFacts>(`/api/documents/${documentId}`);
  const mark = useMemo(() => ({ quote, places }), [quote, places]);
  return (
    <Await of={facts}>{(document) => <DocumentView document={document} mark={mark} range={{ start, end }} />}</Await>
  );
}

/** A record as the tool gave it, with the cited words marked. */
function RecordView({ runId, callId, quote }: { runId: string; callId: string; quote: string }) {
  const text = useText();
  const run = useLoad<Run>(`/api/runs/${runId}`);
  return (
    <Await of={run}>
      {({ steps }) => {
        const step = steps.find(({ id }) => id === callId);
        const output = step?.output;
        const said = output !== null && typeof output === 'object' ? Reflect.get(output, 'text') : undefined;
        const record = typeof said === 'string' ? said : JSON.stringify(output ?? null, null, 2);
        return (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
          <section class="viewer-scroll" tabIndex={0} aria-label={text.source.record}>
            <p class="muted small">{text.source.lookedUp(step?.name ?? '', JSON.stringify(step?.input ?? {}))}</p>
            <pre class="value">{marked(record, 0, findQuote(record, quote))}</pre>
          </section>
        );
      }}
    </Await>
  );
}
