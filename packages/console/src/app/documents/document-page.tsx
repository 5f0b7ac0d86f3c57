import type { Chunk, Place } from '@fieldkit/core';
import { useMemo, useState } from 'preact/hooks';
import { Link, useLocation, useSearchParams } from 'wouter-preact';
import type { DocumentFacts } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { Await, Badge, Empty, Page, Scroll, Tabs } from '../ui/parts.tsx';
import { DocumentView } from './document-view.tsx';
import { Findings } from './findings.tsx';
import type { TextRange } from './text-view.tsx';

/** One document: its pages with what was recognised on them, its chunks, its findings. A citation's address marks its words. */
export function DocumentPage({ id }: { id: string }) {
  const facts = useLoad<DocumentFacts>(`/api/documents/${encodeURIComponent(id)}`);
  return <Await of={facts}>{(document) => <Found document={document} />}</Await>;
}

function Found({ document }: { document: DocumentFacts }) {
  const text = useText();
  const [query, setQuery] = useSearchParams();
  const [blocks, setBlocks] = useState(false);
  const { id, title, uri, pageCount, language, findings, kinds, groups } = document;
  const range = rangeOf(query);
  const page = Number(query.get('page')) || undefined;
  const tab = query.get('tab') ?? 'content';
  const choose = (next: string) => {
    const kept = Object.fromEntries([...query].filter(([name]) => name !== 'tab'));
    setQuery(next === 'content' ? kept : { ...kept, tab: next });
  };
  const tabs = [
    {
      id: 'content',
      label: text.document.content,
      content: () => (
        <>
          <label class="check toolbar">
            <input
              type="checkbox"
              checked={blocks}
              onChange={({ currentTarget }) => setBlocks(currentTarget.checked)}
            />
            {text.document.showBlocks}
            <span class="muted small">
              {Object.entries(kinds)
                .map(
                  ([kind, count]) =>
                    `${text.document.kinds[kind as keyof typeof text.document.kinds] ?? kind} ${count}`,
                )
                .join(' · ')}
            </span>
          </label>
          <Content document={document} range={range} page={page} blocks={blocks} />
        </>
      ),
    },
    { id: 'chunks', label: text.document.chunks, content: () => <Chunks id={id} /> },
    {
      id: 'findings',
      label: text.document.findings(findings.length),
      content: () =>
        findings.length === 0 ? <Empty title={text.document.noFindings} /> : <Findings findings={findings} />,
    },
    { id: 'facts', label: text.document.facts, content: () => <Facts document={document} /> },
  ];
  return (
    <Page
      title={title}
      lead={
        <>
          <Link href="/documents">{text.places.knowledge}</Link> › {uri}
          <span class="badges">
            <Badge>{language}</Badge>
            {pageCount !== undefined && <Badge>{text.document.pages(pageCount)}</Badge>}
            {groups.map((group) => (
              <Badge key={group} tone="warn">
                {group}
              </Badge>
            ))}
          </span>
        </>
      }
    >
      <Tabs label={title} tabs={tabs} chosen={tab} onChoose={choose} />
    </Page>
  );
}

function rangeOf(query: URLSearchParams): TextRange | undefined {
  const [start, end] = [Number(query.get('start')), Number(query.get('end'))];
  return Number.isInteger(start) && Number.isInteger(end) && end > start ? { start, end } : undefined;
}

interface ContentProps {
  readonly document: DocumentFacts;
  readonly range: TextRange | undefined;
  readonly page: number | undefined;
  readonly blocks: boolean;
}

function Content({ document, range, page, blocks }: ContentProps) {
  const { id } = document;
  const placed = useLoad<{ text: string; places: Place[] }>(
    range === undefined ? undefined : `/api/documents/${id}/places?start=${range.start}&end=${range.end}`,
  );
  const found = placed.state === 'ready' ? placed.value : undefined;
  const mark = useMemo(() => (found === undefined ? undefined : { quote: found.text, places: found.places }), [found]);
  if (range !== undefined && placed.state !== 'ready') return <Await of={placed}>{() => null}</Await>;
  const key = `${range?.start} ${range?.end} ${page}`; // another place begins the view anew
  return <DocumentView key={key} document={document} range={range} mark={mark} page={page} blocks={blocks} />;
}

function Chunks({ id }: { id: string }) {
  const text = useText();
  const [limit, setLimit] = useState(50);
  const [, navigate] = useLocation();
  const chunks = useLoad<{ total: number; chunks: Chunk[] }>(`/api/documents/${id}/chunks?limit=${limit}`);
  return (
    <Await of={chunks}>
      {({ total, chunks: shown }) => (
        <>
          <p class="muted small">{text.document.chunkCount(total)}</p>
          <ol class="cards">
            {shown.map(({ id: chunk, index, headings, text: content, tokens, start, end, metadata }) => (
              <li key={chunk} class="card">
                <header class="row">
                  <Badge>{index + 1}</Badge>
                  <span class="muted small">{headings.join(' › ')}</span>
                  <span class="muted small figures">
                    {metadata.pages === undefined ? '' : `${text.source.page(String(metadata.pages))} · `}
                    {text.chat.tokens(tokens)}
                  </span>
                  <button
                    type="button"
                    class="link small"
                    onClick={() => navigate(`/documents/${id}?start=${start}&end=${end}`)}
                  >
                    {text.document.show}
                  </button>
                </header>
                <p class="pre">{content}</p>
              </li>
            ))}
          </ol>
          {total > shown.length && limit < 500 && (
            <button type="button" class="button" onClick={() => setLimit(500)}>
              {text.common.more}
            </button>
          )}
        </>
      )}
    </Await>
  );
}

function Facts({ document }: { document: DocumentFacts }) {
  const text = useText();
  const { blocks: _, kinds: __, outline, findings: ___, ...facts } = document;
  const rows = Object.entries({ ...facts, ...facts.metadata }).filter(([name]) => name !== 'metadata');
  return (
    <>
      {outline.length > 0 && (
        <details class="card">
          <summary>{text.document.outline(outline.length)}</summary>
          <ol class="outline">
            {outline.map(({ level, text: heading, start }) => (
              <li key={start} style={{ paddingInlineStart: `${(level - 1) * 1.25}rem` }}>
                <Link href={`/documents/${document.id}?start=${start}&end=${start + heading.length}`}>{heading}</Link>
              </li>
            ))}
          </ol>
        </details>
      )}
      <Scroll label={text.document.facts}>
        <table class="facts">
          <tbody>
            {rows.map(([name, value]) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{Array.isArray(value) ? value.join('; ') : String(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}
