import { useEffect, useRef } from 'preact/hooks';
import { useSearchParams } from 'wouter-preact';
import type { Case, QuestionSet } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';
import { Await, Badge, Empty } from '../ui/parts.tsx';

/** The question files of the project, and the questions of one. */
export function QuestionSets() {
  const text = useText();
  const [query, setQuery] = useSearchParams();
  const loaded = useLoad<{ sets: QuestionSet[] }>('/api/evals');
  return (
    <Await of={loaded}>
      {({ sets }) => {
        const chosen = sets.find(({ name }) => name === (query.get('set') ?? 'evals/questions.jsonl')) ?? sets[0];
        if (chosen === undefined) {
          return (
            <Empty title={text.evaluation.noSets}>
              <code>fieldkit eval template --out questions.xlsx</code>
            </Empty>
          );
        }
        return (
          <>
            <fieldset class="choice">
              <legend class="visually-hidden">{text.evaluation.questions}</legend>
              {sets.map(({ name, questions }) => (
                <label key={name} class="check">
                  <input
                    type="radio"
                    name="set"
                    checked={name === chosen.name}
                    onChange={() => setQuery({ tab: 'questions', set: name })}
                  />
                  {name} <span class="muted small">{questions}</span>
                </label>
              ))}
            </fieldset>
            {chosen.error !== undefined && <p class="note bad">{chosen.error}</p>}
            <Cases set={chosen.name} wanted={query.get('case')} />
            <p class="muted small">
              {text.evaluation.runSet} <code>fieldkit eval run --questions {chosen.name}</code>
            </p>
          </>
        );
      }}
    </Await>
  );
}

function Cases({ set, wanted }: { set: string; wanted: string | null }) {
  const loaded = useLoad<{ total: number; cases: Case[] }>(`/api/evals/cases?set=${encodeURIComponent(set)}&limit=500`);
  return (
    <Await of={loaded}>
      {({ cases }) => (
        <ol class="items">
          {cases.map((item) => (
            <CaseItem key={item.id} item={item} wanted={item.id === wanted} />
          ))}
        </ol>
      )}
    </Await>
  );
}

function CaseItem({ item, wanted }: { item: Case; wanted: boolean }) {
  const text = useText();
  const own = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (wanted) own.current?.scrollIntoView({ block: 'center' });
  }, [wanted]);
  const { id, question, kind, split, expect, references, history, gold, tags } = item;
  return (
    <li ref={own} class={wanted ? 'card wanted' : 'card'} {...(wanted ? { 'aria-current': 'true' as const } : {})}>
      <div class="row">
        <strong>{id}</strong>
        <Badge>{kind}</Badge>
        <Badge>{split}</Badge>
        {expect !== 'answered' && <Badge tone="warn">{text.status[expect]}</Badge>}
        {tags.map((tag) => (
          <Badge key={tag} tone="accent">
            {tag}
          </Badge>
        ))}
      </div>
      {history.map((earlier) => (
        <p key={earlier} class="muted small">
          {earlier}
        </p>
      ))}
      <p>{question}</p>
      {references.length > 0 && (
        <p class="muted small">
          {text.evaluation.reference}: {references.join(' / ')}
        </p>
      )}
      {gold.length > 0 && (
        <p class="muted small">
          {gold
            .map(({ document, page, quote }) =>
              [document, page, quote].filter((part) => part !== undefined).join(' · '),
            )
            .join('; ')}
        </p>
      )}
    </li>
  );
}
