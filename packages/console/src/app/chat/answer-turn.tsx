import type { Citation } from '@fieldkit/core';
import { Check, Copy, ListTree } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { Link } from 'wouter-preact';
import { ApiError } from '../api/client.ts';
import { useText } from '../text/use-text.ts';
import { fileName } from '../ui/format.ts';
import { Failure, StatusBadge } from '../ui/parts.tsx';
import { splitCitations, type Turn, type Verdict } from './conversation.ts';
import { Judge } from './judge.tsx';

export interface AnswerTurnProps {
  readonly turn: Turn;
  /** Questions asked before in this conversation. */
  readonly earlier: readonly string[];
  /** Marker of the citation that is open. */
  readonly opened: number | undefined;
  readonly open: (citation: Citation) => void;
  readonly judge: (verdict: Verdict) => void;
}

export function AnswerTurn({ turn, earlier, opened, open, judge }: AnswerTurnProps) {
  const text = useText();
  const { question, state, citations, answer, error } = turn;
  const running = state === 'running';
  const parts = splitCitations(turn.text, citations);
  return (
    <article class="turn" aria-label={question} aria-busy={running}>
      <p class="question">{question}</p>
      <div class="answer" aria-live="polite">
        {parts.length > 0 && (
          <p class="answer-text">
            {parts.map((part, index) =>
              typeof part === 'string' ? (
                part
              ) : (
                <button
                  key={index}
                  type="button"
                  class="chip"
                  aria-pressed={opened === part.marker}
                  aria-label={text.chat.openSource(part.marker, part.source.title)}
                  title={part.source.title}
                  onClick={() => open(part)}
                >
                  {part.marker}
                </button>
              ),
            )}
          </p>
        )}
        {running && <Working names={turn.working} />}
        {state === 'stopped' && <p class="muted small">{text.chat.stopped}</p>}
        {error !== undefined && <Failure error={new ApiError(0, error.code, error.message)} />}
      </div>
      {citations.length > 0 && (
        <ul class="sources" aria-label={text.chat.sources}>
          {citations.map((citation) => (
            <li key={citation.marker}>
              <button type="button" aria-pressed={opened === citation.marker} onClick={() => open(citation)}>
                <span class="source-number">{citation.marker}</span>
                <span class="source-text">
                  <span class="source-title">{citation.source.title}</span>
                  <span class="source-place">{placeOf(citation, text.source)}</span>
                  {citation.source.kind === 'passage' && citation.source.columns !== undefined && (
                    <span class="source-columns">{citation.source.columns}</span>
                  )}
                  <span class="source-quote">{citation.quote}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {answer !== undefined && !running && (
        <footer class="turn-foot">
          {answer.status !== 'answered' && <StatusBadge status={answer.status} />}
          <Judge turn={turn} earlier={earlier} judge={judge} />
          <CopyButton content={turn.text} />
          <Link href={`/runs/${turn.runId}`} class="quiet">
            <ListTree size={15} aria-hidden="true" /> {text.chat.trace}
          </Link>
          <span class="muted small figures">
            {turn.seconds === undefined ? '' : `${turn.seconds.toFixed(1)} s · `}
            {text.chat.tokens(answer.usage.inputTokens + answer.usage.outputTokens)}
          </span>
        </footer>
      )}
    </article>
  );
}

/** Where a citation stands, in a few words. */
function placeOf({ source }: Citation, text: ReturnType<typeof useText>['source']): string {
  if (source.kind === 'record') return [text.record, source.path].filter((part) => part !== '').join(' · ');
  const page = source.places[0]?.page;
  const where = page === undefined ? [] : [text.page(page)];
  return [fileName(source.uri), ...where, ...source.headings.slice(-1)].join(' · ');
}

function Working({ names }: { names: readonly string[] }) {
  const { working } = useText();
  const name = names.at(-1);
  const known = name === undefined ? working.start : working[name as keyof typeof working];
  return (
    <p class="working" role="status">
      <span class="spinner" aria-hidden="true" /> {known ?? working.other(name ?? '')}
    </p>
  );
}

function CopyButton({ content }: { content: string }) {
  const text = useText();
  const [copied, setCopied] = useState(false);
  if (navigator.clipboard === undefined) return null; // on plain HTTP there is none
  const copy = async () => {
    await navigator.clipboard.writeText(content);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  const Icon = copied ? Check : Copy;
  return (
    <button type="button" class="quiet" onClick={copy}>
      <Icon size={15} aria-hidden="true" /> {copied ? text.chat.copied : text.chat.copy}
    </button>
  );
}
