import { counted } from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import { causes } from '../attribution/causes.ts';
import type { EvaluationReport, TargetReport, WorstItem } from './build-report.ts';
import { interval, percent, scoreName } from './figures.ts';
import { LIMITS, METHOD } from './method.ts';
import { comparisonSentence, points, verdict } from './report-markdown.ts';

/** The report as one HTML file: no script, no font, no picture from elsewhere; it prints, and it reads without colour. */
export function reportHtml(report: EvaluationReport): string {
  const { title, createdAt, dataset, gates, targets, comparisons, detectable, worst, calibrations, configurations } =
    report;
  const body = [
    `<header><h1>${text(title)}</h1><p>${text(createdAt.slice(0, 10))} · ${counted(dataset.items, 'item')} · dataset <code>${text(dataset.hash.slice(0, 12))}</code></p></header>`,
    section(
      'Verdict',
      `<p class="verdict ${gates?.outcome ?? ''}">${text(verdict(report))}</p>${gates === undefined ? '' : gateTable(gates)}`,
    ),
    section('Scores', targets.map((target) => scoreTable(target, calibrations)).join('')),
    comparisons.length === 0 ? '' : section('Comparison', list(comparisons.map(comparisonSentence))),
    detectable.length === 0
      ? ''
      : `<p>With ${counted(dataset.items, 'item')}, the smallest difference that can be expected to show (80 % power, 5 % level): ${text(detectable.map(({ discordance, effect }) => `${points(effect)} at ${discordance * 100} % discordance`).join(', '))}.</p>`,
    section('By kind', targets.map(kindTable).join('')),
    ...targets.map(attributionSection),
    calibrations.length === 0
      ? ''
      : section('Judges beside people', list(calibrations.map((calibration) => calibration.verdict))),
    worst.length === 0 ? '' : section('Worst items', worst.map(worstItem).join('')),
    section('Method', list(METHOD)),
    section('Limits', list(LIMITS)),
    configurations.length === 0
      ? ''
      : section(
          'Configuration',
          configurations
            .map(
              ({ at, effective }) =>
                `<details><summary>${text(at)}</summary><pre>${text(JSON.stringify(effective, null, 2))}</pre></details>`,
            )
            .join(''),
        ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

const STYLE = `
:root { color-scheme: light dark; --line: #8886; --bar: #3a7bd5; --soft: #8882; }
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 0; }
main { max-width: 64rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 1rem; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 0.25rem 0.5rem; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; }
.scroll { overflow-x: auto; }
.verdict { border-left: 4px solid var(--bar); padding-left: 0.75rem; font-size: 1.1rem; }
.verdict.missed, .verdict.moved { border-color: #c33; } .verdict.passed { border-color: #2a8; }
svg { display: block; } svg .axis { stroke: var(--line); } svg .range { stroke: var(--bar); stroke-width: 3; } svg .point { fill: var(--bar); } svg .bar { fill: var(--bar); }
details { border: 1px solid var(--line); border-radius: 4px; padding: 0.25rem 0.75rem; margin: 0.25rem 0; } summary { cursor: pointer; }
pre { overflow-x: auto; white-space: pre-wrap; background: var(--soft); padding: 0.5rem; }
@media print { details { break-inside: avoid; } }
`;

/** Text that cannot be read as markup, without what nobody sees and what turns the direction of reading. */
export function text(value: string): string {
  return cleanText(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function section(title: string, content: string): string {
  return `<section><h2>${text(title)}</h2>${content}</section>`;
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${text(line)}</li>`).join('')}</ul>`;
}

function table(header: readonly string[], rows: readonly (readonly string[])[], numbersFrom = 1): string {
  const cells = (tag: 'td' | 'th', row: readonly string[]) =>
    row.map((cell, index) => `<${tag}${index >= numbersFrom ? ' class="n"' : ''}>${cell}</${tag}>`).join('');
  return `<div class="scroll"><table><thead><tr>${cells('th', header.map(text))}</tr></thead><tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table></div>`;
}

function gateTable(gates: NonNullable<EvaluationReport['gates']>): string {
  const rows = gates.gates.map(({ gate, value, atLeast, items, outcome }) => [
    text(gate),
    percent(value),
    percent(atLeast),
    String(items),
    outcome,
  ]);
  return `${table(['gate', 'value', 'at least', 'items', 'outcome'], rows)}<p>Criteria <code>${text(gates.criteriaHash.slice(0, 12))}</code></p>`;
}

/** A mean with its interval on a line from 0 to 100 %. */
function intervalChart(mean: number | null, low: number, high: number): string {
  if (mean === null) return '';
  const x = (value: number) => (5 + value * 190).toFixed(1);
  return `<svg width="200" height="16" role="img" aria-label="${percent(mean)}, ${interval({ scored: 1, low, high })}"><line class="axis" x1="5" x2="195" y1="8" y2="8"/><line class="range" x1="${x(low)}" x2="${x(high)}" y1="8" y2="8"/><circle class="point" cx="${x(mean)}" cy="8" r="4"/></svg>`;
}

function scoreTable(
  { name, summary, errors, stability, rounds }: TargetReport,
  calibrations: EvaluationReport['calibrations'],
): string {
  const rows = summary.scores
    .filter(({ overall }) => overall.scored + overall.unavailable > 0)
    .map(({ scorer, kind, description, overall }) => {
      const error = errors[scorer];
      return [
        `<span title="${text(description)}">${text(scoreName({ scorer, kind }, calibrations))}</span>`,
        intervalChart(overall.mean, error?.interval.low ?? 0, error?.interval.high ?? 1),
        percent(overall.mean),
        error === undefined ? '–' : interval({ scored: error.items, ...error.interval }),
        error === undefined ? '–' : `± ${(error.clustered * 196).toFixed(1)}`,
        String(overall.scored),
        String(overall.unavailable),
        percent(overall.ofAll),
      ];
    });
  const { durationMs, cost, usage } = summary;
  const facts = [
    `${counted(summary.cases, 'answer')} in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
    durationMs === null ? '' : `median ${Math.round(durationMs.p50)} ms, p95 ${Math.round(durationMs.p95)} ms`,
    `${usage.inputTokens} tokens in, ${usage.outputTokens} out`,
    ...Object.entries(cost).map(([currency, micro]) => `${(micro / 1e6).toFixed(4)} ${currency}`),
    summary.infrastructureFailures === 0 ? '' : `${summary.infrastructureFailures} infrastructure failures`,
    stability === undefined
      ? ''
      : `${stability.passHatK.map((share, index) => `pass^${index + 1} ${percent(share)}`).join(', ')}, flip rate ${percent(stability.flipRate)}`,
  ];
  return `<h3>${text(name)}</h3>${table(['score', '', 'mean', '95 % interval', 'clustered ± points', 'items', 'unavailable', 'of all'], rows, 2)}<p>${text(facts.filter((fact) => fact !== '').join('; '))}</p>`;
}

function kindTable({ name, summary }: TargetReport): string {
  const scores = summary.scores.filter(({ overall }) => overall.scored > 0);
  const kinds = [...new Set(scores.flatMap(({ byKind }) => Object.keys(byKind)))].sort();
  const rows = kinds.map((kind) => [
    text(kind),
    ...scores.map(({ byKind }) =>
      byKind[kind] === undefined
        ? '–'
        : `<span title="${interval(byKind[kind])}">${percent(byKind[kind].mean)} (${byKind[kind].scored})</span>`,
    ),
  ]);
  return `<h3>${text(name)}</h3>${table(['kind', ...scores.map(({ scorer }) => scorer)], rows)}`;
}

function attributionSection({ name, attribution }: TargetReport): string {
  if (attribution === undefined || attribution.failed === 0) return '';
  const most = attribution.counts[0]?.items ?? 1;
  const rows = attribution.counts.map(({ cause, items, share, says, examples }) => [
    `<strong>${text(cause)}</strong><br>${text(says)}`,
    `<svg width="120" height="14" role="img" aria-label="${items}"><rect class="bar" x="0" y="2" width="${Math.max(1, (items / most) * 120).toFixed(0)}" height="10"/></svg>`,
    String(items),
    percent(share),
    text(examples.slice(0, 3).join(', ')),
  ]);
  const todo = attribution.suggestions.map(({ cause, suggestion, atMost, measured }) => {
    const proof =
      measured === undefined
        ? 'not measured'
        : `measured: ${measured.change} fixed ${measured.fixed} of ${measured.tried}`;
    return `${cause}: ${suggestion}. At most ${points(atMost)}; ${proof}.`;
  });
  const blind = attribution.notVisible.map(({ cause, items }) => `${cause} (${items})`).join(', ');
  return section(
    `Why items failed: ${name}`,
    `<p>${attribution.failed} of ${attribution.items} failed.</p>${table(['cause', '', 'items', 'share', 'such as'], rows, 2)}${blind === '' ? '' : `<p>Not visible in some traces: ${text(blind)}.</p>`}<h3>What to do</h3>${list(todo)}`,
  );
}

function worstItem({
  id,
  target,
  round,
  kind,
  question,
  answer,
  status,
  references,
  scores,
  attribution,
  steps,
}: WorstItem): string {
  const low = Object.entries(scores).filter(([, { value }]) => value !== 1);
  const cause =
    attribution === undefined
      ? ''
      : `<p><strong>Cause:</strong> ${text(attribution.cause)} (${text(causes[attribution.cause].says)}): ${text(attribution.evidence)}</p>`;
  const trace =
    steps.length === 0
      ? ''
      : `<p><strong>Trace</strong></p><ol>${steps.map((step) => `<li>${text(step)}</li>`).join('')}</ol>`;
  return `<details><summary>${text(id)} · ${text(kind)} · ${text(target)}, round ${round}${attribution === undefined ? '' : ` · ${text(attribution.cause)}`}</summary>
<p><strong>Question:</strong> ${text(question)}</p><p><strong>Answer (${text(status)}):</strong></p><pre>${text(answer)}</pre>
${references.length === 0 ? '' : `<p><strong>Reference:</strong> ${text(references.join(' / '))}</p>`}${cause}
${list(low.map(([scorer, { value, reason }]) => `${scorer} ${value === 'unavailable' ? value : value.toFixed(2)}: ${reason}`))}${trace}</details>`;
}
