import type { Run, Step } from '@fieldkit/core';
import { Bot, Box, ChevronRight, Database, RefreshCw, Wrench } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Link, useSearchParams } from 'wouter-preact';
import { useLoad } from '../api/use-load.ts';
import { splitCitations } from '../chat/conversation.ts';
import { useLanguageTag, useText } from '../text/use-text.ts';
import { dateTime, duration, money } from '../ui/format.ts';
import { Await, Page, StatusBadge } from '../ui/parts.tsx';
import { StepValue } from './step-value.tsx';
import { type TimelineRow, timelineOf } from './timeline.ts';

/** One run: its answer, and every step on a time axis with what went in and what came out. */
export function RunPage({ id }: { id: string }) {
  const run = useLoad<Run>(`/api/runs/${encodeURIComponent(id)}`);
  return <Await of={run}>{(found) => <Found run={found} />}</Await>;
}

function Found({ run }: { run: Run }) {
  const text = useText();
  const language = useLanguageTag();
  const [query] = useSearchParams();
  const { id, startedAt, durationMs, usage, cost, counts = {}, error, steps, caller } = run;
  const rows = timelineOf(steps);
  const figures: readonly (readonly [string, string])[] = [
    [text.runs.time, duration(durationMs)],
    [text.runs.tokensIn, String(usage.inputTokens)],
    [text.runs.tokensOut, String(usage.outputTokens)],
    [text.runs.modelCalls, String(usage.calls)],
    [text.runs.cost, cost === undefined ? text.runs.noPrice : money(cost)],
    [text.runs.caller, [caller.subject, ...caller.groups].join(', ')],
  ];
  return (
    <Page
      title={fieldOf(run.input, 'question') ?? id}
      lead={
        <>
          <Link href="/runs">{text.places.runs}</Link> › <code>{id}</code> · {dateTime(startedAt, language)}{' '}
          <StatusBadge status={fieldOf(run.output, 'status') ?? ''} />
        </>
      }
    >
      <Answer output={run.output} />
      {error !== undefined && (
        <p class="note bad">
          <strong>{error.code}</strong> {error.message}
        </p>
      )}
      <dl class="figures-grid">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h2>{text.runs.timeline}</h2>
      <ol class="timeline">
        {rows.map((row) => (
          <StepRow key={row.step.id} row={row} asked={query.get('step') === row.step.id} />
        ))}
      </ol>
      {Object.keys(counts).length > 0 && (
        <p class="muted small">
          {Object.entries(counts)
            .map(([name, count]) => `${name} ${count}`)
            .join(' · ')}
        </p>
      )}
    </Page>
  );
}

function Answer({ output }: { output: unknown }) {
  const text = useText();
  const said = fieldOf(output, 'text');
  if (said === undefined || said === '') return null;
  // the output of a run of kind "answer" is an Answer
  const citations = (output as Parameters<typeof citationsOf>[0]) ?? {};
  return (
    <section class="card answer-card" aria-label={text.runs.answer}>
      <p class="answer-text">
        {splitCitations(said, citationsOf(citations)).map((part, index) =>
          typeof part === 'string' ? (
            part
          ) : part.source.kind === 'record' ? (
            <span key={index} class="chip" title={part.quote}>
              {part.marker}
            </span>
          ) : (
            <Link
              key={index}
              class="chip"
              title={part.quote}
              aria-label={text.chat.openSource(part.marker, part.source.title)}
              href={`/documents/${part.source.documentId}?start=${part.source.start}&end=${part.source.end}`}
            >
              {part.marker}
            </Link>
          ),
        )}
      </p>
    </section>
  );
}

function citationsOf(output: { readonly citations?: Parameters<typeof splitCitations>[1] }) {
  return output.citations ?? [];
}

const ICONS: Readonly<Record<Step['kind'], typeof Box>> = {
  node: Box,
  model: Bot,
  tool: Wrench,
  retrieval: Database,
  embedding: Database,
  rerank: RefreshCw,
};

function StepRow({ row: { step, depth, from, width }, asked }: { row: TimelineRow; asked: boolean }) {
  const text = useText();
  const [open, setOpen] = useState(asked);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (asked) item.current?.scrollIntoView({ block: 'center' });
  }, [asked]);
  const { name, kind, durationMs, usage, cost, error, attempt, input, output } = step;
  const Icon = ICONS[kind];
  const facts = [
    ...(usage === undefined ? [] : [`${usage.inputTokens} → ${usage.outputTokens}`]),
    ...(cost === undefined ? [] : [money(cost)]),
    ...(attempt > 1 ? [text.runs.attempt(attempt)] : []),
  ];
  return (
    <li ref={item} class={`step ${kind}${error === undefined ? '' : ' wrong'}`}>
      <button type="button" class="step-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span class="step-name" style={{ paddingInlineStart: `${depth * 1.25}rem` }}>
          <ChevronRight size={14} class="turning" aria-hidden="true" />
          <Icon size={15} aria-hidden="true" />
          <span>{name}</span>
          <span class="muted small">{text.runs.kinds[kind]}</span>
        </span>
        <span class="step-axis" aria-hidden="true">
          <span class="step-bar" style={{ left: `${from * 100}%`, width: `max(3px, ${width * 100}%)` }} />
        </span>
        <span class="step-facts">{facts.join(' · ')}</span>
        <span class="step-time">{duration(durationMs)}</span>
      </button>
      {open && (
        <div class="step-body">
          {error !== undefined && (
            <p class="note bad">
              <strong>{error.code}</strong> {error.message}
            </p>
          )}
          <h3>{text.runs.input}</h3>
          <StepValue value={input} label={text.runs.input} />
          <h3>{text.runs.output}</h3>
          <StepValue value={output} label={text.runs.output} />
        </div>
      )}
    </li>
  );
}

function fieldOf(value: unknown, key: string): string | undefined {
  const field = value !== null && typeof value === 'object' ? Reflect.get(value, key) : undefined;
  return typeof field === 'string' ? field : undefined;
}
