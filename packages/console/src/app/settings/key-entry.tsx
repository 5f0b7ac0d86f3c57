import { KeyRound } from 'lucide-preact';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, forgetKey, load, storeKey } from '../api/client.ts';
import { useText } from '../text/use-text.ts';

/** Asks for the bearer key of this server and tries it. */
export function KeyEntry({ onKey, settings }: { onKey: () => void; settings: ComponentChildren }) {
  const text = useText();
  const [key, setKey] = useState('');
  const [remember, setRemember] = useState(false);
  const [trying, setTrying] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    setTrying(true);
    storeKey(key.trim(), remember);
    try {
      await load('/api/me');
      onKey();
    } catch (error) {
      forgetKey();
      setTrying(false);
      const refused = error instanceof ApiError && error.status === 401;
      setProblem(refused ? text.key.wrong : error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <main class="key-entry" id="main">
      <div class="key-settings">{settings}</div>
      <form onSubmit={submit} class="card">
        <KeyRound size={26} aria-hidden="true" />
        <h1>{text.key.title}</h1>
        <p class="muted">{text.key.explain}</p>
        <label>
          {text.key.label}
          <input
            type="password"
            name="key"
            autocomplete="current-password"
            spellcheck={false}
            required
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
            {...(problem === undefined ? {} : { 'aria-invalid': 'true' as const, 'aria-describedby': 'key-problem' })}
          />
        </label>
        {problem !== undefined && (
          <p id="key-problem" class="problem" role="alert">
            {problem}
          </p>
        )}
        <label class="check">
          <input
            type="checkbox"
            checked={remember}
            onChange={({ currentTarget }) => setRemember(currentTarget.checked)}
          />
          {text.key.remember}
        </label>
        <button type="submit" class="button primary" disabled={trying || key.trim() === ''}>
          {text.key.enter}
        </button>
      </form>
    </main>
  );
}
