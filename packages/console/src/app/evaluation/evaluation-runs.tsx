import { useState } from 'preact/hooks';
import { Link, useSearchParams } from 'wouter-preact';
import type { AttributionSummary, EvaluationItem, EvaluationRun, EvaluationRuns as Runs } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { duration, money, percent } from '../ui/format.ts';
import { Await, Badge, Empty, Scroll, Spinner, StatusBadge } from '../ui/parts.tsx';
import { Interval } from './interval.tsx';

export function EvaluationRuns() {
  const text = useText();
  const [query, setQuery] = useSearchParams();
  const loaded = useLoad<Runs>('/api/evals/runs');
  return (
    <Await of={loaded}>
      {({ runs, headline, detectable = [] }) => {
        const chosen = runs.find(({ name }) => name === query.get('run'));
        if (runs.length === 0) {
          return (
            <Empty title={text.evaluation.none}>
              <code>fieldkit eval run --ledger --name before</code>
            </Empty>
          );
        }
        if (chosen !== undefined) {
          return <OneRun run={chosen} headline={headline} back={() => setQuery({ tab: 'runs' })} />;
        }
        return (
          <>
            <Scroll label={text.evaluation.runs}>
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">{text.evaluation.run}</th>
                    <th scope="col" colSpan={2}>
                      {headline}
                    </th>
                    <th scope="col">{text.evaluation.interval}</th>
                    <th scope="col" class="n">
                      {text.evaluation.items}
                    </th>
                    <th scope="col" class="n">
                      {text.evaluation.median}
                    </th>
                    <th scope="col">{text.evaluation.cost}</th>
                  </tr>
                </thead>
                <tbody>
                  {runs.map((run) => {
                    const { name, summary, errors } = run;
                    const score = summary.scores.find(({ scorer }) => scorer === headline)?.overall;
                    const error = errors[headline];
                    return (
                      <tr key={name}>
                        <td>
                          <button type="button" class="link" onClick={() => setQuery({ tab: 'runs', run: name })}>
                            {name}
                          </button>
                        </td>
                        <td class="n">{percent(score?.mean)}</td>
                        <td>{error !== undefined && <Interval mean={score?.mean ?? null} {...error.interval} />}</td>
                        <td class="nowrap">
                          {error === undefined
                            ? '–'
                            : `${percent(error.interval.low)} – ${percent(error.interval.high)}`}
                        </td>
                        <td class="n">{summary.cases}</td>
                        <td class="n">{summary.durationMs === null ? '–' : duration(summary.durationMs.p50)}</td>
                        <td>{costOf(run) || '–'}</td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </Scroll>
            {detectable.length > 0 && (
              <p class="muted small">
                {text.evaluation.detectable(
                  detectable
                    .map(({ discordance, effect }) =>
                      text.evaluation.atDiscordance(percent(effect), percent(discordance)),
                    )
                    .join('; '),
                )}
              </p>
            )}
          </>
        );
      }}
    </Await>
  );
}

function costOf({ summary }: EvaluationRun): string {
  return Object.entries(summary.cost)
    .map(([currency, microUnits]) => money({ microUnits, currency }))
    .join(', ');
}

function OneRun({ run, headline, back }: { run: EvaluationRun; headline: string; back: () => void }) {
  const text = useText();
  const { name, summary, errors } = run;
  const scored = summary.scores.filter(({ overall }) => overall.scored > 0);
  const kinds = Object.entries(summary.scores.find(({ scorer }) => scorer === headline)?.byKind ?? {});
  return (
    <>
      <p>
        <button type="button" class="link" onClick={back}>
          {text.evaluation.runs}
        </button>{' '}
        › <strong>{name}</strong>{' '}
        <span class="muted small">
          {Object.entries(summary.statuses)
            .map(([status, count]) => `${text.status[status as keyof typeof text.status] ?? status} ${count}`)
            .join(' · ')}
        </span>
      </p>
      <h2>{text.evaluation.scores}</h2>
      <Scroll label={text.evaluation.scores}>
        <table class="list">
          <thead>
            <tr>
              <th scope="col">{text.evaluation.scorer}</th>
              <th scope="col" class="n">
                {text.evaluation.mean}
              </th>
              <th scope="col">
                <span class="visually-hidden">{text.evaluation.chart}</span>
              </th>
              <th scope="col">{text.evaluation.interval}</th>
              <th scope="col" class="n">
                {text.evaluation.items}
              </th>
            </tr>
          </thead>
          <tbody>
            {scored.map(({ scorer, description, overall }) => (
              <tr key={scorer}>
                <td>
                  {scorer}
                  <div class="muted small">{description}</div>
                </td>
                <td class="n">{percent(overall.mean)}</td>
                <td>
                  <Interval mean={overall.mean} {...(errors[scorer]?.interval ?? overall)} />
                </td>
                <td class="nowrap">
                  {percent(errors[scorer]?.interval.low)} – {percent(errors[scorer]?.interval.high)}
                </td>
                <td class="n">{overall.scored}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {kinds.length > 1 && (
        <>
          <h2>{text.evaluation.byKind(headline)}</h2>
          <ul class="bars">
            {kinds.map(([kind, { mean, low, high, scored: items }]) => (
              <li key={kind}>
                <span>{kind}</span>
                <Interval mean={mean} low={low} high={high} />
                <span class="n">
                  {percent(mean)} <span class="muted small">({items})</span>
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      <h2>{text.evaluation.why}</h2>
      <Causes run={name} />
      <h2>{text.evaluation.itemList}</h2>
      <Items run={name} />
    </>
  );
}

function Causes({ run }: { run: string }) {
  const text = useText();
  const loaded = useLoad<AttributionSummary>(`/api/evals/causes?run=${encodeURIComponent(run)}`);
  if (loaded.state === 'loading') return <Spinner label={text.evaluation.explaining} />;
  return (
    <Await of={loaded}>
      {(summary) => (summary.failed === 0 ? <p>{text.evaluation.noItems}</p> : <CauseCards summary={summary} />)}
    </Await>
  );
}

function CauseCards({ summary: { failed, items, counts, suggestions } }: { summary: AttributionSummary }) {
  const text = useText();
  const most = Math.max(...counts.map((count) => count.items));
  return (
    <>
      <p class="muted">{text.evaluation.failed(failed, items)}</p>
      <ul class="causes">
        {counts.map(({ cause, says, items: hit, examples }) => {
          const advice = suggestions.find((one) => one.cause === cause);
          return (
            <li key={cause} class="card">
              <div class="row">
                <Badge tone="warn">{text.causes[cause]}</Badge>
                <span class="cause-bar" aria-hidden="true">
                  <span style={{ width: `${(hit / most) * 100}%` }} />
                </span>
                <strong>{hit}</strong>
              </div>
              <p>{says}</p>
              {advice !== undefined && (
                <p class="muted small">
                  {advice.suggestion} · {text.evaluation.atMost(percent(advice.atMost))}
                </p>
              )}
              <p class="muted small">{examples.slice(0, 5).join(', ')}</p>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Items({ run }: { run: string }) {
  const text = useText();
  const [show, setShow] = useState<'failed' | 'all'>('failed');
  const [limit, setLimit] = useState(20);
  const loaded = useLoad<{ total: number; items: EvaluationItem[] }>(
    `/api/evals/items?run=${encodeURIComponent(run)}&show=${show}&limit=${limit}`,
  );
  return (
    <>
      <fieldset class="choice">
        <legend class="visually-hidden">{text.evaluation.show}</legend>
        {(['failed', 'all'] as const).map((which) => (
          <label key={which} class="check">
            <input type="radio" name="show" checked={show === which} onChange={() => setShow(which)} />
            {which === 'failed' ? text.evaluation.onlyFailed : text.evaluation.allItems}
          </label>
        ))}
      </fieldset>
      <Await of={loaded}>
        {({ total, items }) => (
          <>
            <ul class="items">
              {items.map((item) => (
                <Item key={`${item.id} ${item.round}`} item={item} />
              ))}
            </ul>
            {items.length === 0 && <Empty title={text.evaluation.noItems} />}
            {total > items.length && limit < 200 && (
              <button type="button" class="button" onClick={() => setLimit(200)}>
                {text.common.more} ({items.length} / {total})
              </button>
            )}
          </>
        )}
      </Await>
    </>
  );
}

function Item({ item }: { item: EvaluationItem }) {
  const text = useText();
  const { id, kind, question, answer, status, references, scores, attribution, runId, error } = item;
  const low = Object.entries(scores).filter(([, { value }]) => value !== 1);
  return (
    <li>
      <details class="card">
        <summary>
          <StatusBadge status={status} /> <strong>{id}</strong> <span class="muted small">{kind}</span>{' '}
          <span>{question}</span>
          {attribution !== null && <Badge tone="warn">{text.causes[attribution.cause]}</Badge>}
        </summary>
        <p class="pre">{answer}</p>
        {error !== null && (
          <p class="note bad">
            <strong>{error.code}</strong> {error.message}
          </p>
        )}
        {references.length > 0 && (
          <p>
            <span class="muted">{text.evaluation.reference}:</span> {references.join(' / ')}
          </p>
        )}
        {attribution !== null && (
          <p>
            <span class="muted">{text.evaluation.cause}:</span> {attribution.evidence}
          </p>
        )}
        <ul class="scores">
          {low.map(([scorer, { value, reason }]) => (
            <li key={scorer}>
              <strong>{scorer}</strong> {value === 'unavailable' ? '–' : value.toFixed(2)}{' '}
              <span class="muted">{reason}</span>
            </li>
          ))}
        </ul>
        {runId !== '' && <Link href={`/runs/${runId}`}>{text.chat.trace}</Link>}
      </details>
    </li>
  );
}
