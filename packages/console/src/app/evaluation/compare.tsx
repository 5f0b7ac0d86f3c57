import { useState } from 'preact/hooks';
import type { ComparedRuns, EvaluationRuns } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { percent } from '../ui/format.ts';
import { Await, Badge, Empty, Scroll } from '../ui/parts.tsx';
import { Interval } from './interval.tsx';

/** Two runs of the ledger, item by item: the difference with its interval, and whether it can be told from chance. */
export function Compare() {
  const text = useText();
  const loaded = useLoad<EvaluationRuns>('/api/evals/runs');
  return (
    <Await of={loaded}>
      {(known) =>
        known.runs.length < 2 ? (
          <Empty title={text.evaluation.needTwo}>
            <code>fieldkit eval run --ledger --name after</code>
          </Empty>
        ) : (
          <Pair known={known} />
        )
      }
    </Await>
  );
}

function Pair({ known: { runs, headline } }: { known: EvaluationRuns }) {
  const text = useText();
  const names = runs.map(({ name }) => name);
  const scorers = [
    ...new Set(
      runs.flatMap(({ summary }) =>
        summary.scores.filter(({ overall }) => overall.scored > 0).map(({ scorer }) => scorer),
      ),
    ),
  ];
  const [a, setA] = useState(names.at(-2) ?? '');
  const [b, setB] = useState(names.at(-1) ?? '');
  const [scorer, setScorer] = useState(headline);
  const query = new URLSearchParams({ a, b, scorer });
  const compared = useLoad<ComparedRuns>(a === b ? undefined : `/api/evals/compare?${query}`);
  return (
    <>
      <div class="row fields">
        <Choice label="A" options={names} chosen={a} choose={setA} />
        <Choice label="B" options={names} chosen={b} choose={setB} />
        <Choice label={text.evaluation.scorer} options={scorers} chosen={scorer} choose={setScorer} />
      </div>
      {a === b ? (
        <Empty title={text.evaluation.needTwo} />
      ) : (
        <Await of={compared}>
          {({ comparison, items }) =>
            comparison === null ? (
              <Empty title={text.evaluation.noShared} />
            ) : (
              <>
                <section class="card verdict" aria-label={text.evaluation.compare}>
                  <p class="big">
                    {comparison.difference > 0 ? '+' : ''}
                    {percent(comparison.difference)}{' '}
                    <Badge tone={comparison.significant ? 'good' : 'neutral'}>
                      {comparison.significant ? text.evaluation.real : text.evaluation.chance}
                    </Badge>
                  </p>
                  <Interval
                    mean={comparison.difference}
                    low={comparison.interval.low}
                    high={comparison.interval.high}
                    from={-1}
                    to={1}
                  />
                  <p class="muted">
                    {text.evaluation.compared({
                      a: percent(comparison.meanA),
                      b: percent(comparison.meanB),
                      low: percent(comparison.interval.low),
                      high: percent(comparison.interval.high),
                      n: comparison.n,
                      p: comparison.holmP.toFixed(3),
                    })}
                  </p>
                  {!comparison.significant && (
                    <p class="muted small">{text.evaluation.wouldShow(percent(comparison.detectable))}</p>
                  )}
                </section>
                <h2>{text.evaluation.changed(items.length)}</h2>
                {items.length > 0 && (
                  <Scroll label={text.evaluation.changed(items.length)}>
                    <table class="list">
                      <thead>
                        <tr>
                          <th scope="col">{text.runs.question}</th>
                          <th scope="col" class="n">
                            A
                          </th>
                          <th scope="col" class="n">
                            B
                          </th>
                        </tr>
                      </thead>
                      <tbody>
                        {items.map((item) => (
                          <tr key={item.id}>
                            <td>
                              {item.question} <span class="muted small">{item.id}</span>
                            </td>
                            <td class="n">{item.a.toFixed(2)}</td>
                            <td class="n">
                              <Badge tone={item.b > item.a ? 'good' : 'bad'}>{item.b.toFixed(2)}</Badge>
                            </td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </Scroll>
                )}
              </>
            )
          }
        </Await>
      )}
    </>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly options: readonly string[];
  readonly chosen: string;
  readonly choose: (option: string) => void;
}

function Choice({ label, options, chosen, choose }: ChoiceProps) {
  return (
    <label class="field">
      {label}
      <select value={chosen} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}
