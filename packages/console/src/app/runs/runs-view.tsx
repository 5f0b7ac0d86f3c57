import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import type { ListedRun } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useLanguageTag, useText } from '../text/use-text.ts';
import { dateTime, duration } from '../ui/format.ts';
import { Await, Empty, Page, Scroll, StatusBadge } from '../ui/parts.tsx';

/** The newest answers, to look into. */
export function RunsView() {
  const text = useText();
  const language = useLanguageTag();
  const [limit, setLimit] = useState(50);
  const list = useLoad<{ runs: ListedRun[] }>(`/api/runs?limit=${limit}`);
  return (
    <Page title={text.places.runs} lead={text.runs.lead}>
      <Await of={list}>
        {({ runs }) =>
          runs.length === 0 ? (
            <Empty title={text.runs.none}>
              <Link href="/">{text.runs.askFirst}</Link>
            </Empty>
          ) : (
            <>
              <Scroll label={text.places.runs}>
                <table class="list">
                  <thead>
                    <tr>
                      <th scope="col">{text.runs.question}</th>
                      <th scope="col">{text.runs.status}</th>
                      <th scope="col" class="n">
                        {text.runs.time}
                      </th>
                      <th scope="col" class="n">
                        {text.runs.steps}
                      </th>
                      <th scope="col">{text.runs.at}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {runs.map(({ id, question, status, durationMs, steps, startedAt }) => (
                      <tr key={id}>
                        <td>
                          <Link href={`/runs/${id}`}>{question === '' ? id : question}</Link>
                        </td>
                        <td>
                          <StatusBadge status={status} />
                        </td>
                        <td class="n">{duration(durationMs)}</td>
                        <td class="n">{steps}</td>
                        <td class="nowrap">{dateTime(startedAt, language)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Scroll>
              {runs.length === limit && limit < 200 && (
                <button type="button" class="button" onClick={() => setLimit(200)}>
                  {text.common.more}
                </button>
              )}
            </>
          )
        }
      </Await>
    </Page>
  );
}
