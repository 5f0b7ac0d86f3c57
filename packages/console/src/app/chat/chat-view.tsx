import type { Citation } from '@fieldkit/core';
import { ArrowUp, Plus, Square, X } from 'lucide-preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Case } from '../api/types.ts';
import { useLoad } from '../api/use-load.ts';
import { SourcePanel } from '../documents/source-panel.tsx';
import { useMe, useText } from '../text/use-text.ts';
import { AnswerTurn } from './answer-turn.tsx';
import type { LiveConversation } from './use-conversation.ts';

/** In CSS pixels. */
const NEAR_THE_END = 240;

interface Opened {
  readonly citation: Citation;
  readonly runId: string;
}

/** Questions and answers, and beside them the source that was opened last. */
export function ChatView({ conversation }: { conversation: LiveConversation }) {
  const text = useText();
  const [opened, setOpened] = useState<Opened>();
  const origin = useRef<HTMLElement | null>(null);
  const thread = useRef<HTMLDivElement>(null);
  const { turns, busy } = conversation;
  const length = turns.length;
  const spoken = turns.at(-1)?.text.length;
  const seen = useRef(0);
  useEffect(() => {
    const view = thread.current;
    if (view === null || length === 0) return;
    const added = length > seen.current;
    seen.current = length;
    // a new question always; an answer as it grows only for whoever has not scrolled up to read
    if (added || view.scrollHeight - view.scrollTop - view.clientHeight < NEAR_THE_END)
      view.scrollTop = view.scrollHeight;
  }, [length, spoken, busy]);
  const open = (citation: Citation, runId: string) => {
    origin.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    setOpened({ citation, runId });
  };
  const close = () => {
    setOpened(undefined);
    origin.current?.focus();
  };
  return (
    <div class={opened === undefined ? 'chat' : 'chat with-source'}>
      <section class="conversation" aria-label={text.places.chat}>
        <h1 class="visually-hidden">{text.places.chat}</h1>
        <div class="thread" ref={thread}>
          {length === 0 ? (
            <Welcome ask={conversation.ask} />
          ) : (
            turns.map((turn, index) => (
              <AnswerTurn
                key={turn.id}
                turn={turn}
                earlier={turns.slice(0, index).map(({ question }) => question)}
                opened={opened?.runId === turn.runId ? opened.citation.marker : undefined}
                open={(citation) => open(citation, turn.runId)}
                judge={(verdict) => conversation.judge(turn.id, verdict)}
              />
            ))
          )}
        </div>
        <Composer conversation={conversation} />
      </section>
      {opened !== undefined && (
        <aside class="source-side" aria-label={text.source.title} onKeyDown={({ key }) => key === 'Escape' && close()}>
          <SourcePanel
            key={`${opened.runId} ${opened.citation.marker}`}
            citation={opened.citation}
            runId={opened.runId}
            close={
              <button
                type="button"
                class="icon-button"
                aria-label={text.common.close}
                title={text.common.close}
                onClick={close}
              >
                <X size={18} aria-hidden="true" />
              </button>
            }
          />
        </aside>
      )}
    </div>
  );
}

function Composer({ conversation }: { conversation: LiveConversation }) {
  const text = useText();
  const [draft, setDraft] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const { busy, turns } = conversation;
  useEffect(() => {
    if (!busy && window.matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, [busy]);
  const submit = () => {
    const question = draft.trim();
    if (question === '' || busy) return;
    setDraft('');
    conversation.ask(question);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={field}
          rows={1}
          aria-label={text.chat.question}
          placeholder={turns.length === 0 ? text.chat.placeholder : text.chat.followUp}
          maxLength={8_000}
          value={draft}
          onInput={({ currentTarget }) => setDraft(currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {busy ? (
          <button
            type="button"
            class="send"
            aria-label={text.chat.stop}
            title={text.chat.stop}
            onClick={conversation.stop}
          >
            <Square size={16} aria-hidden="true" />
          </button>
        ) : (
          <button
            type="submit"
            class="send"
            aria-label={text.chat.send}
            title={text.chat.send}
            disabled={draft.trim() === ''}
          >
            <ArrowUp size={18} aria-hidden="true" />
          </button>
        )}
      </div>
      <div class="composer-foot">
        <span class="muted small hint">{text.chat.keys}</span>
        {turns.length > 0 && (
          <button type="button" class="link small" onClick={conversation.restart}>
            <Plus size={14} aria-hidden="true" /> {text.chat.restart}
          </button>
        )}
      </div>
    </form>
  );
}

/** Before the first question: what this is, and for operators questions of the project's own set to begin with. */
function Welcome({ ask }: { ask: (question: string) => void }) {
  const text = useText();
  const { project, role } = useMe();
  const set = useLoad<{ cases: Case[] }>(
    role === 'operator' ? '/api/evals/cases?set=evals/questions.jsonl&limit=60' : undefined,
  );
  const plain = (set.state === 'ready' ? set.value.cases : []).filter(
    ({ split, expect, history, caller }) =>
      split === 'dev' && expect === 'answered' && history.length === 0 && (caller?.groups ?? []).length === 0,
  );
  return (
    <div class="welcome">
      <h2>{text.chat.welcome(project)}</h2>
      <p class="muted">{text.chat.explain}</p>
      {plain.length > 0 && (
        <ul class="suggestions" aria-label={text.chat.suggestions}>
          {plain.slice(0, 4).map(({ id, question }) => (
            <li key={id}>
              <button type="button" onClick={() => ask(question)}>
                {question}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
