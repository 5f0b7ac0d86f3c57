import { CircleAlert, Inbox, RotateCw } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { ApiError } from '../api/client.ts';
import type { Loaded } from '../api/use-load.ts';
import { useText } from '../text/use-text.ts';

export function Spinner({ label }: { label?: string }) {
  const text = useText();
  return (
    <p class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      {label ?? text.common.loading}
    </p>
  );
}

/** What is shown instead of an empty list: what would be here, and how it comes. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <Inbox size={28} aria-hidden="true" />
      <p class="empty-title">{title}</p>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Failure({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const text = useText();
  const code = error instanceof ApiError ? error.code : 'unknown';
  const known = text.errors[code as keyof typeof text.errors];
  const said = error instanceof Error ? error.message : String(error);
  return (
    <div class="failure" role="alert">
      <CircleAlert size={18} aria-hidden="true" />
      <div>
        <p>{known ?? said}</p>
        {known !== undefined && known !== said && <p class="muted small">{said}</p>}
        {again !== undefined && (
          <button type="button" class="button small" onClick={again}>
            <RotateCw size={14} aria-hidden="true" /> {text.common.retry}
          </button>
        )}
      </div>
    </div>
  );
}

/** Loading, failure or content. */
export function Await<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (of.state === 'loading') return <Spinner />;
  if (of.state === 'failed') return <Failure error={of.error} again={of.again} />;
  return <>{children(of.value)}</>;
}

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'accent';

export function Badge({
  tone = 'neutral',
  title,
  children,
}: {
  tone?: Tone;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge ${tone}`} {...(title === undefined ? {} : { title })}>
      {children}
    </span>
  );
}

export function StatusBadge({ status }: { status: string }) {
  const text = useText();
  const tones: Record<string, Tone> = { answered: 'good', insufficient: 'warn', refused: 'warn', failed: 'bad' };
  const known = text.status[status as keyof typeof text.status];
  return <Badge tone={tones[status] ?? 'neutral'}>{known ?? (status === '' ? '–' : status)}</Badge>;
}

export interface Tab {
  readonly id: string;
  readonly label: string;
  readonly content: () => ComponentChildren;
}

/** Tabs as ARIA has them: arrow keys move between them. */
export function Tabs({
  label,
  tabs,
  chosen,
  onChoose,
}: {
  label: string;
  tabs: readonly Tab[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const id = useId();
  const at = Math.max(
    0,
    tabs.findIndex((tab) => tab.id === chosen),
  );
  const move = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next =
      event.key === 'Home'
        ? 0
        : event.key === 'End'
          ? tabs.length - 1
          : step === undefined
            ? undefined
            : (at + step + tabs.length) % tabs.length;
    const tab = next === undefined ? undefined : tabs[next];
    if (tab === undefined) return;
    event.preventDefault();
    onChoose(tab.id);
    document.getElementById(`${id}-${tab.id}`)?.focus();
  };
  const current = tabs[at];
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
        {tabs.map((tab, index) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${id}-${tab.id}`}
            aria-selected={index === at}
            aria-controls={`${id}-panel`}
            tabIndex={index === at ? 0 : -1}
            onClick={() => onChoose(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current?.id}`} class="tab-panel">
        {current?.content()}
      </div>
    </>
  );
}

/** A page with its heading. */
export function Page({
  title,
  lead,
  actions,
  children,
}: {
  title: ComponentChildren;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <div class="lead">{lead}</div>}
        </div>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A table that scrolls sideways by itself, and can be reached by keyboard to do so. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard (WCAG 2.1.1)
    <section class="scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

/** Any value for reading: text as text, everything else as indented JSON. */
export function Value({ value, label }: { value: unknown; label: string }) {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, null, 2) ?? '–');
  return (
    <Scroll label={label}>
      <pre class="value">{text}</pre>
    </Scroll>
  );
}
