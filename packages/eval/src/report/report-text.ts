import { counted } from '@fieldkit/core';
import { causes } from '../attribution/causes.ts';
import type { EvaluationReport, TargetReport } from './build-report.ts';
import { interval, percent, scoreName } from './figures.ts';
import { comparisonSentence, points, verdict } from './report-markdown.ts';
import { displayWidth, textTable } from './text-table.ts';

export interface ReportTextOptions {
  /** Columns of the terminal. Default 100, at least 60. */
  readonly width?: number;
  /** Worst items shown. Default 5. */
  readonly worst?: number;
  /** Scores by kind, split and language as well. Default false. */
  readonly details?: boolean;
}

/** A report for a terminal: verdict, scores, why items failed, what to do, the worst items. No line is wider than `width`. */
export function reportText(report: EvaluationReport, options: ReportTextOptions = {}): string {
  const { worst: worstLimit = 5, details = false } = options;
  const width = Math.max(60, options.width ?? 100);
  const { targets, comparisons, gates, worst, detectable, dataset } = report;
  const several = targets.length > 1;
  const title = (target: TargetReport) => (several ? [`${target.name}`] : []);
  const limit = detectable.find(({ discordance }) => discordance === 0.2);
  const parts = [
    ['Verdict', ...wrap(verdict(report), width, '  ')].join('\n'),
    ...(gates === undefined
      ? []
      : [
          [
            `Gates ${gates.outcome}`,
            ...gates.gates.flatMap(({ gate, value, atLeast, items, outcome }) =>
              wrap(
                `${outcome}  ${gate}: ${percent(value)} on ${counted(items, 'item')}, needs ${percent(atLeast)}`,
                width,
                '  ',
              ),
            ),
          ].join('\n'),
        ]),
    ...targets.map((target) => ['Scores', ...title(target)].join(' of ').concat('\n', scores(target, report, width))),
    ...(comparisons.length === 0
      ? []
      : [
          [
            'Comparison',
            ...comparisons.flatMap((comparison) => wrap(comparisonSentence(comparison), width, '  ')),
            ...(limit === undefined
              ? []
              : wrap(
                  `${counted(dataset.items, 'item')} can be expected to show a difference of ${points(limit.effect)} when two targets differ on 20 % of them.`,
                  width,
                  '  ',
                )),
          ].join('\n'),
        ]),
    ...targets.flatMap((target) => why(target, several, width)),
    ...(details ? targets.flatMap((target) => slices(target, several, width)) : []),
    worstItems(worst.slice(0, worstLimit), worst.length, width),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function scores({ summary, errors, stability, rounds }: TargetReport, report: EvaluationReport, width: number): string {
  const judged = summary.scores.filter(({ overall }) => overall.scored + overall.unavailable > 0);
  const lost = judged.some(({ overall }) => overall.unavailable > 0);
  const table = textTable(
    ['score', 'mean', '95 % interval', 'items', ...(lost ? ['not judged', 'of all'] : [])],
    judged.map((score) => {
      const error = errors[score.scorer];
      const { mean, scored, unavailable, ofAll } = score.overall;
      return [
        scoreName(score, report.calibrations),
        percent(mean),
        error === undefined ? '–' : interval({ scored: error.items, ...error.interval }),
        String(scored),
        ...(lost ? [String(unavailable), percent(ofAll)] : []),
      ];
    }),
    { right: [1, 2, 3, 4, 5] },
  );
  const { cases, statuses, errors: codes, infrastructureFailures, durationMs, usage, cost } = summary;
  const list = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ');
  const facts = [
    `${counted(cases, 'answer')}${rounds > 1 ? ` in ${counted(rounds, 'round')}` : ''}: ${list(statuses) || 'none'}`,
    ...(Object.keys(codes).length === 0
      ? []
      : [`errors: ${list(codes)} (${infrastructureFailures} of infrastructure, not scored)`]),
    ...(durationMs === null || durationMs.max === 0
      ? []
      : [`median ${Math.round(durationMs.p50)} ms, p95 ${Math.round(durationMs.p95)} ms`]),
    ...(usage.calls === 0
      ? []
      : [`${usage.inputTokens} tokens in, ${usage.outputTokens} out, ${counted(usage.calls, 'model call')}`]),
    ...Object.entries(cost).map(([currency, micro]) => `${(micro / 1e6).toFixed(4)} ${currency}`),
    ...(stability === undefined
      ? []
      : [
          `${stability.passHatK.map((share, index) => `pass^${index + 1} ${percent(share)}`).join(', ')}, flip rate ${percent(stability.flipRate)}`,
        ]),
  ];
  return [indent(table), ...wrap(facts.join(' · '), width, '  ')].join('\n');
}

/** Causes with what was found, in order of how many they explain; beneath each, what to do and what it can win. */
function why({ name, attribution }: TargetReport, several: boolean, width: number): string[] {
  if (attribution === undefined || attribution.failed === 0) return [];
  const { failed, items, counts, suggestions, notVisible } = attribution;
  const rows = counts.flatMap(({ cause, items: hit, says, examples }) => {
    const todo = suggestions.find((suggestion) => suggestion.cause === cause);
    const measured = todo?.measured;
    const proof =
      measured === undefined
        ? ''
        : `; measured: ${measured.change} fixed ${measured.fixed} of ${measured.tried} (${percent(measured.low)} to ${percent(measured.high)})`;
    return [
      ...wrap(`${String(hit).padStart(4)}  ${cause}: ${says} (${examples.slice(0, 3).join(', ')})`, width, '  ', 8),
      ...(todo === undefined
        ? []
        : wrap(`→ ${todo.suggestion} (at most ${points(todo.atMost)} to win${proof})`, width, '        ', 10)),
    ];
  });
  const blind = notVisible.map(({ cause, items: hit }) => `${cause} (${hit})`).join(', ');
  return [
    [
      `Why ${failed} of ${items} failed${several ? `: ${name}` : ''}`,
      ...rows,
      ...(blind === '' ? [] : wrap(`Not visible in the traces of some: ${blind}.`, width, '  ')),
    ].join('\n'),
  ];
}

/** Slices as rows, scores as columns, in as many tables as the width needs. */
function slices({ name, summary }: TargetReport, several: boolean, width: number): string[] {
  const scored = summary.scores.filter(({ overall }) => overall.scored > 0);
  return (['byKind', 'bySplit', 'byLanguage'] as const).flatMap((by) => {
    const names = [...new Set(scored.flatMap((score) => Object.keys(score[by])))].sort();
    if (names.length < 2) return [];
    const first = Math.max(...names.map(displayWidth), 8);
    const tables: string[] = [];
    let columns: typeof scored = [];
    const flush = () => {
      if (columns.length === 0) return;
      const rows = names.map((slice) => [
        slice,
        ...columns.map((score) => {
          const found = score[by][slice];
          return found === undefined || found.mean === null ? '–' : `${percent(found.mean)} (${found.scored})`;
        }),
      ]);
      const right = columns.map((_, index) => index + 1);
      tables.push(indent(textTable(['', ...columns.map(({ scorer }) => scorer)], rows, { right })));
      columns = [];
    };
    for (const score of scored) {
      const used = [...columns, score].reduce(
        (sum, { scorer }) => sum + 2 + Math.max(13, displayWidth(scorer)),
        first + 2,
      );
      if (used > width) flush();
      columns.push(score);
    }
    flush();
    const title = { byKind: 'By kind', bySplit: 'By split', byLanguage: 'By language' }[by];
    return [`${title}${several ? `, ${name}` : ''}\n${tables.join('\n\n')}`];
  });
}

function worstItems(worst: EvaluationReport['worst'], all: number, width: number): string {
  if (worst.length === 0) return '';
  const rows = worst.flatMap(({ id, kind, question, scores: values, attribution }) => {
    const low = Object.entries(values).find(([, { value }]) => value !== 'unavailable' && value < 1);
    const reason =
      attribution === undefined
        ? low === undefined
          ? ''
          : `${low[0]}: ${low[1].reason}`
        : `${attribution.cause}: ${attribution.evidence || causes[attribution.cause].says}`;
    return [
      ...wrap(`${id} (${kind}) ${question}`, width, '  ', 6).slice(0, 2),
      ...(reason === '' ? [] : wrap(reason, width, '      ', 8).slice(0, 3)),
    ];
  });
  return [all > worst.length ? `Worst items (${worst.length} of ${all} shown)` : 'Worst items', ...rows].join('\n');
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ');
}

/** Lines of at most `width` columns, broken at blanks (or between Chinese characters), the first indented by `first`, others by `hanging`. */
export function wrap(text: string, width: number, first: string, hanging = first.length): string[] {
  const pieces =
    text
      .replace(/\s+/g, ' ')
      .trimEnd()
      .match(/[\p{Script=Han}，。；：、！？]|[^\s\p{Script=Han}，。；：、！？]+|\s/gu) ?? [];
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const piece of pieces) {
    if (!empty && displayWidth(line) + displayWidth(piece) > width) {
      lines.push(line.trimEnd());
      line = ' '.repeat(hanging);
      empty = true;
      if (piece === ' ') continue;
    }
    line += piece;
    if (piece.trim() !== '') empty = false;
  }
  return [...lines, line.trimEnd()];
}
