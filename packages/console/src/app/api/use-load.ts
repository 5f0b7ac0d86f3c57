import { useCallback, useEffect, useState } from 'preact/hooks';
import { load } from './client.ts';

export type Loaded<T> = (
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'ready'; readonly value: T }
) & { readonly again: () => void };

/** Loads what `path` gives, and again when it changes; undefined loads nothing yet. */
export function useLoad<T>(path: string | undefined): Loaded<T> {
  const [result, setResult] = useState<{ path?: string | undefined; value?: T; error?: unknown }>({});
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    load<T>(path, { signal: stop.signal }).then(
      (value) => setResult({ path, value }),
      (error: unknown) => {
        if (!stop.signal.aborted) setResult({ path, error });
      },
    );
    return () => stop.abort();
  }, [path, round]);
  const again = useCallback(() => {
    setResult({});
    setRound((count) => count + 1);
  }, []);
  if (path === undefined || result.path !== path) return { state: 'loading', again };
  if (result.value === undefined) return { state: 'failed', error: result.error, again };
  return { state: 'ready', value: result.value, again };
}
