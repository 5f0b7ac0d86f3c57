import { counted } from '@fieldkit/core';
import { cleanText } from '@fieldkit/core/clean-text';
import type { Comparison } from '../analysis/compare-targets.ts';
import { causes } from '../attribution/causes.ts';
import type { EvaluationReport, TargetReport } from './build-report.ts';
import { interval, percent, scoreName } from './figures.ts';
import { LIMITS, METHOD } from './method.ts';

/** The report as Markdown (CommonMark with tables). */
export function reportMarkdown(report: EvaluationReport): string {
  const { title, createdAt, dataset, gates, targets, comparisons, detectable, worst, calibrations } = report;
  const parts = [
    `# ${title}`,
    `${createdAt.slice(0, 10)} · ${counted(dataset.items, 'item')} · dataset \`${dataset.hash.slice(0, 12)}\``,
    '## Verdict',
    verdict(report),
    ...(gates === undefined
      ? []
      : [
          table(
            ['gate', 'value', 'at least', 'items', ''],
            gates.gates.map((gate) => [
              gate.gate,
              percent(gate.value),
              percent(gate.atLeast),
              String(gate.items),
              gate.outcome,
            ]),
          ),
        ]),
    '## Scores',
    ...targets.flatMap((target) => scoresOf(target, calibrations)),
    ...(comparisons.length === 0
      ? []
      : ['## Comparison', ...comparisons.map((comparison) => `- ${comparisonSentence(comparison)}`)]),
    ...(detectable.length === 0
      ? []
      : [
          `With ${counted(dataset.items, 'item')}, the smallest difference between two targets that can be expected to show (80 % power, 5 % level) is ${detectable.map(({ discordance, effect }) => `${points(effect)} when they differ on ${discordance * 100} % of the items`).join(', ')}.`,
        ]),
    '## By kind',
    ...targets.flatMap((target) => [`### ${plain(target.name)}`, slices(target)]),
    ...targets.flatMap(attributionOf),
    ...(calibrations.length === 0
      ? []
      : ['## Judges beside people', ...calibrations.map(({ verdict: said }) => `- ${said}`)]),
    ...(worst.length === 0 ? [] : ['## Worst items', ...worst.map(worstItem)]),
    '## Method',
    ...METHOD.map((line) => `- ${line}`),
    '## Limits',
    ...LIMITS.map((line) => `- ${line}`),
  ];
  return `${parts.join('\n\n').replace(/\n\n- /g, '\n- ')}\n`;
}

/** One sentence that a reader who reads nothing else should read. */
export function verdict({ gates, targets, headline, comparisons }: EvaluationReport): string {
  const [first] = targets;
  if (first === undefined) return 'Nothing was run.';
  const score = first.summary.scores.find(({ scorer }) => scorer === headline)?.overall;
  const error = first.errors[headline];
  const scored =
    score === undefined || error === undefined
      ? ''
      : `${first.name} reaches ${percent(score.mean)} in ${headline} (${interval({ scored: error.items, ...error.interval })}, ${counted(error.items, 'item')}).`;
  const gate = gates === undefined ? '' : ` Gates ${gates.outcome}: ${gates.reason}.`;
  const { failed = 0, items = 0, counts = [] } = first.attribution ?? {};
  const most = counts.slice(0, 3).map(({ cause, items: hit }) => `${cause} (${hit})`);
  const why = failed === 0 ? '' : ` ${failed} of ${items} answers miss a criterion, most often by ${most.join(', ')}.`;
  const lost = first.summary.infrastructureFailures;
  const failures =
    lost === 0 ? '' : ` ${lost} of ${first.summary.cases} answers failed for reasons that are not the target's.`;
  const differences = comparisons.filter(({ significant }) => significant);
  const compared =
    comparisons.length === 0
      ? ''
      : differences.length === 0
        ? ' No difference between targets is significant.'
        : ` ${differences.map(comparisonSentence).join(' ')}`;
  return `${scored}${gate}${failures}${why}${compared}`.trim();
}

export function comparisonSentence({
  scorer,
  a,
  b,
  meanA,
  meanB,
  difference,
  interval: { low, high },
  holmP,
  significant,
  n,
  detectable,
}: Comparison): string {
  const better =
    difference >= 0 ? `${b} is ${points(difference)} above ${a}` : `${b} is ${points(-difference)} below ${a}`;
  const range = `${signed(low)} to ${signed(high)}`;
  const facts = `${percent(meanA)} → ${percent(meanB)}, 95 % interval ${range}, Holm p ${holmP < 0.001 ? '< 0.001' : holmP.toFixed(3)}, ${counted(n, 'item')}`;
  return significant
    ? `${scorer}: ${better} (${facts}).`
    : `${scorer}: no significant difference between ${a} and ${b} (${facts}; a difference of ${points(detectable)} could have been seen).`;
}

/** `3.2 points`. */
export function points(share: number): string {
  return `${(share * 100).toFixed(1)} points`;
}

function signed(share: number): string {
  return `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}`;
}

function scoresOf(
  { name, summary, errors, stability, rounds }: TargetReport,
  calibrations: EvaluationReport['calibrations'],
): string[] {
  const rows = summary.scores
    .filter(({ overall }) => overall.scored + overall.unavailable > 0)
    .map(({ scorer, kind, overall }) => {
      const error = errors[scorer];
      return [
        scoreName({ scorer, kind }, calibrations),
        percent(overall.mean),
        error === undefined ? '–' : interval({ scored: error.items, ...error.interval }),
        error === undefined ? '–' : `± ${(error.clustered * 196).toFixed(1)}`,
        String(overall.scored),
        String(overall.unavailable),
        percent(overall.ofAll),
      ];
    });
  const { durationMs, cost, usage } = summary;
  const paid = Object.entries(cost).map(([currency, micro]) => `${(micro / 1e6).toFixed(4)} ${currency}`);
  const facts = [
    `${counted(summary.cases, 'answer')} in ${rounds} ${rounds === 1 ? 'round' : 'rounds'}`,
    durationMs === null ? '' : `median ${Math.round(durationMs.p50)} ms, p95 ${Math.round(durationMs.p95)} ms`,
    `${usage.inputTokens + usage.outputTokens} tokens`,
    ...paid,
    stability === undefined
      ? ''
      : `${stability.passHatK.map((share, index) => `pass^${index + 1} ${percent(share)}`).join(', ')}, flip rate ${percent(stability.flipRate)}`,
  ];
  return [
    `### ${plain(name)}`,
    table(['score', 'mean', '95 % interval', 'clustered ± points', 'items', 'unavailable', 'of all'], rows),
    facts.filter((fact) => fact !== '').join('; '),
  ];
}

function slices({ summary }: TargetReport): string {
  const scores = summary.scores.filter(({ overall }) => overall.scored > 0);
  const kinds = [...new Set(scores.flatMap(({ byKind }) => Object.keys(byKind)))].sort();
  return table(
    ['kind', ...scores.map(({ scorer }) => scorer)],
    kinds.map((kind) => [
      kind,
      ...scores.map(({ byKind }) =>
        byKind[kind] === undefined ? '–' : `${percent(byKind[kind].mean)} (${byKind[kind].scored})`,
      ),
    ]),
  );
}

function attributionOf({ name, attribution }: TargetReport): string[] {
  if (attribution === undefined || attribution.failed === 0) return [];
  return [
    `## Why items failed: ${plain(name)}`,
    `${attribution.failed} of ${attribution.items} failed.`,
    table(
      ['cause', 'items', 'share', 'says'],
      attribution.counts.map(({ cause, items, share, says }) => [cause, String(items), percent(share), says]),
    ),
    ...(attribution.notVisible.length === 0
      ? []
      : [
          `Not visible in some traces: ${attribution.notVisible.map(({ cause, items }) => `${cause} (${items})`).join(', ')}.`,
        ]),
    '### What to do',
    ...attribution.suggestions.map(({ cause, suggestion, atMost, measured }) => {
      const proof =
        measured === undefined
          ? 'not measured'
          : `${measured.change} fixed ${measured.fixed} of ${measured.tried} (${percent(measured.low)} to ${percent(measured.high)})`;
      return `- **${cause}**: ${suggestion}. At most ${points(atMost)}; ${proof}.`;
    }),
  ];
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
}: EvaluationReport['worst'][number]): string {
  const low = Object.entries(scores).filter(([, { value }]) => value !== 1);
  return [
    `### ${plain(id)} (${plain(target)}, round ${round}, ${kind})`,
    `**Question:** ${plain(question)}`,
    `**Answer (${status}):** ${plain(answer) || '–'}`,
    ...(references.length === 0 ? [] : [`**Reference:** ${references.map(plain).join(' / ')}`]),
    ...(attribution === undefined
      ? []
      : [`**Cause:** ${attribution.cause} (${causes[attribution.cause].says}): ${plain(attribution.evidence)}`]),
    ...low.map(
      ([scorer, { value, reason }]) =>
        `- ${scorer} ${value === 'unavailable' ? value : value.toFixed(2)}: ${plain(reason)}`,
    ),
    ...(steps.length === 0 ? [] : [`Trace: ${steps.map(plain).join(' → ')}`]),
  ].join('\n\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => plain(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${header.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text as Markdown would not read it as markup or HTML, without what nobody sees; line breaks become blanks. */
function plain(text: string): string {
  return cleanText(text)
    .replace(/\s*\n\s*/g, ' ')
    .replace(/[\\`*_<>[\]#]/g, (character) => `\\${character}`);
}
