/** `1.2 s`, `340 ms`. */
export function duration(ms: number): string {
  if (ms < 1) return '<1 ms';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000
    ? `${(ms / 1000).toFixed(1)} s`
    : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** `41.9 %`; a dash for what was not scored. */
export function percent(share: number | null | undefined): string {
  return share == null ? '–' : `${(share * 100).toFixed(1)} %`;
}

export function money({ microUnits, currency }: { readonly microUnits: number; readonly currency: string }): string {
  return `${(microUnits / 1e6).toFixed(microUnits < 10_000 ? 6 : 4)} ${currency}`;
}

/** Local date and time, to the second. */
export function dateTime(iso: string, language: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime())
    ? iso
    : date.toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
}

export function fileName(uri: string): string {
  return uri.split('/').at(-1) ?? uri;
}
