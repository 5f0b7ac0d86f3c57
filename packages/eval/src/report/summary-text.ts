import type { Estimate, ScoreSummary, Summary } from '../summary.ts';
import { textTable } from './text-table.ts';

/** A summary as plain text for a terminal: scores with intervals, then each score by kind and by split. */
export function summaryText(summary: Summary): string {
  const scores = summary.scores.filter(({ overall }) => overall.scored + overall.unavailable > 0);
  const parts = [
    headline(summary),
    textTable(
      ['score', 'mean', '95 % interval', 'items', 'unavailable', 'of all'],
      scores.map(({ scorer, kind, overall }) => [
        kind === 'judge' ? `${scorer} (judge)` : scorer,
        percent(overall.mean),
        interval(overall),
        String(overall.scored),
        String(overall.unavailable),
        percent(overall.ofAll),
      ]),
      { right: [1, 2, 3, 4, 5] },
    ),
    sliceTable('by kind', scores, ({ byKind }) => byKind),
    sliceTable('by split', scores, ({ bySplit }) => bySplit),
    sliceTable('by language', scores, ({ byLanguage }) => byLanguage),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function headline({ cases, statuses, errors, infrastructureFailures, durationMs, usage, cost }: Summary): string {
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const lines = [`${cases} cases: ${list(statuses) || 'none'}`];
  if (Object.keys(errors).length > 0) {
    lines.push(`errors: ${list(errors)} (${infrastructureFailures} of infrastructure, not scored)`);
  }
  if (durationMs !== null) {
    lines.push(`time per case: median ${Math.round(durationMs.p50)} ms, p95 ${Math.round(durationMs.p95)} ms`);
  }
  lines.push(`tokens: ${usage.inputTokens} in, ${usage.outputTokens} out, ${usage.calls} model calls`);
  const paid = Object.entries(cost).map(([currency, micro]) => `${(micro / 1e6).toFixed(4)} ${currency}`);
  if (paid.length > 0) lines.push(`cost: ${paid.join(', ')}`);
  return lines.join('\n');
}

function sliceTable(
  title: string,
  scores: readonly ScoreSummary[],
  slicesOf: (score: ScoreSummary) => Readonly<Record<string, Estimate>>,
): string {
  const names = [...new Set(scores.flatMap((score) => Object.keys(slicesOf(score))))].sort();
  if (names.length < 2) return '';
  const rows = names.map((name) => [
    name,
    ...scores.map((score) => {
      const found = slicesOf(score)[name];
      return found === undefined || found.mean === null ? '–' : `${percent(found.mean)} (${found.scored})`;
    }),
  ]);
  const right = scores.map((_, index) => index + 1);
  return textTable([title, ...scores.map(({ scorer }) => scorer)], rows, { right });
}

/** `87.5 %`, or a dash. */
export function percent(value: number | null): string {
  return value === null ? '–' : `${(value * 100).toFixed(1)} %`;
}

/** `81.0 – 92.3 %`, or a dash when nothing was scored. */
export function interval({ scored, low, high }: Pick<Estimate, 'scored' | 'low' | 'high'>): string {
  return scored === 0 ? '–' : `${(low * 100).toFixed(1)} – ${(high * 100).toFixed(1)} %`;
}
