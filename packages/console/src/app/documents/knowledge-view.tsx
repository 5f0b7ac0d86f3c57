import { Search } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Link, useSearchParams } from 'wouter-preact';
import { load } from '../api/client.ts';
import type { ListedDocument, Passage } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { duration } from '../ui/format.ts';
import { Await, Badge, Empty, Failure, Page, Scroll, Spinner, Tabs } from '../ui/parts.tsx';
import { Findings } from './findings.tsx';

/** All documents, and the search that answers are made from. */
export function KnowledgeView() {
  const text = useText();
  const [query, setQuery] = useSearchParams();
  const tabs = [
    { id: 'documents', label: text.knowledge.documents, content: () => <Documents /> },
    { id: 'search', label: text.knowledge.search, content: () => <SearchBox /> },
  ];
  return (
    <Page title={text.places.knowledge} lead={text.knowledge.lead}>
      <Tabs
        label={text.places.knowledge}
        tabs={tabs}
        chosen={query.get('tab') ?? 'documents'}
        onChoose={(tab) => setQuery({ tab })}
      />
    </Page>
  );
}

function Documents() {
  const text = useText();
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(100);
  const list = useLoad<{ total: number; documents: ListedDocument[] }>(`/api/documents?limit=${limit}`);
  return (
    <Await of={list}>
      {({ total, documents }) => {
        const wanted = filter.trim().toLowerCase();
        const shown = documents.filter(({ title, uri }) => `${title} ${uri}`.toLowerCase().includes(wanted));
        if (total === 0) return <Empty title={text.knowledge.none}>{text.knowledge.howToAdd}</Empty>;
        return (
          <>
            <label class="field filter">
              <span class="visually-hidden">{text.knowledge.filter}</span>
              <input
                type="search"
                placeholder={text.knowledge.filter}
                value={filter}
                onInput={({ currentTarget }) => setFilter(currentTarget.value)}
              />
            </label>
            <Scroll label={text.knowledge.documents}>
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">{text.knowledge.title}</th>
                    <th scope="col" class="n">
                      {text.knowledge.pages}
                    </th>
                    <th scope="col">{text.knowledge.access}</th>
                    <th scope="col">{text.knowledge.findings}</th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map(({ id, title, uri, pageCount, groups, failure, findings }) => (
                    <tr key={id}>
                      <td>
                        {failure === null ? <Link href={`/documents/${id}`}>{title}</Link> : <span>{title}</span>}
                        <div class="muted small break">{uri}</div>
                        {failure !== null && <Findings findings={[failure]} />}
                      </td>
                      <td class="n">{pageCount ?? '–'}</td>
                      <td>
                        {groups.length === 0 ? (
                          <span class="muted">{text.knowledge.everybody}</span>
                        ) : (
                          groups.map((group) => (
                            <Badge key={group} tone="warn">
                              {group}
                            </Badge>
                          ))
                        )}
                      </td>
                      <td>
                        {findings.map(({ code, message, severity }) => (
                          <Badge key={code + message} tone={severity === 'info' ? 'neutral' : 'warn'} title={message}>
                            {code}
                          </Badge>
                        ))}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
            {shown.length === 0 && <Empty title={text.knowledge.noMatch} />}
            {total > documents.length && (
              <button type="button" class="button" onClick={() => setLimit(limit + 200)} disabled={limit >= 500}>
                {text.common.more} ({documents.length} / {total})
              </button>
            )}
          </>
        );
      }}
    </Await>
  );
}

interface Found {
  readonly durationMs: number;
  readonly passages: readonly Passage[];
}

function SearchBox() {
  const text = useText();
  const [words, setWords] = useState('');
  const [state, setState] = useState<{ busy?: boolean; found?: Found; error?: unknown }>({});
  const search = async (event: Event) => {
    event.preventDefault();
    if (words.trim() === '') return;
    setState({ busy: true });
    try {
      setState({ found: await load<Found>('/api/search', { json: { query: words.trim(), limit: 20 } }) });
    } catch (error) {
      setState({ error });
    }
  };
  return (
    <>
      <form class="search-form" onSubmit={search}>
        <label class="field">
          <span class="visually-hidden">{text.knowledge.search}</span>
          <input
            type="search"
            maxLength={2_000}
            placeholder={text.knowledge.searchFor}
            value={words}
            onInput={({ currentTarget }) => setWords(currentTarget.value)}
          />
        </label>
        <button type="submit" class="button primary" disabled={state.busy === true || words.trim() === ''}>
          <Search size={16} aria-hidden="true" /> {text.knowledge.search}
        </button>
      </form>
      {state.busy === true && <Spinner />}
      {state.error !== undefined && <Failure error={state.error} />}
      {state.found !== undefined && <Passages found={state.found} />}
    </>
  );
}

function Passages({ found: { durationMs, passages } }: { found: Found }) {
  const text = useText();
  if (passages.length === 0) return <Empty title={text.knowledge.nothingFound} />;
  return (
    <>
      <p class="muted small" role="status">
        {text.knowledge.found(passages.length)} · {duration(durationMs)} · {text.knowledge.rankExplain}
      </p>
      <ol class="cards">
        {passages.map(({ id, documentId, start, end, headings, metadata, text: content, ranks, score }, index) => (
          <li key={id} class="card">
            <header class="row">
              <Badge tone="accent">{index + 1}</Badge>
              <Link href={`/documents/${documentId}?start=${start}&end=${end}`}>{String(metadata.title)}</Link>
              <span class="muted small">
                {[
                  ...headings,
                  ...(metadata.pages === undefined ? [] : [text.source.page(String(metadata.pages))]),
                ].join(' › ')}
              </span>
            </header>
            <dl class="ranks">
              <Rank name={text.knowledge.dense} rank={ranks.dense} />
              <Rank name={text.knowledge.lexical} rank={ranks.lexical} />
              <Rank name={text.knowledge.rerank} rank={ranks.rerank} />
              <Rank name={text.knowledge.score} rank={score.toFixed(3)} />
            </dl>
            <p class="pre clamp">{content}</p>
          </li>
        ))}
      </ol>
    </>
  );
}

function Rank({ name, rank }: { name: string; rank: number | string | undefined }) {
  return (
    <div class={rank === undefined ? 'absent' : ''}>
      <dt>{name}</dt>
      <dd>{rank ?? '–'}</dd>
    </div>
  );
}
